"""A worker's tasks handle, commit when it is time, tell where they stand, and let go of everything in the end."""

import asyncio

import pytest

from fleet_app.stream.engine.ports import Log, Outgoing
from fleet_app.stream.reads import Duty, SourceProgress, TaskState
from tests.stream.engine.counting import COPIES, INITIALS, LINES
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.world import Worker, copied, counted, say

pytestmark = pytest.mark.anyio

A_LINES = Log(LINES.name, 1)
"""Where `a` stands; `b` stands in partition 0."""


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


async def test_two_agents_in_a_row_count_everything_once(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    for word in ("aa", "ab", "b", "aa"):
        say(kafka, word)
    await worker.drain()

    assert (counted(kafka), counted(kafka, INITIALS)) == ({"aa": 2, "ab": 1, "b": 1}, {"a": 3, "b": 1})
    assert set(copied(kafka).values()) == {1}


async def test_a_task_commits_at_its_interval(kafka: FakeKafka) -> None:
    worker = await Worker(kafka, commit_interval_s=2.0).start(0, 1)
    await kafka.clock.advance(2.0)
    say(kafka, "a")
    await worker.poll()
    await kafka.clock.advance(0.1)
    first = kafka.group_offset(A_LINES)
    say(kafka, "a")
    await worker.poll()
    await kafka.clock.advance(1.8)
    before = kafka.group_offset(A_LINES)
    await kafka.clock.advance(0.2)

    assert (first, before, kafka.group_offset(A_LINES)) == (1, 1, 2)


async def test_where_nothing_has_changed_nothing_is_written(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.drain()
    before = kafka.faults.calls["begin"]
    for _ in range(20):
        await worker.poll()
        await kafka.clock.advance(1.0)

    assert kafka.faults.calls["begin"] == before


async def test_the_first_commits_of_tasks_are_spread_over_the_interval(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    due_s = [task.commit_due_s for task in worker.tasks.readable_tasks()]

    assert len(set(due_s)) == 2
    assert all(0 <= each <= 0.5 for each in due_s)


async def test_a_task_that_waits_for_room_is_committed_though_its_interval_is_longer(kafka: FakeKafka) -> None:
    worker = await Worker(kafka, commit_interval_s=60.0).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    await kafka.clock.advance(5.5)
    say(kafka, "a")
    polling = asyncio.create_task(worker.poll())
    await kafka.clock.advance(1.0)

    assert polling.done()
    await worker.tasks.stop()
    await polling


# --- stopping


async def test_a_worker_that_stops_lets_go_of_everything(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, standby=(1,))
    say(kafka, "b")
    await worker.poll()
    worker.tasks.suspend()
    await worker.tasks.final_commit()
    await worker.tasks.stop()
    successor = await Worker(kafka, stores=worker.stores).start(0, 1)

    assert (kafka.group_offset(Log(LINES.name, 0)), [producer.closed for producer in worker.producers]) == (1, [True])
    assert (successor.tasks.all_run(), worker.failures, worker.tasks.reports()) == (True, [], [])


async def test_a_worker_that_never_started_stops_as_well(kafka: FakeKafka) -> None:
    worker = Worker(kafka)
    await worker.tasks.stop()

    assert (worker.failures, worker.tasks.reports(), kafka.producers) == ([], [], [])


# --- what is told


async def test_it_is_told_where_each_task_stands(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(1)
    say(kafka, "a")
    await worker.poll()
    say(kafka, "a")
    told = worker.report(1)
    worker.sources.fetch()
    (lines, copies) = worker.report(1).sources

    assert (told.duty, told.state, told.committed_ms) == (Duty.OWNER, TaskState.RUNNING, None)
    assert lines == SourceProgress(topic="lines", position=1, end=2)
    assert copies == SourceProgress(topic=COPIES.name, position=0, end=0)
    assert told.time_ms == kafka.clock.wall_ms()


async def test_it_is_told_when_a_task_committed_last(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(1)
    say(kafka, "a")
    await worker.poll()
    await kafka.clock.advance(1.0)
    committed_ms = worker.report(1).committed_ms
    await kafka.clock.advance(60.0)

    assert committed_ms is not None
    assert kafka.clock.wall_ms() - 61_000 <= committed_ms <= kafka.clock.wall_ms() - 60_000
    assert worker.report(1).committed_ms == committed_ms


async def test_a_task_is_found_by_its_keys_text_until_the_group_has_shared_anew(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(1)
    found = worker.tasks.task_of("a")
    elsewhere = worker.tasks.task_of("b")
    worker.tasks.suspend()
    meanwhile = worker.tasks.task_of("a")
    await worker.tasks.assign(frozenset(), frozenset(), 2)

    assert found is not None
    assert (found.partition, elsewhere, meanwhile, worker.tasks.task_of("a")) == (1, None, found, None)


async def test_poison_in_one_partition_does_not_hold_up_the_others(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    for order in ("", "poison", ""):
        say(kafka, "a", order)
        say(kafka, "b", order)
    kafka.put(A_LINES, Outgoing(b"\xff", b""))
    await worker.drain()
    dead = [record for partition in (0, 1) for record in kafka.records(Log("dead", partition))]

    assert (counted(kafka), len(dead), worker.failures) == ({"a": 2, "b": 2}, 3, [])
