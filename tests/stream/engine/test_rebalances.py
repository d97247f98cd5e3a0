"""Tasks follow the group through any order of rebalances, and who was left behind doubles nothing."""

import asyncio

import pytest

from fleet_app.stream.engine.ports import Log
from fleet_app.stream.kafka.producer import FencedError
from tests.stream.engine.counting import COPIES, LINES
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.world import Worker, copied, counted, say, until

pytestmark = pytest.mark.anyio

A_LINES = Log(LINES.name, 1)
"""Where `a` stands; `b` stands in partition 0."""


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


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
