"""Reading and writing Kafka directly, as another program would."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.settings import Settings
from fleet_app.stream.topic_plans import ensure_topics


def forget_topics(bootstrap: str, prefix: str = "fleet") -> None:
    """Delete every topic whose name begins so, so that a test starts with an empty Kafka."""

    async def forget() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            while names := [
                name for name in await client.list_topics() if name.startswith(prefix) and name[:2] != "__"
            ]:
                await client.delete_topics(names)
        finally:
            await client.close()

    asyncio.run(forget())


def make_topics(bootstrap: str, *, partitions: int = 8) -> None:
    """Create the app's topics, as a worker would."""
    from fleet_app.app import create_app  # noqa: PLC0415 - whoever only reads needs no app

    async def make() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            await ensure_topics(client, create_app(Settings.load(partitions=partitions)).topic_plans())
        finally:
            await client.close()

    asyncio.run(make())


def produce(bootstrap: str, topic: str, records: Iterable[tuple[bytes | None, bytes | None]]) -> None:
    """Append records in order."""
    produce_stamped(bootstrap, topic, ((key, value, None) for key, value in records))


def produce_stamped(
    bootstrap: str, topic: str, records: Iterable[tuple[bytes | None, bytes | None, int | None]]
) -> None:
    """Append records in order, with timestamps, ms since 1970, for a topic that keeps those of its senders."""

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5, max_request_size=4_000_000
        )
        await producer.start()
        try:
            for key, value, timestamp_ms in records:
                await producer.send(topic, value, key, timestamp_ms=timestamp_ms)
            await producer.flush()
        finally:
            await producer.stop()

    asyncio.run(send())


def read_all(bootstrap: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Return every committed record of a topic up to its present end."""
    return read_topics(bootstrap, [topic])[topic]


def read_topics(bootstrap: str, topics: Iterable[str]) -> dict[str, list[ConsumerRecord[bytes, bytes]]]:
    """Return every committed record of some topics up to their present ends, each partition's in order."""

    async def read() -> dict[str, list[ConsumerRecord[bytes, bytes]]]:
        records: dict[str, list[ConsumerRecord[bytes, bytes]]] = {topic: [] for topic in topics}
        async with _reader(bootstrap) as consumer:
            partitions = _partitions_of(consumer, records)
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for partition, batch in (await consumer.getmany(timeout_ms=200)).items():
                    records[partition.topic].extend(batch)
        return records

    return asyncio.run(read())


def end_offsets(bootstrap: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return the last stable offset of every partition of some topics."""

    async def read() -> dict[tuple[str, int], int]:
        async with _reader(bootstrap) as consumer:
            ends: Mapping[TopicPartition, int] = await consumer.end_offsets(_partitions_of(consumer, topics))
        return {(partition.topic, partition.partition): end for partition, end in ends.items()}

    return asyncio.run(read())


def is_empty(bootstrap: str, topic: str) -> bool:
    """Return whether nothing is left of a topic, control records included."""

    async def look() -> bool:
        async with _reader(bootstrap) as consumer:
            partitions = _partitions_of(consumer, [topic])
            starts: Mapping[TopicPartition, int] = await consumer.beginning_offsets(partitions)
            ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
        return starts == ends

    return asyncio.run(look())


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        group_id=None,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        yield consumer
    finally:
        await consumer.stop()


def _partitions_of(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic) or ()]


def list_topics(bootstrap: str) -> list[str]:
    """Return the names of all topics but Kafka's own."""

    async def read() -> list[str]:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            return sorted(name for name in await client.list_topics() if not name.startswith("__"))
        finally:
            await client.close()

    return asyncio.run(read())


def group_offsets(bootstrap: str, group_id: str) -> dict[tuple[str, int], int]:
    """Return what a group has committed, by topic and partition."""

    async def read() -> dict[tuple[str, int], int]:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            committed = await client.list_consumer_group_offsets(group_id)
        finally:
            await client.close()
        return {(partition.topic, partition.partition): entry.offset for partition, entry in committed.items()}

    return asyncio.run(read())


def committed_offsets(bootstrap: str, group_id: str) -> list[int]:
    """Return what a group has committed of `fleet.positions`, partition by partition."""
    offsets = group_offsets(bootstrap, group_id)
    return [offset for (topic, _), offset in offsets.items() if topic == "fleet.positions"]
