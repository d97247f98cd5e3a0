"""A task handles each record once, wholly or not at all, in the order of its partition and the time of its input."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from fleet_app.errors import EngineError
from fleet_app.stream.declarations import PlainRecord, UnknownVersionError
from fleet_app.stream.engine import task as task_module
from fleet_app.stream.engine.dead_letters import IN_A_ROW, DeadLetterLimit, DeadLetterLimitError
from fleet_app.stream.engine.ports import Fetched, Log, LogEnd, Meta, StoreMark, TableChanges
from fleet_app.stream.engine.task import SourceHoleError, Task
from tests.stream.engine.counting import (
    AGENTS,
    COPIES,
    COUNT_WORDS,
    DEAD,
    INITIALS,
    SEEN,
    TOTALS,
    Copy,
    Dead,
    Total,
    partition_of,
)
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeBatch
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import no_views

pytestmark = pytest.mark.anyio

LINES = Log("lines", 0)
EPOCH = 7
START_MS = 1_000
META = Meta({}, 0)


def batch(base_offset: int, *words: str, order: str = "", at_ms: int = START_MS) -> FakeBatch:
    """Return a batch of words, all received at the same time."""
    records = tuple(
        PlainRecord(offset, at_ms, word.encode(), order.encode()) for offset, word in enumerate(words, base_offset)
    )
    return FakeBatch(base_offset, base_offset + len(words), records)


def fetched(*batches: FakeBatch, start: int | None = None, end: int | None = None, epoch: int = EPOCH) -> Fetched:
    """Return a fetch of these batches."""
    first = batches[0].base_offset if start is None else start
    last = batches[-1].next_offset if end is None else end
    return Fetched(LINES, first, last, batches, epoch)


async def new_task(clock: FakeClock, *, at: int = 0) -> Task:
    """Return a task that runs, both of its sources at an offset."""
    task = Task(0, AGENTS, FakeStores().open(0), clock, no_views)
    task.store.settle(META)
    await start(task, at=at)
    return task


async def start(task: Task, *, at: int = 0, epoch: int = EPOCH, time_ms: int = 0) -> None:
    await task.prepare(partition_of, DeadLetterLimit(0))
    task.start(positions={"lines": at, "copies": 0}, time_ms=time_ms, epoch=epoch)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def task(clock: FakeClock) -> Task:
    return await new_task(clock)


def seen(task: Task, *words: str) -> list[int]:
    """Return how often each word was counted."""
    values = [task.states[TOTALS.name].peek(word) for word in words]
    return [0 if value is None else value.seen for value in values]


def sent(task: Task) -> list[Copy]:
    """Return what is to be sent to `copies`."""
    records = [each for log, records in task.cut().parcel.appended.items() if log.topic == "copies" for each in records]
    return sorted((msgspec.json.decode(each.value or b"", type=Copy) for each in records), key=lambda copy: copy.cause)


def buried(task: Task) -> list[Dead]:
    """Return the dead letters that are to be sent."""
    appended = task.cut().parcel.appended
    return [
        msgspec.json.decode(each.value or b"", type=Dead)
        for log, records in appended.items()
        if log.topic == DEAD.name
        for each in records
    ]


def land(task: Task) -> None:
    """Let a commit happen."""
    cut = task.cut()
    for name, (changed, _) in cut.tables.items():
        table = task.states[name].table
        values = [(table.keys.encode(key), None if value is None else table.encode(value)) for key, value in changed]
        task.store.write({name: TableChanges(values)}, META)
        task.states[name].landed(0, b"", 0)
    task.landed()


async def test_every_record_is_handled_once_in_order(task: Task) -> None:
    await task.apply(fetched(batch(0, "a", "b", "a"), batch(3, "a")))

    assert (seen(task, "a", "b"), task.positions["lines"]) == ([3, 1], 4)


async def test_state_position_and_output_of_a_record_are_cut_together(task: Task) -> None:
    await task.apply(fetched(batch(0, "a")))
    cut = task.cut()

    assert (cut.positions, cut.tables[TOTALS.name], cut.tables[SEEN.name], cut.time_ms) == (
        {"lines": 1, "copies": 0},
        ([("a", Total(1))], []),
        ([(("a", 1), Total(1))], []),
        START_MS,
    )
    assert {log.topic for log in cut.parcel.appended} == {"copies"}


async def test_a_batch_that_begins_before_the_position_is_handled_from_there_on(clock: FakeClock) -> None:
    task = await new_task(clock, at=2)
    await task.apply(fetched(batch(0, "a", "b", "c", "d"), start=2))

    assert seen(task, "a", "b", "c", "d") == [0, 0, 1, 1]


async def test_a_batch_that_was_handled_before_is_passed_over(clock: FakeClock) -> None:
    task = await new_task(clock, at=2)
    await task.apply(fetched(batch(0, "a", "b"), batch(2, "c"), start=0))

    assert (seen(task, "a", "b", "c"), task.positions["lines"]) == ([0, 0, 1], 3)


async def test_offsets_that_compaction_or_an_abort_left_out_are_no_hole(task: Task) -> None:
    await task.apply(fetched(batch(3, "a"), batch(9, "b"), start=0, end=15))

    assert (seen(task, "a", "b"), task.positions["lines"]) == ([1, 1], 15)


async def test_a_fetch_without_records_moves_the_position_on_and_is_no_reason_to_commit(task: Task) -> None:
    await task.apply(Fetched(LINES, 0, 5, (), EPOCH))

    assert (task.positions["lines"], task.has_changes()) == (5, False)


@pytest.mark.parametrize(("start", "end"), [(3, 5), (0, 2)])
async def test_a_hole_before_or_a_repetition_of_what_was_handled_stops_the_worker(
    clock: FakeClock, start: int, end: int
) -> None:
    task = await new_task(clock, at=2)

    with pytest.raises(SourceHoleError) as stopped:
        await task.apply(Fetched(LINES, start, end, (), EPOCH))

    assert str(stopped.value) == (f"lines partition 0: the task stands at offset 2, and was handed {start} to {end}")


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
async def test_a_batch_of_another_assignment_is_dropped(task: Task, epoch: int) -> None:
    await task.apply(fetched(batch(0, "a"), epoch=epoch))

    assert (seen(task, "a"), task.positions["lines"]) == ([0], 0)


async def test_a_suspended_task_takes_nothing(task: Task) -> None:
    task.suspend()
    await task.apply(fetched(batch(0, "a")))

    assert (seen(task, "a"), task.positions["lines"]) == ([0], 0)


async def test_suspended_in_the_middle_of_a_batch_the_position_is_exact(task: Task) -> None:
    words = ["a"] * 1_700
    applying = asyncio.create_task(task.apply(fetched(batch(0, *words), batch(1_700, "b"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.suspend()
    await applying
    (handled,) = seen(task, "a")

    assert 0 < handled < 1_700
    assert (task.positions["lines"], seen(task, "b")) == (handled, [0])


async def test_restarted_in_the_middle_of_a_batch_the_old_batch_ends(task: Task) -> None:
    applying = asyncio.create_task(task.apply(fetched(batch(0, *["a"] * 1_700))))
    await asyncio.sleep(0)
    task.suspend()
    task.discard()
    await start(task, at=0, epoch=EPOCH + 1)
    await applying

    assert (seen(task, "a"), task.positions["lines"]) == ([0], 0)


async def test_handling_gives_way_to_other_work(task: Task) -> None:
    applying = asyncio.create_task(task.apply(fetched(batch(0, *["a"] * 1_700))))
    await asyncio.sleep(0)

    assert not applying.done()
    await applying


# --- poison


async def test_what_a_failed_record_has_done_is_undone_and_the_record_is_a_dead_letter(task: Task) -> None:
    await task.apply(fetched(batch(0, "a")))
    land(task)
    await task.apply(fetched(batch(1, "a", order="poison"), batch(2, "new", order="poison")))

    assert (seen(task, "a", "new"), task.positions["lines"]) == ([1, 0], 3)
    cut = task.cut()
    assert [records for name in (SEEN.name, INITIALS.name) for records in cut.tables[name][0]] == []
    assert cut.tables[TOTALS.name] in [([("a", Total(1))], []), ([], [])]
    assert cut.parcel.latest in [{}, {"newest": {}}]
    assert {log.topic for log in cut.parcel.appended} == {DEAD.name}


async def test_records_after_a_failed_one_are_handled(task: Task) -> None:
    await task.apply(fetched(batch(0, "a", order="poison"), batch(1, "a", "b")))

    assert [copy.word for copy in sent(task)] == ["a", "b"]


async def test_a_dead_letter_says_where_the_bug_is(task: Task) -> None:
    await task.apply(fetched(batch(0, "a", order="poison")))
    (dead,) = buried(task)

    assert (dead.topic, dead.offset) == ("lines", 0)
    assert dead.detail.startswith("PoisonedError: a, at handle line ")


async def test_a_dead_letter_of_an_unreadable_record_is_a_sentence(
    task: Task, caplog: pytest.LogCaptureFixture
) -> None:
    await task.apply(fetched(batch(0, "a", order="garbage")))

    assert buried(task) == [Dead("lines", 0, "it cannot be read")]
    assert caplog.messages == []


async def test_a_failure_that_is_for_the_operator_stops_the_worker(task: Task) -> None:
    with pytest.raises(EngineError):
        await task.apply(fetched(batch(0, "a", order="fatal")))


async def test_a_value_of_a_newer_release_stops_the_worker(task: Task) -> None:
    task.store.write({TOTALS.name: TableChanges([(b"a", b"\x02\x91\x01")])}, META)

    with pytest.raises(UnknownVersionError):
        await task.apply(fetched(batch(0, "a")))


async def test_too_many_failed_records_stop_the_worker(task: Task) -> None:
    with pytest.raises(DeadLetterLimitError):
        await task.apply(fetched(batch(0, *["a"] * IN_A_ROW, order="garbage")))


async def test_a_key_that_cannot_be_stored_is_a_dead_letter(task: Task) -> None:
    await task.apply(fetched(batch(0, "\0positions")))

    assert [dead.offset for dead in buried(task)] == [0]


# --- time


def arm(base_offset: int, word: str, due_ms: int, *, at_ms: int = START_MS) -> FakeBatch:
    return batch(base_offset, word, order=f"arm {due_ms}", at_ms=at_ms)


def gone_off(copies: Sequence[Copy]) -> list[tuple[str, int]]:
    return [(copy.word, copy.seen) for copy in copies if copy.cause == "timer"]


async def test_a_timer_goes_off_before_a_later_record_is_handled(task: Task) -> None:
    await task.apply(fetched(arm(0, "a", 1_500), batch(1, "b", at_ms=1_499)))
    before = gone_off(sent(task))
    await task.apply(fetched(batch(2, "b", at_ms=1_500)))

    assert (before, gone_off(sent(task))) == ([], [("a", 1_500)])


async def test_a_timer_goes_off_once(task: Task) -> None:
    await task.apply(fetched(arm(0, "a", 1_500), batch(1, "b", at_ms=2_000), batch(2, "b", at_ms=3_000)))

    assert gone_off(sent(task)) == [("a", 2_000)]


async def test_a_timer_goes_off_while_the_task_waits_at_the_end_of_its_input(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(arm(0, "a", 1_500)))
    await clock.advance(0.499)
    task.tick({"lines": LogEnd(1, 0.499), "copies": LogEnd(0, 0.499)}, 0.499)
    before = gone_off(sent(task))
    await clock.advance(0.001)
    task.tick({"lines": LogEnd(1, 0.5), "copies": LogEnd(0, 0.5)}, 0.5)

    assert (before, gone_off(sent(task))) == ([], [("a", 1_500)])


@pytest.mark.parametrize(
    "ends",
    [
        {"lines": LogEnd(2, 1.0), "copies": LogEnd(0, 1.0)},
        {"lines": LogEnd(1, 1.0), "copies": LogEnd(1, 1.0)},
        {"lines": LogEnd(1, 1.0), "copies": None},
        {"lines": LogEnd(1, 1.0), "copies": LogEnd(0, -1.01)},
    ],
    ids=["its own source has more", "another has more", "an end is not known", "Kafka is silent"],
)
async def test_no_time_passes_unless_the_task_is_known_to_stand_at_the_end_of_all_its_sources(
    task: Task, clock: FakeClock, ends: dict[str, LogEnd | None]
) -> None:
    await task.apply(fetched(arm(0, "a", 1_500)))
    await clock.advance(1.0)
    task.tick(ends, 1.0)

    assert (gone_off(sent(task)), task.time.now_ms) == ([], START_MS)


async def test_a_timer_that_went_off_at_the_end_of_the_input_is_a_reason_to_commit(
    task: Task, clock: FakeClock
) -> None:
    await task.apply(fetched(arm(0, "a", 1_500)))
    land(task)
    await clock.advance(1.0)
    before = task.has_changes()
    task.tick({"lines": LogEnd(1, 1.0), "copies": LogEnd(0, 1.0)}, 1.0)

    assert (before, task.has_changes()) == (False, True)


async def test_a_suspended_task_has_no_time(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(arm(0, "a", 1_500)))
    task.suspend()
    await clock.advance(1.0)
    task.tick({"lines": LogEnd(1, 1.0), "copies": LogEnd(0, 1.0)}, 1.0)

    assert gone_off(sent(task)) == []


async def test_a_timer_that_fails_is_gone_its_doings_undone_and_its_failure_a_dead_letter(task: Task) -> None:
    await task.apply(fetched(arm(0, "bomb", 1_500), arm(1, "a", 1_600), batch(2, "b", at_ms=2_000)))
    cut = task.cut()
    keys = sorted((log.topic, each.key) for log, records in cut.parcel.appended.items() for each in records)

    assert sorted(cut.tables["quiet"][0], key=str) == [("a", None), ("bomb", None)]
    assert keys == [("copies", b"a"), ("copies", b"b"), ("dead", b"lines")]


async def test_timers_and_time_go_on_where_they_were_saved(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(arm(0, "a", 1_500)))
    land(task)
    task.discard()
    await start(task, at=1, time_ms=1_400)
    await clock.advance(0.1)
    task.tick({"lines": LogEnd(1, 0.1), "copies": LogEnd(0, 0.1)}, 0.1)

    assert gone_off(sent(task)) == [("a", 1_500)]


# --- backpressure


async def test_a_task_with_too_much_in_waiting_stops_reading_until_it_has_landed(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "MOST_WAITING_BYTES", 500)
    applying = asyncio.create_task(task.apply(fetched(batch(0, "a"), batch(1, "b"))))
    await turn()
    before = (applying.done(), seen(task, "a", "b"))
    land(task)
    await applying

    assert (before, seen(task, "a", "b")) == ((False, [1, 0]), [1, 1])


async def test_a_task_whose_last_commit_is_too_old_stops_reading_until_the_next(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(batch(0, "a")))
    await clock.advance(5.0)
    await task.apply(fetched(batch(1, "b")))
    await clock.advance(0.1)
    applying = asyncio.create_task(task.apply(fetched(batch(2, "c"))))
    await turn()
    before = (applying.done(), seen(task, "b", "c"))
    land(task)
    await applying

    assert (before, seen(task, "c")) == ((False, [1, 0]), [1])


async def test_a_task_that_waits_for_room_lets_go_when_it_is_suspended(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(batch(0, "a")))
    await clock.advance(6.0)
    applying = asyncio.create_task(task.apply(fetched(batch(1, "b"))))
    await turn()
    task.suspend()
    await applying

    assert (seen(task, "b"), task.positions["lines"]) == ([0], 1)


async def test_an_idle_task_is_not_held_back_however_long_it_had_nothing_to_do(task: Task, clock: FakeClock) -> None:
    await task.apply(fetched(batch(0, "a")))
    land(task)
    await clock.advance(3_600)
    await task.apply(fetched(batch(1, "a")))

    assert seen(task, "a") == [2]


# --- letting go


async def test_what_was_not_committed_is_forgotten(task: Task) -> None:
    await task.apply(fetched(batch(0, "a")))
    land(task)
    await task.apply(fetched(batch(1, "a", "b")))
    task.discard()
    await start(task, at=1)

    assert (seen(task, "a", "b"), task.cut().parcel.appended) == ([1, 0], {})


async def test_what_was_cut_and_never_landed_is_forgotten_too(task: Task) -> None:
    await task.apply(fetched(batch(0, "a")))
    task.cut()
    task.discard()

    assert seen(task, "a") == [0]


async def test_what_the_store_says_of_tables_of_another_release_does_not_matter(clock: FakeClock) -> None:
    task = Task(0, [COUNT_WORDS], FakeStores().open(0), clock, no_views)
    task.take_marks(Meta({"totals": StoreMark("here", 7, b"marker"), "gone": StoreMark("here", 9, None)}, 0))
    totals, rows = task.states[TOTALS.name], task.states[SEEN.name]

    assert (totals.next_offset, totals.marker, rows.next_offset) == (7, b"marker", None)


async def test_a_task_reads_its_partition_of_every_source(task: Task) -> None:
    assert task.source_logs() == [LINES, Log(COPIES.name, 0)]
