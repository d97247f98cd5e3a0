"""What a changelog says is written to the store once, in order, wherever reading begins, and holes are noticed."""

from collections.abc import Mapping

import msgspec
import pytest

from fleet_app.stream.declarations import Agent, PlainRecord, UnknownVersionError
from fleet_app.stream.engine.catch_up import (
    TOMBSTONES_KEPT_MS,
    CatchUp,
    ChangelogHoleError,
    why_outdated,
    why_unusable,
)
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.engine.ports import Bounds, Fetched, Log, Meta, StoreMark
from fleet_app.stream.engine.task import Task
from fleet_app.stream.keys import ROWS
from fleet_app.stream.reads import RestoreProgress
from tests.stream.engine.counting import COUNT_WORDS, QUIET, SEEN, TOTALS, Total
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.fake_kafka import FakeBatch
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import no_views

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
CHANGELOGS = {table.name: f"app-{table.name}-changelog" for table in (TOTALS, SEEN, QUIET)}
LAYOUT = Layout(CHANGELOGS, dict.fromkeys(CHANGELOGS, "here"), {})
LOGS = {name: Log(topic, 0) for name, topic in CHANGELOGS.items()}
KEPT_ROWS = msgspec.structs.replace(SEEN, retention_s=100)
KEEPS_ROWS_A_WHILE: Agent = msgspec.structs.replace(COUNT_WORDS, owns=(TOTALS, KEPT_ROWS, QUIET))


def new_task(agent: Agent = COUNT_WORDS) -> Task:
    return Task(0, [agent], FakeStores().open(0), FakeClock(), no_views)


def catch_up(task: Task, **bounds: Bounds) -> CatchUp:
    """Return a catching up to the given bounds; changelogs not named are empty."""
    return CatchUp(task, LAYOUT, {log: bounds.get(name, Bounds(0, 0)) for name, log in LOGS.items()})


def batch(base_offset: int, *changes: tuple[bytes, bytes | None]) -> FakeBatch:
    records = tuple(PlainRecord(offset, 0, key, value) for offset, (key, value) in enumerate(changes, base_offset))
    return FakeBatch(base_offset, base_offset + len(changes), records)


def take(
    catching_up: CatchUp, table: str, *batches: FakeBatch, start: int | None = None, end: int | None = None
) -> None:
    first = batches[0].base_offset if start is None else start
    last = batches[-1].next_offset if end is None else end
    list(catching_up.take(Fetched(LOGS[table], first, last, batches), NOW_MS))


def one(seen: int) -> bytes:
    return TOTALS.encode(Total(seen))


def test_values_and_deletions_are_written_in_order() -> None:
    task = new_task()
    take(
        catch_up(task, totals=Bounds(0, 4)),
        "totals",
        batch(0, (b"a", one(1)), (b"b", one(1))),
        batch(2, (b"a", one(2)), (b"b", None)),
    )

    assert task.store.scan("totals", b"", None, 9) == [(b"a", one(2))]


def test_markers_are_remembered_and_not_stored() -> None:
    task = new_task()
    catching_up = catch_up(task, totals=Bounds(0, 3))
    take(catching_up, "totals", batch(0, (b"a", one(1)), (MARKER_KEY, b"first"), (MARKER_KEY, b"second")))
    catching_up.settle(NOW_MS)

    assert task.store.scan("totals", b"", None, 9) == [(b"a", one(1))]
    assert task.store.meta() == Meta(
        {
            "totals": StoreMark("here", 3, b"second"),
            "seen": StoreMark("here", 0, None),
            "quiet": StoreMark("here", 0, None),
        },
        NOW_MS,
    )


def test_a_batch_that_begins_before_the_stores_offset_counts_from_there_on() -> None:
    task = new_task()
    task.take_marks(Meta({"totals": StoreMark("here", 1, None)}, 0))
    take(catch_up(task, totals=Bounds(0, 2)), "totals", batch(0, (b"a", one(1)), (b"b", one(1))), start=1)

    assert task.store.scan("totals", b"", None, 9) == [(b"b", one(1))]


def test_reading_begins_where_the_store_is_or_at_the_start_of_the_log() -> None:
    task = new_task()
    task.take_marks(Meta({"totals": StoreMark("here", 7, b"marker")}, 0))
    catching_up = catch_up(task, totals=Bounds(3, 9), seen=Bounds(4, 6))

    assert catching_up.positions() == {LOGS["totals"]: 7, LOGS["seen"]: 4, LOGS["quiet"]: 0}
    assert catching_up.progress() == RestoreProgress(done=0, total=4)


def test_it_is_done_when_every_changelog_is_read_to_its_end_which_need_not_hold_a_record() -> None:
    task = new_task()
    catching_up = catch_up(task, totals=Bounds(0, 2), seen=Bounds(0, 1))
    take(catching_up, "totals", batch(0, (b"a", one(1))), end=2)
    before = catching_up.is_done()
    take(catching_up, "seen", start=0, end=1)

    assert (before, catching_up.is_done(), catching_up.progress()) == (False, True, RestoreProgress(done=3, total=3))


@pytest.mark.parametrize("start", [0, 2])
def test_a_fetch_that_does_not_follow_on_the_store_is_a_hole(start: int) -> None:
    task = new_task()
    task.take_marks(Meta({"totals": StoreMark("here", 1, None)}, 0))

    with pytest.raises(ChangelogHoleError) as stopped:
        take(catch_up(task, totals=Bounds(0, 5)), "totals", start=start, end=5)

    assert str(stopped.value) == (
        f"app-totals-changelog partition 0: the store has it up to offset 1, and {start} was read next"
    )


def test_offsets_that_compaction_left_out_are_no_hole() -> None:
    task = new_task()
    take(catch_up(task, totals=Bounds(0, 9)), "totals", batch(3, (b"a", one(1))), batch(7, (b"b", one(1))), start=0)

    assert [key for key, _ in task.store.scan("totals", b"", None, 9)] == [b"a", b"b"]


def test_a_value_of_an_unknown_version_is_not_written() -> None:
    task = new_task()

    with pytest.raises(UnknownVersionError):
        take(catch_up(task, totals=Bounds(0, 1)), "totals", batch(0, (b"a", b"\x09\x91\x01")))

    assert task.store.scan("totals", b"", None, 9) == []


def test_what_was_in_memory_gives_way_to_what_the_changelog_says() -> None:
    task = new_task()
    take(catching_up := catch_up(task, totals=Bounds(0, 2)), "totals", batch(0, (b"a", one(1))))
    before = task.states["totals"].get("a")
    take(catching_up, "totals", batch(1, (b"a", one(2))))

    assert (before, task.states["totals"].get("a")) == (Total(1), Total(2))


# --- rows that expire


def row(number: int) -> bytes:
    return ROWS.encode(("a", number))


def rows_of(task: Task) -> dict[int, int]:
    return {ROWS.decode(key)[1]: SEEN.decode(value).seen for key, value in task.store.scan("seen", b"", None, 99)}


def test_rows_that_have_expired_are_not_written() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    catching_up = catch_up(task, seen=Bounds(0, 4))
    take(catching_up, "seen", batch(0, (row(200_000), one(1)), (row(99_999), one(1)), (row(100_000), one(1))))

    assert rows_of(task) == {200_000: 1, 100_000: 1}


def test_rows_expire_by_the_newest_of_their_own_text() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    changes = (ROWS.encode(("b", 900_000)), one(1)), (row(5), one(1))
    take(catch_up(task, seen=Bounds(0, 2)), "seen", batch(0, *changes))

    assert rows_of(task) == {5: 1, 900_000: 1}


@pytest.mark.parametrize("newer", [None, one(2)])
def test_a_row_that_was_written_before_it_expired_is_not_left_as_it_was(newer: bytes | None) -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    catching_up = catch_up(task, seen=Bounds(0, 3))
    take(catching_up, "seen", batch(0, (row(5), one(1))))
    take(catching_up, "seen", batch(1, (row(200_000), one(1)), (row(5), newer)))

    assert rows_of(task) == {200_000: 1}


def test_what_had_expired_of_a_forgotten_text_goes_with_it() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    catching_up = catch_up(task, seen=Bounds(0, 6))
    # Row 5 had expired where it was written; it has no tombstone.
    take(catching_up, "seen", batch(0, (row(5), one(1)), (ROWS.encode(("b", 5)), one(2))))
    take(catching_up, "seen", batch(2, (row(150_000), one(1)), (row(200_000), one(1))))
    take(catching_up, "seen", batch(4, (row(150_000), None), (row(200_000), None)))

    assert rows_of(task) == {5: 2}


def test_a_text_is_known_to_be_forgotten_by_who_reads_on_in_the_middle() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    take(
        catch_up(task, seen=Bounds(0, 3)), "seen", batch(0, (row(5), one(1)), (row(99), one(1)), (row(150_000), one(1)))
    )
    take(catch_up(task, seen=Bounds(0, 4)), "seen", batch(3, (row(150_000), None)))

    assert rows_of(task) == {}


def test_rows_of_a_text_that_was_forgotten_count_anew() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    take(
        catch_up(task, seen=Bounds(0, 3)),
        "seen",
        batch(0, (row(900_000), one(1)), (row(900_000), None), (row(7), one(1))),
    )

    assert rows_of(task) == {7: 1}


def test_a_row_that_is_deleted_in_the_middle_takes_none_with_it() -> None:
    task = new_task(KEEPS_ROWS_A_WHILE)
    changes = (row(1), one(1)), (row(200), one(1)), (row(90_000), one(1)), (row(200), None)
    take(catch_up(task, seen=Bounds(0, 4)), "seen", batch(0, *changes))

    assert rows_of(task) == {1: 1, 90_000: 1}


# --- where a store cannot be used


def test_a_store_between_start_and_end_of_its_changelogs_is_usable() -> None:
    task = new_task()
    task.take_marks(Meta({"totals": StoreMark("here", 3, None), "seen": StoreMark("here", 9, None)}, 0))

    assert why_unusable(task, LOGS, in_bounds(totals=Bounds(3, 9), seen=Bounds(3, 9))) is None


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (Bounds(0, 4), "it has app-totals-changelog up to offset 5, the log ends at 4"),
        (Bounds(6, 9), "it has app-totals-changelog up to offset 5, the log begins at 6"),
    ],
)
def test_a_store_outside_of_its_changelogs_is_not(bounds: Bounds, reason: str) -> None:
    task = new_task()
    task.take_marks(Meta({"totals": StoreMark("here", 5, None)}, 0))

    assert why_unusable(task, LOGS, in_bounds(totals=bounds)) == reason


def in_bounds(**bounds: Bounds) -> Mapping[Log, Bounds]:
    return {log: bounds.get(name, Bounds(0, 0)) for name, log in LOGS.items()}


@pytest.mark.parametrize(
    ("origin", "idle_ms", "reason"),
    [
        ("here", TOMBSTONES_KEPT_MS, None),
        ("here", -HOUR_MS, None),
        ("here", TOMBSTONES_KEPT_MS + 1, "it was written 168 h ago, and deletions are kept for 168 h"),
        ("there", 0, "it has totals of another cluster, or of a changelog that has been deleted and made anew since"),
    ],
)
def test_a_store_is_too_old_when_a_deletion_may_have_been_forgotten(
    origin: str, idle_ms: int, reason: str | None
) -> None:
    assert (
        why_outdated(Meta({"totals": StoreMark(origin, 7, None)}, NOW_MS - idle_ms), {"totals": "here"}, NOW_MS)
        == reason
    )
