"""Which cluster and which incarnation of a topic."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import BrokerError
from fleet_app.stream.kafka import origin
from fleet_app.stream.kafka.origin import read_origin

pytestmark = pytest.mark.kafka


def _administer(kafka: RunningKafka, change: Callable[[AIOKafkaAdminClient], Awaitable[object]]) -> None:
    async def run() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await client.start()
        try:
            await change(client)
        finally:
            await client.close()

    asyncio.run(run())


def _create(kafka: RunningKafka, *names: str) -> None:
    _administer(kafka, lambda client: client.create_topics([NewTopic(name, 1, 1) for name in names]))


def _origin(kafka: RunningKafka, *topics: str) -> str:
    return asyncio.run(read_origin({"bootstrap_servers": kafka.bootstrap}, topics))


def test_the_origin_of_the_same_topics_stays_the_same(kafka: RunningKafka) -> None:
    _create(kafka, "origin-a", "origin-b")

    assert _origin(kafka, "origin-a", "origin-b") == _origin(kafka, "origin-b", "origin-a")


def test_a_topic_that_was_deleted_and_created_again_has_another_origin(kafka: RunningKafka) -> None:
    _create(kafka, "origin-again")
    before = _origin(kafka, "origin-again")

    _administer(kafka, lambda client: client.delete_topics(["origin-again"]))
    _create(kafka, "origin-again")

    assert _origin(kafka, "origin-again") != before


def test_a_topic_that_does_not_exist_is_named(kafka: RunningKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_TIMEOUT_S", 1.0)

    with pytest.raises(BrokerError, match="origin-nowhere"):
        _origin(kafka, "origin-nowhere")


def test_a_broker_that_is_not_there_is_an_error_to_act_on() -> None:
    with pytest.raises(BrokerError, match="Kafka does not tell"):
        asyncio.run(read_origin({"bootstrap_servers": "127.0.0.1:1"}, ["any"]))
