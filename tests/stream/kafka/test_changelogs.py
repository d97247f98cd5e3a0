"""What the consumer of changelogs does beyond the contract of its port."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fleet_app.broker.testing import RunningKafka
from fleet_app.stream.engine.ports import Fetched, Log
from fleet_app.stream.kafka.changelogs import ChangelogConsumer

LOGS = [Log("changelogs", partition) for partition in range(2)]


async def fill(kafka: RunningKafka) -> None:
    """Put ten batches of 10 kB into each log."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("changelogs", 2, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for log in LOGS * 10:
            await producer.send_and_wait(log.topic, bytes(10_000), partition=log.partition)


async def follow_to_the_end(consumer: ChangelogConsumer) -> list[Fetched]:
    """Return all that comes of both logs."""
    left = {log: bounds.end for log, bounds in (await consumer.bounds(LOGS)).items()}
    consumer.follow(dict.fromkeys(LOGS, 0))
    fetched = []
    while left:
        for one in await consumer.fetch():
            fetched.append(one)
            left = {log: end for log, end in left.items() if (log, end) != (one.log, one.end)}
    return fetched


@pytest.mark.kafka
def test_small_fetches_make_small_steps_without_gaps(kafka: RunningKafka) -> None:
    async def test() -> list[Fetched]:
        await fill(kafka)
        consumer = ChangelogConsumer({"bootstrap_servers": kafka.bootstrap}, max_fetch_bytes=25_000)
        await consumer.start(LOGS)
        try:
            return await follow_to_the_end(consumer)
        finally:
            await consumer.stop()

    fetched = asyncio.run(test())

    assert max(len(one.batches) for one in fetched) <= 2
    for log in LOGS:
        steps = [(one.start, one.end) for one in fetched if one.log == log]
        assert [start for start, _ in steps] == [0, *(end for _, end in steps[:-1])]


def test_a_consumer_that_was_not_started_says_so() -> None:
    async def test() -> None:
        consumer = ChangelogConsumer({}, max_fetch_bytes=1)
        await consumer.stop()

        with pytest.raises(RuntimeError, match="not been started"):
            await consumer.bounds(LOGS)

    asyncio.run(test())
