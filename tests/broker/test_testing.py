"""What tests are given when they ask for a broker."""

from pathlib import Path

import pytest

from fleet_app.broker.local import State
from fleet_app.broker.testing import MakeKafka, RunningKafka, start_kafka
from fleet_app.errors import BrokerError


def settings_of(kafka: RunningKafka) -> list[str]:
    return (kafka.broker.directory / "server.properties").read_text().splitlines()


@pytest.mark.kafka
def test_the_broker_of_the_session_answers_where_it_says(kafka: RunningKafka) -> None:
    assert kafka.broker.status().state is State.RUNNING
    assert kafka.broker.bootstrap == kafka.bootstrap


@pytest.mark.kafka
def test_members_may_be_declared_dead_within_a_second(kafka: RunningKafka) -> None:
    assert "group.min.session.timeout.ms=1000" in settings_of(kafka)


@pytest.mark.kafka
def test_a_broker_of_a_tests_own_is_another_one_with_its_own_settings(
    kafka: RunningKafka, make_kafka: MakeKafka
) -> None:
    own = make_kafka({"group.min.session.timeout.ms": "1500", "message.max.bytes": "2000"})

    assert own.bootstrap != kafka.bootstrap
    assert {"group.min.session.timeout.ms=1500", "message.max.bytes=2000"} <= set(settings_of(own))


def test_a_broker_that_cannot_start_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BrokerError, match="cannot use"):
        start_kafka(tmp_path / "file", tmp_path)
