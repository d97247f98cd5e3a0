"""What is told, and how often."""

import json
import logging

import pytest

from fleet_app.logs import JsonFormatter, OnceInAWhile, TextFormatter


def record(name: str, message: str, *, at_s: float = 0.0) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, "file.py", 1, message, (), None)
    made.created = at_s
    return made


def test_a_message_of_the_library_is_told_once_per_interval() -> None:
    once = OnceInAWhile("aiokafka", every_s=30)
    times_s = [0.0, 0.1, 29.9, 30.0, 59.0, 60.1]

    assert [at_s for at_s in times_s if once.filter(record("aiokafka.client", "no answer", at_s=at_s))] == [
        0.0,
        30.0,
        60.1,
    ]


def test_other_messages_of_the_library_are_not_held_back() -> None:
    once = OnceInAWhile("aiokafka", every_s=30)

    assert [once.filter(record("aiokafka", message)) for message in ("a", "b", "a")] == [True, True, False]


@pytest.mark.parametrize("name", ["fleet_app.stream.progress", "aiokafkaish"])
def test_other_loggers_say_as_much_as_they_like(name: str) -> None:
    once = OnceInAWhile("aiokafka", every_s=30)

    assert [once.filter(record(name, "again")) for _ in range(3)] == [True, True, True]


def test_a_line_of_text_names_the_worker_by_its_port() -> None:
    assert " WARNING 8081 fleet_app.worker: running" in TextFormatter("8081").format(
        record("fleet_app.worker", "running")
    )


def test_a_line_of_json_is_an_object() -> None:
    assert json.loads(JsonFormatter("8081").format(record("fleet_app.worker", "running"))) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "warning",
        "logger": "fleet_app.worker",
        "worker": "8081",
        "message": "running",
    }
