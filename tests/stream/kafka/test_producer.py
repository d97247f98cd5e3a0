"""What the transactional producer does beyond the contract of its port: large records, slow brokers, failures."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.stream.engine.ports import Bounds, Log, Outgoing
from fleet_app.stream.kafka.changelogs import ChangelogConsumer
from fleet_app.stream.kafka.producer import (
    MAX_BATCH_BYTES,
    ProducerError,
    RecordTooLargeError,
    TransactionalProducer,
)

TWO_MIB = {"max.message.bytes": str(2 << 20)}


async def create(kafka: RunningKafka, settings: Mapping[str, str] | None = None) -> Log:
    """Return the one partition of a new topic."""
    log = Log(f"producer-{uuid4()}", 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(log.topic, 1, 1, topic_configs=dict(settings or {}))])
    finally:
        await admin.close()
    return log


async def read(kafka: RunningKafka, log: Log, end: int) -> list[tuple[bytes | None, int]]:
    """Return key and size of what is committed before `end`."""
    changelogs = ChangelogConsumer({"bootstrap_servers": kafka.bootstrap}, max_fetch_bytes=4 << 20)
    await changelogs.start([log])
    changelogs.follow({log: 0})
    records: list[tuple[bytes | None, int]] = []
    position = 0
    try:
        while position < end:
            for fetched in await changelogs.fetch():
                records.extend((r.key, len(r.value or b"")) for batch in fetched.batches for r in batch)
                position = fetched.end
    finally:
        await changelogs.stop()
    return records


async def bounds(kafka: RunningKafka, log: Log) -> Bounds:
    """Return where a log starts and ends."""
    changelogs = ChangelogConsumer({"bootstrap_servers": kafka.bootstrap}, max_fetch_bytes=1 << 20)
    await changelogs.start()
    try:
        return (await changelogs.bounds([log]))[log]
    finally:
        await changelogs.stop()


def new_producer(bootstrap: str) -> TransactionalProducer:
    """Return a producer with an id of its own."""
    return TransactionalProducer(
        {"bootstrap_servers": bootstrap}, transactional_id=f"producer-{uuid4()}", group_id="producer"
    )


Test = Callable[[TransactionalProducer], Awaitable[None]]


def with_producer(kafka: RunningKafka, test: Test) -> None:
    """Run a test with a producer that has fenced, and close it."""

    async def run() -> None:
        producer = new_producer(kafka.bootstrap)
        try:
            async with asyncio.timeout(60):
                await producer.fence()
                await test(producer)
        finally:
            await producer.close()

    asyncio.run(run())


@pytest.mark.kafka
def test_more_than_a_batch_holds_is_sent_in_several_and_in_order(kafka: RunningKafka) -> None:
    records = [Outgoing(b"%d" % number, bytes(10_000)) for number in range(3 * MAX_BATCH_BYTES // 10_000)]

    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        await producer.begin()
        end = await (await producer.append(log, records))
        await producer.commit()

        assert end == len(records)
        assert await read(kafka, log, end) == [(record.key, 10_000) for record in records]

    with_producer(kafka, test)


@pytest.mark.kafka
def test_a_record_larger_than_a_batch_goes_where_the_topic_takes_it(kafka: RunningKafka) -> None:
    sizes = [10, 2_000_000, 10]

    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka, TWO_MIB)
        await producer.begin()
        end = await (await producer.append(log, [Outgoing(b"key", bytes(size)) for size in sizes]))
        await producer.commit()

        assert await read(kafka, log, end) == [(b"key", size) for size in sizes]

    with_producer(kafka, test)


@pytest.mark.kafka
def test_a_record_that_the_topic_refuses_is_named_and_nothing_is_committed(kafka: RunningKafka) -> None:
    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        await producer.begin()
        await producer.append(log, [Outgoing(b"small", b"1")])
        acks = await producer.append(log, [Outgoing(b"large", bytes(2_000_000))])

        with pytest.raises(RecordTooLargeError, match=rf"{log.topic}: a batch of 2000\d\d\d bytes .*b'large'"):
            await acks
        with pytest.raises(ProducerError, match="has failed before"):
            await producer.commit()

    with_producer(kafka, test)


@pytest.mark.kafka
def test_a_commit_waits_for_acks_that_nobody_has_awaited(kafka: RunningKafka) -> None:
    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        await producer.begin()
        await producer.append(log, [Outgoing(b"large", bytes(2_000_000))])

        with pytest.raises(RecordTooLargeError):
            await producer.commit()

    with_producer(kafka, test)


@pytest.mark.kafka
def test_one_producer_makes_many_transactions(kafka: RunningKafka) -> None:
    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        for number in range(20):
            await producer.begin()
            await (await producer.append(log, [Outgoing(b"%d" % number, None)]))
            await producer.send_positions({log: number})
            await producer.commit()
        await producer.close()

        assert [key for key, _ in await read(kafka, log, 40)] == [b"%d" % number for number in range(20)]

    with_producer(kafka, test)


@pytest.mark.kafka
def test_a_transaction_waits_for_a_frozen_broker_and_goes_on(make_kafka: MakeKafka) -> None:
    kafka = make_kafka()

    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        await producer.begin()
        await (await producer.append(log, [Outgoing(b"a", b"1")]))
        os.kill(kafka.broker.status().pid or 0, signal.SIGSTOP)
        acks = await producer.append(log, [Outgoing(b"b", b"2")])
        asyncio.get_running_loop().call_later(2.0, os.kill, kafka.broker.status().pid or 0, signal.SIGCONT)

        assert await acks == 2
        await producer.commit()
        await producer.close()

    with_producer(kafka, test)


@pytest.mark.kafka
def test_a_frozen_broker_does_not_hold_up_the_end(make_kafka: MakeKafka, caplog: pytest.LogCaptureFixture) -> None:
    kafka = make_kafka()

    async def test(producer: TransactionalProducer) -> None:
        log = await create(kafka)
        await producer.begin()
        await (await producer.append(log, [Outgoing(b"a", b"1")]))
        os.kill(kafka.broker.status().pid or 0, signal.SIGSTOP)
        await producer.append(log, [Outgoing(b"b", b"2")])

        await producer.close()

    with_producer(kafka, test)
    assert "was not closed in order" not in caplog.text


def test_a_broker_that_is_not_there_is_an_error_and_not_a_wait() -> None:
    async def test() -> None:
        producer = new_producer("127.0.0.1:1")

        with pytest.raises(ProducerError, match="Unable to bootstrap"):
            await producer.fence()

        await producer.close()

    asyncio.run(test())


def test_a_producer_without_an_epoch_writes_nothing() -> None:
    async def test() -> None:
        with pytest.raises(ProducerError, match="has not fenced yet"):
            await new_producer("127.0.0.1:1").begin()

    asyncio.run(test())
