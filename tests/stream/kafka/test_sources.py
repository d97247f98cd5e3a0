"""The group's consumer as tasks see it, in the thread where it lives."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import OffsetAndMetadata

from fleet_app.broker.testing import RunningKafka
from fleet_app.stream.engine.ports import Bounds, Fetched, Log, NotAssignedError
from fleet_app.stream.kafka.sources import GroupSources
from fleet_app.stream.lane.consumer import TaskConsumerThread

pytestmark = pytest.mark.kafka

T = TypeVar("T")
WAIT_S: Final = 20.0


class Thread(TaskConsumerThread):
    """The lane's thread around a consumer that a test has made, without Faust's app."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._epochs = {}

    async def inside(self, call: Coroutine[Any, Any, T]) -> T:
        return await call


class Scene:
    """A topic of two partitions with three records in the first, and a group that has committed one of them."""

    def __init__(self, topic: str, consumer: AIOKafkaConsumer) -> None:
        self.thread = Thread(consumer)
        self.sources = GroupSources(lambda: self.thread)
        self.first, self.second = Log(topic, 0), Log(topic, 1)

    async def fetch(self) -> list[Fetched]:
        """Return what flows, once something does."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if fetched := await self.thread.fetch():
                    return fetched


@asynccontextmanager
async def scene_on(bootstrap: str) -> AsyncIterator[Scene]:
    topic = f"sources-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for value in (b"a", b"b", b"c"):
            await producer.send_and_wait(topic, value, partition=0)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=topic,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    async with consumer:
        async with asyncio.timeout(WAIT_S):
            while not consumer.assignment():
                await consumer.getmany(timeout_ms=50)
        await consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(1, "")})
        scene = Scene(topic, consumer)
        scene.thread.hold_everything()
        yield scene


@pytest.fixture
def run(kafka: RunningKafka) -> Callable[[Callable[[Scene], Awaitable[T]]], T]:
    def run_scene(play: Callable[[Scene], Awaitable[T]]) -> T:
        async def on_stage() -> T:
            async with scene_on(kafka.bootstrap) as scene:
                return await play(scene)

        return asyncio.run(on_stage())

    return run_scene


Run = Callable[[Callable[[Scene], Awaitable[T]]], T]


def test_the_groups_offsets_are_asked_for_and_none_is_told_as_none(run: Run[list[int | None]]) -> None:
    async def play(scene: Scene) -> list[int | None]:
        told = await scene.sources.committed([scene.first, scene.second])
        return [told[scene.first], told[scene.second]]

    assert run(play) == [1, None]


def test_sources_start_and_end_where_the_broker_says(run: Run[list[Bounds]]) -> None:
    async def play(scene: Scene) -> list[Bounds]:
        told = await scene.sources.bounds([scene.first, scene.second])
        return [told[scene.first], told[scene.second]]

    assert run(play) == [Bounds(0, 3), Bounds(0, 0)]


def test_what_flows_begins_where_the_task_said_and_carries_its_epoch(run: Run[list[tuple[int, int, int]]]) -> None:
    async def play(scene: Scene) -> list[tuple[int, int, int]]:
        await scene.sources.run({scene.first: 1}, epoch=7)
        return [(one.start, one.end, one.epoch) for one in await scene.fetch()]

    assert run(play) == [(1, 3, 7)]


def test_after_an_assignment_nothing_flows_until_a_task_runs(run: Run[list[Fetched]]) -> None:
    async def play(scene: Scene) -> list[Fetched]:
        await scene.sources.run({scene.first: 0}, epoch=1)
        scene.thread.hold_everything()
        return await scene.thread.fetch()

    assert run(play) == []


def test_a_source_that_was_taken_away_does_not_run_and_nor_do_those_with_it(run: Run[list[Fetched]]) -> None:
    async def play(scene: Scene) -> list[Fetched]:
        with pytest.raises(NotAssignedError, match="elsewhere"):
            await scene.sources.run({scene.first: 0, Log("elsewhere", 0): 0}, epoch=1)
        return await scene.thread.fetch()

    assert run(play) == []


def test_the_end_of_a_source_is_known_once_it_has_been_fetched(run: Run[list[int | None]]) -> None:
    async def play(scene: Scene) -> list[int | None]:
        before = scene.sources.end(scene.first)
        await scene.sources.run({scene.first: 0}, epoch=1)
        await scene.fetch()
        after = scene.sources.end(scene.first)
        return [end and end.offset for end in (before, after)]

    assert run(play) == [None, 3]


def test_the_end_was_told_in_the_past_but_not_before_it_was_asked_for(run: Run[bool]) -> None:
    async def play(scene: Scene) -> bool:
        # aiokafka notes whole milliseconds.
        asked_s = time.monotonic() - 0.002
        await scene.sources.run({scene.first: 0}, epoch=1)
        await scene.fetch()
        end = scene.sources.end(scene.first)
        return end is not None and asked_s <= end.told_at_s <= time.monotonic()

    assert run(play)


def test_the_end_of_what_is_not_assigned_is_unknown(run: Run[object]) -> None:
    async def play(scene: Scene) -> object:
        return scene.sources.end(Log("elsewhere", 0))

    assert run(play) is None


def test_calls_run_in_the_threads_own_loop_and_bring_their_result_back() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    owner = cast(TaskConsumerThread, type("Owner", (), {"thread_loop": loop})())

    async def where() -> int:
        return threading.get_ident()

    inside = asyncio.run(TaskConsumerThread.inside(owner, where()))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()

    assert inside == thread.ident
