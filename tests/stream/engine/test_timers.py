"""Timers go off in order of their due time, once, and only if they still stand."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.declarations import Due
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Meta, TableChanges
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.engine.timers import TaskTimers
from tests.stream.engine.counting import QUIET
from tests.stream.engine.fake_stores import FakeStore, FakeStores

META = Meta({}, 0)


def ignore(key: str, now_ms: int) -> None:
    """Do nothing when a timer goes off."""


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def store() -> FakeStore:
    store = FakeStores().open(0)
    store.settle(META)
    return store


@pytest.fixture
def state(store: FakeStore, journal: Journal) -> TableState[str, Due]:
    return TableState(QUIET, store, journal)


@pytest.fixture
def timers(state: TableState[str, Due]) -> TaskTimers:
    return TaskTimers(state, ignore)


def take_all(timers: TaskTimers, now_ms: int) -> list[str]:
    taken = []
    while (key := timers.take_due(now_ms)) is not None:
        taken.append(key)
    return taken


def test_timers_go_off_in_order_of_their_due_time(timers: TaskTimers) -> None:
    timers.arm("late", 300)
    timers.arm("early", 100)
    timers.arm("between", 200)

    assert take_all(timers, 1_000) == ["early", "between", "late"]


def test_a_timer_goes_off_when_it_is_due_and_not_before(timers: TaskTimers) -> None:
    timers.arm("a", 100)

    assert (take_all(timers, 99), take_all(timers, 100)) == ([], ["a"])


def test_a_timer_goes_off_once(timers: TaskTimers) -> None:
    timers.arm("a", 100)
    take_all(timers, 100)

    assert take_all(timers, 100) == []


def test_a_timer_armed_in_the_moment_it_goes_off_does_not_go_off_again_in_it(timers: TaskTimers) -> None:
    timers.arm("a", 100)
    take_all(timers, 100)
    timers.arm("a", 50)

    assert (take_all(timers, 100), take_all(timers, 101)) == ([], ["a"])


def test_a_timer_that_is_due_earlier_stays(timers: TaskTimers) -> None:
    timers.arm("a", 100)
    timers.arm("a", 200)

    assert take_all(timers, 100) == ["a"]
    assert take_all(timers, 200) == []


def test_a_timer_can_be_brought_forward(timers: TaskTimers) -> None:
    timers.arm("a", 200)
    timers.arm("a", 100)

    assert take_all(timers, 100) == ["a"]
    assert take_all(timers, 200) == []


def test_a_timer_that_came_too_early_is_armed_again(timers: TaskTimers) -> None:
    timers.arm("a", 100)
    take_all(timers, 100)
    timers.arm("a", 200)

    assert (take_all(timers, 199), take_all(timers, 200)) == ([], ["a"])


def test_a_disarmed_timer_does_not_go_off(timers: TaskTimers) -> None:
    timers.arm("a", 100)
    timers.disarm("a")

    assert take_all(timers, 100) == []


def test_arming_again_and_again_changes_nothing(timers: TaskTimers, state: TableState[str, Due]) -> None:
    timers.arm("a", 100)
    state.cut()
    for due_ms in range(100, 200):
        timers.arm("a", due_ms)

    assert state.cut() == ([], [])


def test_where_there_is_no_timer_there_is_nothing_to_disarm(
    timers: TaskTimers, state: TableState[str, Due], journal: Journal
) -> None:
    timers.disarm("a")

    assert (list(journal), state.cut()) == ([], ([], []))


def test_a_timer_that_was_undone_does_not_go_off(timers: TaskTimers, journal: Journal) -> None:
    timers.arm("a", 100)
    journal.undo()

    assert take_all(timers, 100) == []


def test_a_timer_whose_bringing_forward_was_undone_goes_off_when_it_was_due_before(
    timers: TaskTimers, journal: Journal
) -> None:
    timers.arm("a", 200)
    journal.clear()
    timers.arm("a", 100)
    journal.undo()

    assert (take_all(timers, 199), take_all(timers, 200)) == ([], ["a"])


def test_a_timer_armed_again_after_it_was_undone_goes_off_once(timers: TaskTimers, journal: Journal) -> None:
    timers.arm("a", 100)
    journal.undo()
    timers.arm("a", 100)

    assert take_all(timers, 100) == ["a"]


def test_timers_survive_in_the_store(timers: TaskTimers, state: TableState[str, Due], store: FakeStore) -> None:
    due = {f"word-{number}": Due(number) for number in range(5_000)}
    store.write({QUIET.name: TableChanges([(key.encode(), QUIET.encode(value)) for key, value in due.items()])}, META)
    asyncio.run(timers.load(store))

    assert take_all(timers, 5_000) == list(due)
    assert len(state.cut()[0]) == len(due)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans())),
    st.lists(st.integers(0, 9)).map(sorted),
)
def test_a_key_goes_off_at_the_earliest_time_it_was_armed_for(
    armed: list[tuple[str, int, bool]], times_ms: list[int]
) -> None:
    journal = Journal()
    timers = TaskTimers(TableState(QUIET, FakeStores().open(0), journal), ignore)
    due: dict[str, int] = {}
    for key, due_ms, stays in armed:
        journal.clear()
        timers.arm(key, due_ms)
        (journal.clear if stays else journal.undo)()
        due.update({key: min(due_ms, due.get(key, due_ms))} if stays else {})

    for now_ms in times_ms:
        expected = sorted((due_ms, key) for key, due_ms in due.items() if due_ms <= now_ms)
        assert take_all(timers, now_ms) == [key for _, key in expected]
        due = {key: due_ms for key, due_ms in due.items() if due_ms > now_ms}
