"""Fetched batches are taken over whole, with positions that account for what is left out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ConsumerStoppedError

from fleet_app.broker.testing import RunningKafka
from fleet_app.stream.engine.ports import Fetched, Log
from fleet_app.stream.kafka.batches import UnreadableBatchError, fetch_batches

pytestmark = pytest.mark.kafka

T = TypeVar("T")
WAIT_S: Final = 20.0


class Bench:
    """A topic of two partitions, what is written to it, and a consumer that reads it from the start."""

    def __init__(self, bootstrap: str, topic: str, consumer: AIOKafkaConsumer) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.consumer = consumer
        self.partitions = [TopicPartition(topic, 0), TopicPartition(topic, 1)]

    async def write(self, *values: bytes, partition: int = 0) -> None:
        """Write one batch, outside of transactions."""
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, linger_ms=100) as producer:
            await asyncio.gather(*[await producer.send(self.topic, value, partition=partition) for value in values])

    async def write_in_transaction(self, *values: bytes, commit: bool) -> None:
        """Write one batch in a transaction of its own."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=f"{self.topic}-id")
        async with producer:
            await producer.begin_transaction()
            for value in values:
                await producer.send_and_wait(self.topic, value, partition=0)
            await (producer.commit_transaction() if commit else producer.abort_transaction())

    async def read(self) -> list[Fetched]:
        """Return what comes first."""
        self.consumer.assign(self.partitions)
        await self.consumer.seek_to_beginning(*self.partitions)
        return await fetch_batches(self.consumer, wanted=None, timeout_s=WAIT_S)

    async def read_to(self, end: int) -> list[Fetched]:
        """Return what comes until partition 0 has been read up to `end`."""
        fetched = await self.read()
        while fetched[-1].end < end:
            fetched += await fetch_batches(self.consumer, wanted=None, timeout_s=WAIT_S)
        return fetched


@asynccontextmanager
async def bench_on(bootstrap: str) -> AsyncIterator[Bench]:
    topic = f"batches-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
    )
    async with consumer:
        yield Bench(bootstrap, topic, consumer)


@pytest.fixture
def run(kafka: RunningKafka) -> Callable[[Callable[[Bench], Awaitable[T]]], T]:
    def run_on_bench(scene: Callable[[Bench], Awaitable[T]]) -> T:
        async def play() -> T:
            async with bench_on(kafka.bootstrap) as bench:
                return await scene(bench)

        return asyncio.run(play())

    return run_on_bench


Run = Callable[[Callable[[Bench], Awaitable[T]]], T]


def values(fetched: list[Fetched]) -> list[bytes | None]:
    return [record.value for one in fetched for batch in one.batches for record in batch]


def test_a_batch_comes_whole_with_the_positions_around_it(run: Run[tuple[str, list[Fetched]]]) -> None:
    async def scene(bench: Bench) -> tuple[str, list[Fetched]]:
        await bench.write(b"a", b"b", b"c")
        return bench.topic, await bench.read()

    topic, fetched = run(scene)

    assert [(one.log, one.start, one.end, one.epoch) for one in fetched] == [(Log(topic, 0), 0, 3, 0)]
    assert values(fetched) == [b"a", b"b", b"c"]


def test_a_fetch_from_inside_a_batch_says_where_it_began(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write(b"a", b"b", b"c")
        bench.consumer.assign(bench.partitions)
        await bench.consumer.seek_to_beginning(bench.partitions[1])
        bench.consumer.seek(bench.partitions[0], 2)
        return await fetch_batches(bench.consumer, wanted=None, timeout_s=WAIT_S)

    fetched = run(scene)

    assert [(one.start, one.end, one.batches[0].base_offset) for one in fetched] == [(2, 3, 0)]


def test_aborted_transactions_and_markers_are_left_out_and_passed_over(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write_in_transaction(b"aborted", commit=False)
        await bench.write_in_transaction(b"committed", commit=True)
        await bench.write(b"plain")
        return await bench.read_to(5)

    fetched = run(scene)

    assert values(fetched) == [b"committed", b"plain"]
    assert (fetched[0].start, fetched[-1].end) == (0, 5)


def test_a_fetch_of_nothing_but_an_aborted_transaction_moves_the_position_on(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write_in_transaction(b"aborted", commit=False)
        return await bench.read_to(2)

    fetched = run(scene)

    assert values(fetched) == []
    assert fetched[-1].end == 2


def test_what_is_not_wanted_waits(run: Run[tuple[list[Fetched], list[Fetched]]]) -> None:
    async def scene(bench: Bench) -> tuple[list[Fetched], list[Fetched]]:
        await bench.write(b"first", partition=0)
        await bench.write(b"second", partition=1)
        bench.consumer.assign(bench.partitions)
        await bench.consumer.seek_to_beginning(*bench.partitions)
        second = await fetch_batches(bench.consumer, wanted=bench.partitions[1:], timeout_s=WAIT_S)
        return second, await fetch_batches(bench.consumer, wanted=bench.partitions[:1], timeout_s=WAIT_S)

    second, first = run(scene)

    assert (values(second), values(first)) == ([b"second"], [b"first"])


def test_a_paused_partition_brings_nothing(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write(b"held back", partition=0)
        await bench.write(b"flows", partition=1)
        bench.consumer.assign(bench.partitions)
        bench.consumer.pause(bench.partitions[0])
        await bench.consumer.seek_to_beginning(*bench.partitions)
        return await fetch_batches(bench.consumer, wanted=None, timeout_s=WAIT_S)

    assert values(run(scene)) == [b"flows"]


def test_an_empty_log_gives_nothing_after_the_wait(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        bench.consumer.assign(bench.partitions)
        return await fetch_batches(bench.consumer, wanted=None, timeout_s=0.1)

    assert run(scene) == []


def test_a_closed_consumer_says_so(run: Run[list[Fetched]]) -> None:
    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write(b"a")
        await bench.read_to(1)
        await bench.consumer.stop()
        return await fetch_batches(bench.consumer, wanted=None, timeout_s=WAIT_S)

    with pytest.raises(ConsumerStoppedError):
        run(scene)


def test_a_damaged_batch_is_refused_with_its_place(run: Run[list[Fetched]]) -> None:
    class Damaged:
        """A batch whose bytes have changed on their way."""

        producer_id = -1

        def validate_crc(self) -> bool:
            return False

    class OneDamaged:
        def has_next(self) -> bool:
            return True

        def next_batch(self) -> Damaged:
            return Damaged()

    async def scene(bench: Bench) -> list[Fetched]:
        await bench.write(b"a")
        bench.consumer.assign(bench.partitions)
        await bench.consumer.seek_to_beginning(*bench.partitions)
        waiting = bench.consumer._fetcher._records
        async with asyncio.timeout(WAIT_S):
            while not waiting:
                await bench.consumer._fetcher._create_fetch_waiter()
        waiting[bench.partitions[0]]._partition_records._records = OneDamaged()
        return await fetch_batches(bench.consumer, wanted=None, timeout_s=WAIT_S)

    with pytest.raises(UnreadableBatchError, match=r"\[0\], offset 0: a batch does not match its checksum"):
        run(scene)
