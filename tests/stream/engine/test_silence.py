"""Kafka falls silent: noticed, and said once."""

import logging

import pytest

from fleet_app.stream.engine.ports import LogEnd
from fleet_app.stream.engine.silence import Silence, is_silent


def test_kafka_is_silent_while_no_source_has_been_heard_of_for_two_seconds() -> None:
    assert is_silent([None, LogEnd(7, told_at_s=7.9)], now_s=10.0)
    assert not is_silent([None, LogEnd(7, told_at_s=8.1)], now_s=10.0)


def test_a_long_silence_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    silence = Silence()
    for now_s in range(30):
        silence.note(silent=True, now_s=now_s)
    for now_s in range(30, 33):
        silence.note(silent=False, now_s=now_s)

    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "Kafka does not answer",
        "Kafka answers again, after 30 s",
    ]


def test_a_short_silence_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    silence = Silence()
    for now_s in range(8):
        silence.note(silent=now_s % 4 != 3, now_s=now_s)

    assert caplog.records == []
