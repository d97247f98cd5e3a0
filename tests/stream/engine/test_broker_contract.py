"""What every implementation of the ports to Kafka keeps: the ones in memory, and those over aiokafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from fleet_app.stream.engine.ports import Bounds, Changelogs, Fetched, Log, Producer
from fleet_app.stream.kafka.changelogs import ChangelogConsumer
from fleet_app.stream.kafka.producer import FencedError, TransactionalProducer
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.fake_kafka import FakeChangelogs, FakeKafka, FakeProducer, outgoing

ID = "contracts-0"


class World(Protocol):
    """A Kafka with two empty logs and one group."""

    log: Log
    other: Log
    source: Log

    def producer(self) -> Producer:
        """Return a new producer with the one transactional id."""

    def changelogs(self) -> Changelogs:
        """Return the one reader, started."""

    async def group_offset(self) -> int | None:
        """Return what the group has committed of the source."""

    async def delete_before(self, offset: int) -> None:
        """Let retention take the beginning of the log."""


class FakeWorld:
    """In memory."""

    def __init__(self) -> None:
        self.log, self.other, self.source = Log("log", 0), Log("other", 0), Log("source", 0)
        self._kafka = FakeKafka(FakeClock())
        self._changelogs = self._kafka.changelogs()

    def producer(self) -> FakeProducer:
        return self._kafka.producer(ID)

    def changelogs(self) -> FakeChangelogs:
        return self._changelogs

    async def group_offset(self) -> int | None:
        return self._kafka.group_offset(self.source)

    async def delete_before(self, offset: int) -> None:
        self._kafka.delete_before(self.log, offset)


class RealWorld:
    """On a broker, with names that nobody else uses."""

    def __init__(self, bootstrap: str, admin: AIOKafkaAdminClient) -> None:
        self._options = {"bootstrap_servers": bootstrap}
        self._admin = admin
        self._name = f"contracts-{uuid4()}"
        self.log, self.other, self.source = (Log(f"{self._name}-{role}", 0) for role in ("log", "other", "source"))
        self._changelogs = ChangelogConsumer(self._options, max_fetch_bytes=1 << 20)
        self._producers: list[TransactionalProducer] = []

    async def start(self) -> None:
        logs = [self.log, self.other, self.source]
        await self._admin.create_topics([NewTopic(log.topic, 1, 1) for log in logs])
        await self._changelogs.start(logs)

    async def stop(self) -> None:
        await asyncio.gather(self._changelogs.stop(), *(producer.close() for producer in self._producers))

    def producer(self) -> TransactionalProducer:
        self._producers.append(
            TransactionalProducer(self._options, transactional_id=f"{self._name}-0", group_id=self._name)
        )
        return self._producers[-1]

    def changelogs(self) -> ChangelogConsumer:
        return self._changelogs

    async def group_offset(self) -> int | None:
        committed = await self._admin.list_consumer_group_offsets(self._name)
        source = TopicPartition(*self.source)
        return committed[source].offset if source in committed else None

    async def delete_before(self, offset: int) -> None:
        await self._admin.delete_records({TopicPartition(*self.log): RecordsToDelete(before_offset=offset)})


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    yield FakeWorld()


@asynccontextmanager
async def on_a_broker(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    bootstrap = request.getfixturevalue("kafka").bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    world = RealWorld(bootstrap, admin)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()
        await admin.close()


Test = Callable[[World], Awaitable[None]]


@pytest.fixture(
    params=[pytest.param(in_memory, id="in memory"), pytest.param(on_a_broker, id="broker", marks=pytest.mark.kafka)]
)
def in_world(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    """Run a test in a world, within a time."""
    opened: Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[World]] = request.param

    async def run(test: Test) -> None:
        async with asyncio.timeout(30), opened(request) as world:
            await test(world)

    return lambda test: asyncio.run(run(test))


async def read(changelogs: Changelogs, log: Log, start: int = 0) -> list[tuple[int, bytes | None, bytes | None]]:
    """Return offset, key and value of what is committed from `start` on."""
    end = (await changelogs.bounds([log]))[log].end
    changelogs.follow({log: start})
    records: list[tuple[int, bytes | None, bytes | None]] = []
    position = start
    while position < end:
        for fetched in await changelogs.fetch():
            assert fetched.log == log
            records.extend((record.offset, record.key, record.value) for batch in fetched.batches for record in batch)
            position = fetched.end
    return records


async def first(changelogs: Changelogs) -> Fetched:
    """Return what comes first."""
    while True:
        for fetched in await changelogs.fetch():
            return fetched


async def commit(world: World, producer: Producer, log: Log, *keys: str) -> int:
    """Commit records with these keys, and wait until readers see them; return what `append` told."""
    await producer.begin()
    end = await (await producer.append(log, [outgoing(key, f"value of {key}") for key in keys]))
    await producer.commit()

    # A broker shows it to readers a moment after it has acknowledged the commit; a new epoch would wait for that, too.
    changelogs = world.changelogs()
    changelogs.follow({log: end})
    await first(changelogs)
    return end


async def fenced(producer: Producer) -> Producer:
    """Return the producer with an epoch of its own."""
    await producer.fence()
    return producer


def test_what_is_committed_is_read_in_order(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        await commit(world, await fenced(world.producer()), world.log, "a", "b")

        assert await read(world.changelogs(), world.log) == [(0, b"a", b"value of a"), (1, b"b", b"value of b")]

    in_world(test)


def test_append_tells_the_next_offset_and_a_commit_takes_one_more(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())

        assert await commit(world, producer, world.log, "a", "b") == 2
        assert await commit(world, producer, world.log, "c") == 4
        assert await world.changelogs().bounds([world.log]) == {world.log: Bounds(0, 5)}

    in_world(test)


def test_headers_and_tombstones_arrive_as_they_were_sent(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await producer.begin()
        await (await producer.append(world.log, [outgoing("a", None, [("why", b"gone"), ("what", None)])]))
        await producer.commit()

        world.changelogs().follow({world.log: 0})
        fetched = await first(world.changelogs())

        records = [record for batch in fetched.batches for record in batch]
        assert [(record.key, record.value) for record in records] == [(b"a", None)]
        assert list(records[0].headers) == [("why", b"gone"), ("what", None)]

    in_world(test)


def test_a_batch_says_where_it_ends_and_how_new_it_is(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        await commit(world, await fenced(world.producer()), world.log, "a", "b")

        world.changelogs().follow({world.log: 0})
        [batch] = (await first(world.changelogs())).batches

        assert (batch.base_offset, batch.next_offset) == (0, 2)
        assert batch.max_timestamp == max(record.timestamp for record in batch)

    in_world(test)


def test_what_is_not_committed_is_held_back(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await commit(world, producer, world.log, "a")
        await producer.begin()
        await (await producer.append(world.log, [outgoing("b", "2")]))

        assert await world.changelogs().bounds([world.log]) == {world.log: Bounds(0, 2)}
        assert await read(world.changelogs(), world.log) == [(0, b"a", b"value of a")]

    in_world(test)


def test_a_new_epoch_ends_the_transaction_of_the_one_before(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        old = await fenced(world.producer())
        await old.begin()
        await (await old.append(world.log, [outgoing("a", "1")]))

        new = await fenced(world.producer())

        assert await world.changelogs().bounds([world.log]) == {world.log: Bounds(0, 2)}
        assert await read(world.changelogs(), world.log) == []
        await commit(world, new, world.log, "b")
        assert await read(world.changelogs(), world.log) == [(2, b"b", b"value of b")]

    in_world(test)


def test_a_fenced_producer_cannot_commit_what_it_has_begun(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        old = await fenced(world.producer())
        await old.begin()
        await (await old.append(world.log, [outgoing("a", "1")]))
        await fenced(world.producer())

        with pytest.raises(FencedError):
            await old.commit()

        assert await read(world.changelogs(), world.log) == []

    in_world(test)


def test_a_fenced_producer_cannot_begin_anew(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        old = await fenced(world.producer())
        await fenced(world.producer())

        with pytest.raises(FencedError):
            await commit(world, old, world.log, "a")

        assert await read(world.changelogs(), world.log) == []

    in_world(test)


def test_positions_are_committed_with_the_transaction(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await producer.begin()
        await producer.send_positions({world.source: 7})
        before = await world.group_offset()
        await producer.commit()
        await fenced(world.producer())

        assert (before, await world.group_offset()) == (None, 7)

    in_world(test)


def test_positions_of_an_ended_epoch_are_not_committed(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        old = await fenced(world.producer())
        await old.begin()
        await old.send_positions({world.source: 7})
        new = await fenced(world.producer())
        await new.begin()
        await new.send_positions({world.source: 3})
        await new.commit()

        with pytest.raises(FencedError):
            await old.commit()
        await fenced(world.producer())

        assert await world.group_offset() == 3

    in_world(test)


def test_an_empty_log_starts_and_ends_at_zero(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        assert await world.changelogs().bounds([world.log]) == {world.log: Bounds(0, 0)}

    in_world(test)


def test_reading_goes_on_from_any_offset(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await commit(world, producer, world.log, "a")
        await commit(world, producer, world.log, "b")

        assert await read(world.changelogs(), world.log, 1) == [(2, b"b", b"value of b")]

    in_world(test)


def test_a_position_that_retention_has_taken_goes_on_from_the_start_and_shows_it(
    in_world: Callable[[Test], None],
) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await commit(world, producer, world.log, "a")
        await commit(world, producer, world.log, "b")
        await world.delete_before(2)

        assert await world.changelogs().bounds([world.log]) == {world.log: Bounds(2, 4)}
        world.changelogs().follow({world.log: 0})
        assert (await first(world.changelogs())).start == 2

    in_world(test)


def test_where_a_followed_log_ends_is_told_with_what_is_fetched_and_open_transactions_do_not_count(
    in_world: Callable[[Test], None],
) -> None:
    async def test(world: World) -> None:
        producer, changelogs = await fenced(world.producer()), world.changelogs()
        await commit(world, producer, world.log, "a")
        await producer.begin()
        await (await producer.append(world.log, [outgoing("b", "2")]))
        changelogs.follow({world.log: 0})
        before = changelogs.end(world.log)
        await first(changelogs)
        end = changelogs.end(world.log)

        assert before is None
        assert end is not None
        assert end.offset == 2
        assert changelogs.end(world.other) is None

    in_world(test)


def test_following_something_else_drops_what_was_on_its_way(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await commit(world, producer, world.log, "a")
        await commit(world, producer, world.other, "b")
        changelogs = world.changelogs()
        changelogs.follow({world.log: 0})
        await first(changelogs)
        await commit(world, producer, world.log, "c")

        assert await read(changelogs, world.other) == [(0, b"b", b"value of b")]

    in_world(test)


def test_following_the_same_log_again_begins_where_told(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        await commit(world, await fenced(world.producer()), world.log, "a")
        await read(world.changelogs(), world.log)

        assert await read(world.changelogs(), world.log) == [(0, b"a", b"value of a")]

    in_world(test)


def test_at_rest_nothing_comes(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        producer = await fenced(world.producer())
        await commit(world, producer, world.log, "a")
        changelogs = world.changelogs()
        await read(changelogs, world.log)
        changelogs.rest()
        await commit(world, producer, world.log, "b")

        assert await changelogs.fetch() == []
        assert await read(changelogs, world.log, 2) == [(2, b"b", b"value of b")]

    in_world(test)


def test_a_producer_can_be_closed_at_any_time(in_world: Callable[[Test], None]) -> None:
    async def test(world: World) -> None:
        never_fenced, old, new = world.producer(), world.producer(), world.producer()
        await old.fence()
        await old.begin()
        await old.append(world.log, [outgoing("a", "1")])
        await new.fence()
        with pytest.raises(FencedError):
            await old.commit()

        for producer in (never_fenced, old, new, new):
            await producer.close()

        assert await read(world.changelogs(), world.log) == []

    in_world(test)
