"""Puts a load on a topic, quickly: whole batches made here, appended by an idempotent producer."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer

from fleet_app.bench.load import vehicle_id
from fleet_app.stream.declarations import Topic
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.topic_plans import connected, ensure_topics, topic_plan

BATCH_BYTES: Final = 262_144
"""Four of these make a fetch of 1 MiB."""
_WAIT_S: Final = 30.0


class ToAppend(Protocol):
    """A record to be appended: of which vehicle it is, its event time, ms since 1970, and its value."""

    @property
    def vehicle(self) -> int:
        """The vehicle's number, by which it is keyed."""

    @property
    def time_ms(self) -> int:
        """Its Kafka timestamp, unless the topic has the broker's."""

    @property
    def value(self) -> bytes:
        """Its value."""


def partitions_of(vehicles: int, partitions: int) -> list[int]:
    """Return the partition of every vehicle: its key is hashed once, not with every record."""
    return [partition_of(vehicle_id(number).encode(), partitions) for number in range(vehicles)]


async def make_topic(broker: str, topic: Topic, partitions: int) -> None:
    """Create a topic."""
    async with connected({"bootstrap_servers": broker}, wait_s=_WAIT_S) as client:
        await ensure_topics(client, [topic_plan(topic, partitions, 1)])


async def fill(broker: str, topic: Topic, load: Iterable[ToAppend], *, vehicles: int, partitions: int) -> None:
    """Append the load to a topic, every partition in order."""
    home = partitions_of(vehicles, partitions)
    keys = [vehicle_id(number).encode() for number in range(vehicles)]
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, max_batch_size=BATCH_BYTES, max_request_size=1_048_576
    )
    await producer.start()
    try:
        await _append(producer, topic, load, home, keys)
        await producer.flush()
    finally:
        await producer.stop()


async def _append(
    producer: AIOKafkaProducer, topic: Topic, load: Iterable[ToAppend], home: list[int], keys: list[bytes]
) -> None:
    builders = [producer.create_batch() for _ in range(max(home) + 1)]
    acknowledged: list[asyncio.Future[Any]] = []
    for sent in load:
        partition = home[sent.vehicle]
        while builders[partition].append(timestamp=sent.time_ms, key=keys[sent.vehicle], value=sent.value) is None:
            acknowledged.append(await producer.send_batch(builders[partition], topic.name, partition=partition))
            builders[partition] = producer.create_batch()
    for partition, builder in enumerate(builders):
        if builder.record_count():
            acknowledged.append(await producer.send_batch(builder, topic.name, partition=partition))
    await asyncio.gather(*acknowledged)
