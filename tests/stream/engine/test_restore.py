"""A task gets its state back exactly, whoever ran it before, or the worker stops and says why."""

import asyncio
import logging

import pytest

from fleet_app.stream.declarations import UnknownVersionError
from fleet_app.stream.engine.catch_up import ChangelogHoleError
from fleet_app.stream.engine.fail_points import FailAt, InjectedError, NoFailPoints, Step
from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.engine.ports import Log, Outgoing
from fleet_app.stream.engine.restore import DisagreementError, SourceGoneError
from fleet_app.stream.reads import RestoreProgress, TaskState
from tests.stream.engine.counting import COPIES, COUNT_WORDS, INITIALS, LINES, QUIET, SEEN, TOTALS, Total
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import Worker, changelog, copied, counted, said, say, until

pytestmark = pytest.mark.anyio

A_LINES = Log(LINES.name, 1)
"""Where `a` stands."""


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


async def worked(kafka: FakeKafka, *words: str, stores: FakeStores | None = None) -> FakeStores:
    """Return the disk of a worker that has counted these words, committed, and died."""
    for word in words:
        say(kafka, word)
    worker = await Worker(kafka, stores=stores).start(0, 1)
    await worker.drain()
    await worker.crash()
    return worker.stores


def stored(worker: Worker, word: str) -> int:
    """Return a word's count on a worker's disk."""
    (task,) = [task for task in worker.tasks.readable_tasks() if task.partition == sum(word.encode()) % 2]
    value = task.store.get(TOTALS.name, word.encode())
    return 0 if value is None else TOTALS.decode(value).seen


@pytest.mark.parametrize("wiped", [False, True])
async def test_a_task_goes_on_where_it_was_left(kafka: FakeKafka, *, wiped: bool) -> None:
    stores = await worked(kafka, "a", "a", "b", "c")
    worker = await Worker(kafka, stores=FakeStores() if wiped else stores).start(0, 1)
    before = (stored(worker, "a"), stored(worker, "b"))
    say(kafka, "a")
    await worker.drain()

    assert (before, counted(kafka), stored(worker, "a")) == ((2, 1), {"a": 3, "b": 1, "c": 1}, 3)
    assert set(copied(kafka).values()) == {1}


async def test_a_new_app_begins_at_the_beginning_of_its_sources(kafka: FakeKafka) -> None:
    say(kafka, "a")
    kafka.delete_before(A_LINES, 1)
    say(kafka, "a")
    worker = await Worker(kafka).start(0, 1)
    await worker.drain()

    assert (counted(kafka), worker.failures) == ({"a": 1}, [])


async def test_what_was_handled_and_not_committed_is_handled_again(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    await worker.crash()
    successor = await Worker(kafka, stores=worker.stores).start(0, 1)
    await successor.drain()

    assert (counted(kafka), set(copied(kafka).values())) == ({"a": 1}, {1})


STEPS = [step for step in Step if step.startswith("commit-")]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("wiped", [False, True])
async def test_a_worker_that_ends_at_any_step_of_a_commit_is_followed_exactly(
    kafka: FakeKafka, step: Step, nth: int, *, wiped: bool
) -> None:
    worker = await Worker(kafka, fail_points=FailAt(f"{step}:{nth}:raise")).start(0, 1)
    for word in "abcabc":
        say(kafka, word)
        await worker.poll()
        await kafka.clock.advance(1.0)
        await asyncio.sleep(0.003 if step is Step.COMMIT_SENT else 0)
    await worker.crash()
    successor = await Worker(kafka, stores=FakeStores() if wiped else worker.stores).start(0, 1)
    await successor.drain()

    assert isinstance(worker.failures[0], InjectedError)
    assert (successor.failures, counted(kafka)) == ([], dict(said(kafka)))
    assert set(copied(kafka).values()) == {1}


@pytest.mark.parametrize("step", [step for step in Step if step.startswith("restore-")])
@pytest.mark.parametrize("wiped", [False, True])
async def test_a_worker_that_ends_at_any_step_of_a_restore_is_followed_exactly(
    kafka: FakeKafka, step: Step, *, wiped: bool
) -> None:
    stores = await worked(kafka, *"abcabc")
    worker = await Worker(kafka, stores=stores, fail_points=FailAt(f"{step}:1:raise")).start(0, 1)
    await worker.crash()
    successor = await Worker(kafka, stores=FakeStores() if wiped else stores).start(0, 1)
    say(kafka, "a")
    await successor.drain()

    assert isinstance(worker.failures[0], InjectedError)
    assert (successor.failures, counted(kafka)) == ([], dict(said(kafka)))


async def test_steps_are_passed_in_their_order(kafka: FakeKafka) -> None:
    passed: list[Step] = []

    class Watching(NoFailPoints):
        def reach(self, step: Step) -> None:
            passed.append(step)

    await worked(kafka, "a")
    await Worker(kafka, fail_points=Watching()).start(1)

    assert passed == [step for step in Step if step.startswith("restore-")]


async def test_the_previous_owner_is_fenced_before_the_ends_are_asked_for(kafka: FakeKafka) -> None:
    """What it still committed before that is part of what is read; what it tries afterwards is refused."""
    zombie = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await zombie.poll()
    zombie.freeze()
    committing = asyncio.create_task(zombie.tasks.final_commit())
    await turn()
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()
    zombie.wake()
    await asyncio.gather(committing, return_exceptions=True)
    await successor.drain()

    assert [type(error).__name__ for error in zombie.failures] == ["FencedError"]
    assert (counted(kafka), set(copied(kafka).values()), successor.failures) == ({"a": 1}, {1}, [])


async def test_a_store_that_fits_is_read_on_from_where_it_is(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a", "a")
    kafka.compact(changelog(TOTALS, 1))
    worker = await Worker(kafka, stores=stores).start(1)

    assert worker.report(1).restore.done <= len(AGENT_TABLES)
    assert (stores.set_aside_for, stored(worker, "a")) == ([], 2)


AGENT_TABLES = (TOTALS, SEEN, QUIET, INITIALS)


async def test_an_older_copy_of_the_disk_is_brought_up_to_date(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a")
    old = stores.copy()
    await worked(kafka, "a", "b", stores=stores)
    worker = await Worker(kafka, stores=old).start(0, 1)

    assert (stored(worker, "a"), stored(worker, "b"), old.set_aside_for) == (2, 1, [])


async def test_a_changelog_that_compaction_has_thinned_out_is_no_hole(kafka: FakeKafka) -> None:
    await worked(kafka, *"aaaa")
    await worked(kafka, *"aac")
    kafka.compact(changelog(TOTALS, 1))
    worker = await Worker(kafka).start(0, 1)

    assert (worker.failures, stored(worker, "a"), stored(worker, "c")) == ([], 6, 1)


async def test_a_store_of_another_cluster_is_set_aside(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a")
    worker = await Worker(kafka, stores=stores, origin="another cluster").start(0, 1)

    assert stores.set_aside_for == [
        (partition, "it has totals of another cluster, or of a changelog that has been deleted and made anew since")
        for partition in (0, 1)
    ]
    assert (stored(worker, "a"), worker.failures) == (1, [])


async def test_a_wiped_kafka_under_a_kept_disk_begins_anew() -> None:
    stores = await worked(FakeKafka(FakeClock()), "a", "a")
    kafka = FakeKafka(FakeClock())
    say(kafka, "a")
    worker = await Worker(kafka, stores=stores, origin="another cluster").start(0, 1)
    await worker.drain()

    assert (counted(kafka), worker.failures) == ({"a": 1}, [])


async def test_a_store_that_is_older_than_deletions_are_kept_is_set_aside(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a")
    await kafka.clock.advance(7 * 86_400 + 3_600)
    worker = await Worker(kafka, stores=stores).start(1)

    assert stores.set_aside_for == [(1, "it was written 169 h ago, and deletions are kept for 168 h")]
    assert (stored(worker, "a"), worker.failures) == (1, [])


async def test_a_store_ahead_of_its_changelog_is_set_aside(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a")
    for table in AGENT_TABLES:
        kafka.recreate(changelog(table, 1).topic)
    kafka.recreate(LINES.name)
    kafka.recreate(COPIES.name)
    say(kafka, "a")
    worker = await Worker(kafka, stores=stores).start(1)
    await worker.drain()

    assert "the log ends at 0" in stores.set_aside_for[0][1]
    assert (counted(kafka), worker.failures) == ({"a": 1}, [])


async def test_a_store_behind_the_start_of_its_changelog_is_set_aside(kafka: FakeKafka) -> None:
    stores = await worked(kafka, "a")
    old = stores.copy()
    await worked(kafka, "a", stores=stores)
    log = changelog(SEEN, 1)
    kafka.delete_before(log, kafka.records(log)[-2].offset)
    worker = await Worker(kafka, stores=old).start(1)

    assert "the log begins at " in old.set_aside_for[0][1]
    assert (stored(worker, "a"), worker.failures) == (2, [])


async def test_a_changelog_that_retention_has_emptied_does_not_hold_a_task_up(kafka: FakeKafka) -> None:
    await worked(kafka, "a")
    log = changelog(SEEN, 1)
    kafka.delete_before(log, kafka.log(log).end)
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.drain()

    assert (counted(kafka), worker.failures) == ({"a": 2}, [])


async def test_a_first_commit_that_was_aborted_does_not_hold_a_task_up(kafka: FakeKafka) -> None:
    say(kafka, "a")
    worker = await Worker(kafka, fail_points=FailAt(f"{Step.OFFSETS}:1:raise")).start(0, 1)
    await worker.poll()
    await kafka.clock.advance(1.0)
    await worker.crash()
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()
    await kafka.clock.advance(11.0)

    assert (successor.failures, counted(kafka)) == ([], {"a": 1})


async def test_a_task_of_a_release_with_one_more_source_and_table_goes_on(kafka: FakeKafka) -> None:
    say(kafka, "a")
    worker = await Worker(kafka, agents=[COUNT_WORDS]).start(0, 1)
    await worker.drain()
    await worker.crash()
    successor = await Worker(kafka, stores=worker.stores).start(0, 1)
    await successor.drain()

    assert (successor.failures, counted(kafka), counted(kafka, INITIALS)) == ([], {"a": 1}, {"a": 1})


async def test_a_group_that_is_behind_its_changelogs_stops_the_worker_after_ten_seconds_with_both_numbers(
    kafka: FakeKafka, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await worked(kafka, "a", "a", "a")
    kafka.move_group_offset(A_LINES, 1)
    worker = await Worker(kafka).start(1)
    await kafka.clock.advance(10.0)
    before = worker.failures[:]
    await kafka.clock.advance(0.5)

    assert (before, worker.tasks.running()) == ([], frozenset())
    (failure,) = worker.failures
    assert isinstance(failure, DisagreementError)
    assert str(failure).startswith(
        "partition 1: the group says lines is read up to 1, the changelogs say 3. Put the group's offsets back "
    )


async def test_a_group_that_agrees_in_time_is_believed(kafka: FakeKafka) -> None:
    await worked(kafka, "a", "a", "a")
    kafka.move_group_offset(A_LINES, 1)
    worker = await Worker(kafka).start(1)
    await kafka.clock.advance(9.0)
    before = worker.tasks.running()
    kafka.move_group_offset(A_LINES, 3)
    await kafka.clock.advance(0.5)

    assert (before, worker.tasks.running(), worker.failures) == (frozenset(), frozenset({1}), [])


async def test_of_a_group_that_has_lost_its_offsets_the_markers_count(kafka: FakeKafka) -> None:
    await worked(kafka, "a", "a", "a")
    kafka.move_group_offset(A_LINES, None)
    worker = await Worker(kafka).start(1)
    say(kafka, "a")
    await worker.drain()

    assert counted(kafka) == {"a": 4}


async def test_a_source_that_ends_before_what_was_read_of_it_stops_the_worker(kafka: FakeKafka) -> None:
    await worked(kafka, "a", "a", "a")
    kafka.recreate(LINES.name)
    say(kafka, "a")
    worker = await Worker(kafka).start(1)

    (failure,) = worker.failures
    assert isinstance(failure, SourceGoneError)
    assert str(failure).startswith("lines partition 1 ends at offset 1, and was read up to 3 before")


async def test_records_that_retention_took_before_they_were_read_are_told(
    kafka: FakeKafka, caplog: pytest.LogCaptureFixture
) -> None:
    await worked(kafka, "a")
    for _ in range(4):
        say(kafka, "a")
    kafka.delete_before(A_LINES, 4)
    worker = await Worker(kafka).start(0, 1)
    await worker.drain()

    assert "lines partition 1: 3 records before offset 4 were deleted by retention before they were read" in (
        caplog.messages
    )
    assert (counted(kafka), worker.failures) == ({"a": 2}, [])


async def test_a_value_of_a_newer_release_stops_the_worker(kafka: FakeKafka) -> None:
    await worked(kafka, "a")
    kafka.put(changelog(TOTALS, 1), Outgoing(b"a", b"\x02\x91\x01"))
    worker = await Worker(kafka).start(1)

    assert [type(failure) for failure in worker.failures] == [UnknownVersionError]


async def test_records_that_vanish_while_they_are_read_stop_the_worker(kafka: FakeKafka) -> None:
    for _ in range(8):
        await worked(kafka, "a")
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(1)
    log = changelog(TOTALS, 1)
    await until(lambda: worker.report(1).restore.done > 0)
    kafka.delete_before(log, kafka.log(log).end - 1)
    await until(lambda: bool(worker.failures))

    (failure,) = worker.failures
    assert isinstance(failure, ChangelogHoleError)
    assert failure.args[0].startswith("app-totals-changelog partition 1: the store has it up to offset ")


async def test_tasks_run_as_soon_as_they_can_and_not_before(kafka: FakeKafka) -> None:
    for _ in range(8):
        await worked(kafka, "a")
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, 1)
    await until(lambda: worker.tasks.running() == {0})
    (early, report) = (worker.times_running, worker.report(1))
    await until(lambda: worker.tasks.running() == {0, 1})

    assert (early, report.state) == (0, TaskState.RESTORING)
    assert 0 < report.restore.done < report.restore.total
    assert (worker.times_running, worker.report(1).state) == (1, TaskState.RUNNING)


async def test_a_task_with_nothing_to_read_has_nothing_to_restore(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0)

    assert (worker.report(0).restore, worker.tasks.all_run()) == (RestoreProgress(done=0, total=0), True)


async def test_the_marker_is_no_value_of_a_table(kafka: FakeKafka) -> None:
    await worked(kafka, "a")
    worker = await Worker(kafka).start(1)
    (task,) = worker.tasks.readable_tasks()

    assert [task.store.get(table.name, MARKER_KEY) for table in AGENT_TABLES] == [None] * 4
    assert task.store.get(TOTALS.name, b"a") == TOTALS.encode(Total(1))
