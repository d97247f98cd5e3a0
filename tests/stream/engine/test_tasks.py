"""A worker's tasks follow the group through any order of events, and one failure ends them all, for good."""

import asyncio

import pytest

from fleet_app.errors import EngineError
from fleet_app.stream.engine.ports import Log, Outgoing
from fleet_app.stream.engine.tasks import CommitTooLongError
from fleet_app.stream.kafka.producer import FencedError
from fleet_app.stream.reads import Duty, SourceProgress, TaskState
from tests.stream.engine.counting import COPIES, INITIALS, LINES
from tests.stream.engine.fakes import FakeClock, FakeKafka, turn
from tests.stream.engine.world import Worker, copied, counted, say, until

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


# --- rebalances


async def test_what_was_handled_is_committed_before_partitions_are_handed_on(kafka: FakeKafka) -> None:
    first, second = await Worker(kafka).start(0, 1), Worker(kafka)
    say(kafka, "a")
    await first.poll()
    await first.share(0)
    committed = kafka.group_offset(A_LINES)
    await second.start(1)
    say(kafka, "a")
    await second.drain()

    assert (committed, counted(kafka), set(copied(kafka).values())) == (1, {"a": 2}, {1})


async def test_a_kept_task_goes_on_at_once_with_what_it_has_in_memory(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.drain()
    reads = worker.stores.faults.calls["get"]
    await worker.share(0, 1)
    await turn()
    say(kafka, "a")
    await worker.poll()

    assert worker.stores.faults.calls["get"] == reads
    assert (worker.tasks.all_run(), worker.report(1).restore.total <= 4) == (True, True)


async def test_a_task_taken_away_without_a_last_commit_forgets_what_it_had_not_committed(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.drain()
    say(kafka, "a")
    await worker.poll()
    worker.tasks.suspend()
    worker.sources.assign([Log(topic, partition) for topic in ("lines", "copies") for partition in (0, 1)])
    await worker.tasks.assign({0, 1}, (), 9)
    await turn()
    await worker.drain()

    assert (counted(kafka), set(copied(kafka).values())) == ({"a": 2}, {1})


async def test_a_kept_task_whose_last_commit_was_cancelled_counts_nothing_twice(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.freeze()
    committing = asyncio.create_task(worker.tasks.final_commit())
    await turn()
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    worker.wake()
    await worker.share(0, 1)
    await worker.drain()

    assert (counted(kafka), set(copied(kafka).values()), worker.failures) == ({"a": 1}, {1}, [])


async def test_a_restore_that_a_rebalance_overtakes_is_taken_up_where_it_was(kafka: FakeKafka) -> None:
    writer = await Worker(kafka).start(0, 1)
    for _ in range(8):
        say(kafka, "a")
        await writer.drain()
    await writer.crash()
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, 1)
    await until(lambda: worker.report(1).restore.done > 0)
    await worker.share(1)
    await until(worker.tasks.all_run)
    say(kafka, "a")
    await worker.drain()

    assert (worker.times_running, worker.failures, worker.stores.set_aside_for) == (1, [], [])
    assert counted(kafka) == {"a": 9}


async def test_two_rebalances_in_a_row_leave_only_the_second(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0)
    await worker.share(0, 1)
    await worker.share(1)
    await turn()
    say(kafka, "a")
    say(kafka, "b")
    await worker.drain()

    assert (worker.tasks.running(), worker.failures, counted(kafka)) == (frozenset({1}), [], {"a": 1})


async def test_a_rebalance_before_anything_could_be_restored_leaves_no_complaint(kafka: FakeKafka) -> None:
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, standby=(1,))
    worker.tasks.suspend()
    await worker.share(0, 1)
    await turn()

    assert (worker.tasks.all_run(), worker.failures) == (True, [])


async def test_a_task_whose_restore_ends_just_when_it_is_suspended_does_not_begin(
    kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = await Worker(kafka).start(1)
    for _ in range(8):
        say(kafka, "a")
        await writer.drain()
    await writer.crash()
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    answer: asyncio.Future[dict[Log, int | None]] = asyncio.get_running_loop().create_future()
    asked = asyncio.Event()

    async def committed(_: object) -> dict[Log, int | None]:
        asked.set()
        return await answer

    monkeypatch.setattr(worker.sources, "committed", committed)
    await worker.begin()
    await worker.share(0, 1)
    await asked.wait()
    kafka.gate.close()
    await turn()
    answer.set_result({Log(LINES.name, 0): None, Log(COPIES.name, 0): None})
    worker.tasks.suspend()
    await turn()

    assert (worker.tasks.running(), worker.failures) == (frozenset(), [])


async def test_a_source_that_is_taken_away_in_the_middle_of_a_restore_is_no_failure(kafka: FakeKafka) -> None:
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, 1)
    worker.sources.assign([])
    await turn()
    before = (worker.failures[:], worker.times_running)
    await worker.share(1)
    await until(worker.tasks.all_run)

    assert (before, worker.failures, worker.times_running) == (([], 0), [], 1)


async def test_a_batch_of_the_assignment_before_is_dropped(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    old = worker.sources.fetch()
    await worker.share(0, 1)
    await turn()
    for fetched in old:
        await worker.tasks.apply(fetched)
    before = worker.tasks.readable_tasks()[1].positions["lines"]
    await worker.drain()

    assert (before, counted(kafka)) == (0, {"a": 1})


async def test_a_batch_of_a_partition_that_is_gone_is_dropped(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    old = worker.sources.fetch()
    await worker.share(0)
    for fetched in old:
        await worker.tasks.apply(fetched)
    await turn()

    assert (worker.failures, worker.tasks.running()) == ([], frozenset({0}))


async def test_a_worker_without_partitions_has_nothing_left_to_restore(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start()

    assert (worker.times_running, worker.tasks.all_run(), worker.tasks.reports()) == (1, True, [])


# --- zombies


async def test_a_zombies_commit_is_refused_and_ends_it(kafka: FakeKafka) -> None:
    zombie = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await zombie.poll()
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()

    assert [type(failure) for failure in zombie.failures] == [FencedError]
    assert (counted(kafka), set(copied(kafka).values()), successor.failures) == ({"a": 1}, {1}, [])


async def test_a_zombies_commit_that_was_under_way_does_not_double_anything(kafka: FakeKafka) -> None:
    zombie = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await zombie.poll()
    zombie.freeze()
    await kafka.clock.advance(1.0)
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()
    zombie.wake()
    await successor.drain()

    assert [type(failure) for failure in zombie.failures] == [FencedError]
    assert (counted(kafka), set(copied(kafka).values())) == ({"a": 1}, {1})


# --- failures


@pytest.mark.parametrize("call", ["begin", "append", "send_positions", "commit"])
async def test_a_commit_that_fails_ends_everything_once_and_for_good(kafka: FakeKafka, call: str) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    say(kafka, "b")
    await worker.poll()
    kafka.faults.fail(call)
    await kafka.clock.advance(5.0)
    offsets = [kafka.group_offset(Log(LINES.name, partition)) for partition in (0, 1)]
    await worker.tasks.final_commit()
    await worker.tasks.stop()

    assert (len(worker.failures), worker.tasks.failure, worker.tasks.running()) == (
        1,
        worker.failures[0],
        frozenset(),
    )
    assert [kafka.group_offset(Log(LINES.name, partition)) for partition in (0, 1)] == offsets


async def test_after_a_failure_nothing_is_handled_any_more(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    say(kafka, "a")
    await worker.drain()

    assert (counted(kafka), len(worker.failures), worker.report(1).state) == ({}, 1, TaskState.STOPPED)


async def test_after_a_failure_a_task_that_was_still_restored_does_not_begin(kafka: FakeKafka) -> None:
    writer = await Worker(kafka).start(0, 1)
    for _ in range(8):
        say(kafka, "a")
        await writer.drain()
    await writer.crash()
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, 1)
    await until(lambda: worker.tasks.running() == {0})
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    for _ in range(10):
        await turn()

    assert (worker.tasks.running(), worker.times_running) == (frozenset(), 0)


async def test_after_a_failure_no_assignment_is_taken_up(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    fences = kafka.faults.calls["fence"]
    await worker.share(0, 1)
    await turn()

    assert (worker.tasks.running(), kafka.faults.calls["fence"], worker.times_running) == (frozenset(), fences, 1)


async def test_a_fence_that_fails_ends_the_worker(kafka: FakeKafka) -> None:
    kafka.faults.fail("fence", nth=2)
    worker = await Worker(kafka).start(0, 1)

    assert (len(worker.failures), worker.tasks.running()) == (1, frozenset())


async def test_a_store_that_cannot_be_written_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.stores.faults.fail("write")
    await kafka.clock.advance(1.0)
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()

    assert (len(worker.failures), counted(kafka)) == (1, {"a": 1})


async def test_a_timer_that_may_not_be_gone_on_with_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "doom", f"arm {kafka.clock.wall_ms() + 500}")
    for _ in range(10):
        await worker.poll()
        await kafka.clock.advance(0.1)

    assert [type(failure) for failure in worker.failures] == [EngineError]


async def test_a_commit_that_outlives_its_transaction_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.freeze()
    for _ in range(22):
        await kafka.clock.advance(0.5)
        worker.sources.fetch()

    assert [type(failure) for failure in worker.failures] == [CommitTooLongError]


async def test_a_commit_may_last_as_long_as_kafka_is_silent(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    kafka.gate.close()
    await kafka.clock.advance(30.0)
    before = worker.failures[:]
    kafka.gate.open()
    await kafka.clock.advance(1.0)

    assert (before, worker.failures, kafka.group_offset(A_LINES)) == ([], [], 1)


async def test_silence_of_kafka_does_not_count_once_it_is_over(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.freeze()
    await kafka.clock.advance(30.0)
    for _ in range(18):
        worker.sources.fetch()
        await kafka.clock.advance(0.5)

    assert worker.failures == []


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
    await Worker(kafka).tasks.stop()


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
