"""Reading and writing Kafka directly, as another program would."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.app import create_app
from fleet_app.settings import Settings
from fleet_app.stream.topic_plans import ensure_topics


def forget_topics(bootstrap: str) -> None:
    """Delete every topic of the app, so that a test starts with an empty Kafka."""

    async def forget() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            while names := [name for name in await client.list_topics() if name.startswith("fleet")]:
                await client.delete_topics(names)
        finally:
            await client.close()

    asyncio.run(forget())


def make_topics(bootstrap: str, *, partitions: int = 8) -> None:
    """Create the app's topics, as a worker would."""

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

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5, max_request_size=4_000_000
        )
        await producer.start()
        try:
            for key, value in records:
                await producer.send(topic, value, key)
            await producer.flush()
        finally:
            await producer.stop()

    asyncio.run(send())


def read_all(bootstrap: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Return every record of a topic up to its present end."""

    async def read() -> list[ConsumerRecord[bytes, bytes]]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", group_id=None
        )
        await consumer.start()
        try:
            await consumer._client.force_metadata_update()
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            records: list[ConsumerRecord[bytes, bytes]] = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    records.extend(batch)
            return records
        finally:
            await consumer.stop()

    return asyncio.run(read())


def committed_offsets(bootstrap: str, group_id: str) -> list[int]:
    """Return what a group has committed, partition by partition."""

    async def read() -> list[int]:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            committed = await client.list_consumer_group_offsets(group_id)
            return [entry.offset for partition, entry in committed.items() if partition.topic == "fleet.positions"]
        finally:
            await client.close()

    return asyncio.run(read())
