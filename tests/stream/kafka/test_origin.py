"""Which cluster and which incarnation of a topic."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import BrokerError
from fleet_app.stream.kafka import origin
from fleet_app.stream.kafka.origin import read_origins

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


def _origins(kafka: RunningKafka, *topics: str) -> dict[str, str]:
    return asyncio.run(read_origins({"bootstrap_servers": kafka.bootstrap}, topics))


def test_a_topic_keeps_its_origin_and_shares_it_with_no_other(kafka: RunningKafka) -> None:
    _create(kafka, "origin-a", "origin-b")
    origins = _origins(kafka, "origin-a", "origin-b")

    assert origins == _origins(kafka, "origin-b", "origin-a")
    assert origins["origin-a"] != origins["origin-b"]


def test_a_topic_that_was_deleted_and_created_again_has_another_origin(kafka: RunningKafka) -> None:
    _create(kafka, "origin-again")
    before = _origins(kafka, "origin-again")

    _administer(kafka, lambda client: client.delete_topics(["origin-again"]))
    _create(kafka, "origin-again")

    assert _origins(kafka, "origin-again") != before


def test_a_topic_that_does_not_exist_is_named(kafka: RunningKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_TIMEOUT_S", 1.0)

    with pytest.raises(BrokerError, match="origin-nowhere"):
        _origins(kafka, "origin-nowhere")


def test_a_broker_that_is_not_there_is_an_error_to_act_on() -> None:
    with pytest.raises(BrokerError, match="Kafka does not tell"):
        asyncio.run(read_origins({"bootstrap_servers": "127.0.0.1:1"}, ["any"]))
