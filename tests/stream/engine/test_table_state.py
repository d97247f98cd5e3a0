"""A table in a task behaves as a dict does, through undoing, committing and forgetting."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fleet_app.stream.declarations import Table
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Meta, TableChanges
from fleet_app.stream.engine.row_state import RowState
from fleet_app.stream.engine.table_state import TableState
from tests.stream.engine.counting import SEEN, TOTALS, Total
from tests.stream.engine.fake_stores import FakeStore, FakeStores

META = Meta({}, 0)
Cut = tuple[list[tuple[str, Total | None]], list[tuple[str, int]]]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def store() -> FakeStore:
    return FakeStores().open(0)


@pytest.fixture
def totals(store: FakeStore, journal: Journal) -> TableState[str, Total]:
    """Return a table that keeps two values in memory."""
    return TableState(TOTALS, store, journal)


@pytest.fixture
def seen(store: FakeStore, journal: Journal) -> RowState[Total]:
    return RowState(SEEN, store, journal)


Write = Callable[[TableState[str, Total], Cut], None]


@pytest.fixture
def land(store: FakeStore) -> Write:
    """Return what writes a cut into the store, as the last step of a commit does."""

    def write(state: TableState[str, Total], cut: Cut) -> None:
        land_in(store, state, cut)

    return write


def land_in(store: FakeStore, state: TableState[str, Total], cut: Cut) -> None:
    encoded = [(key.encode(), None if value is None else TOTALS.encode(value)) for key, value in cut[0]]
    store.write({TOTALS.name: TableChanges(encoded)}, META)
    state.landed(7, b"marker", sum(len(value or b"") for _, value in encoded))


def stored(store: FakeStore, table: Table[str, Total], *keys: str) -> list[bool]:
    return [store.get(table.name, key.encode()) is not None for key in keys]


def test_a_value_put_is_seen_before_it_is_committed(totals: TableState[str, Total]) -> None:
    totals["a"] = Total(1)

    assert (totals.get("a"), totals.peek("a"), totals.get("b"), totals.peek("b")) == (Total(1), Total(1), None, None)


def test_a_value_committed_is_read_back_from_the_store(totals: TableState[str, Total], land: Write) -> None:
    totals["a"] = Total(1)
    land(totals, totals.cut())
    totals.discard()

    assert (totals.peek("a"), totals.get("a")) == (Total(1), Total(1))


def test_a_key_changed_often_is_handed_over_once(totals: TableState[str, Total]) -> None:
    for number in range(1_000):
        totals["a"] = Total(number)

    assert totals.cut() == ([("a", Total(999))], [])


def test_a_deleted_key_is_gone_at_once_and_a_tombstone_in_the_commit(
    totals: TableState[str, Total], store: FakeStore, land: Write
) -> None:
    totals["a"] = Total(1)
    land(totals, totals.cut())
    del totals["a"]
    before = totals.get("a")
    cut = totals.cut()
    land(totals, cut)

    assert (before, cut, totals.get("a"), stored(store, TOTALS, "a")) == (None, ([("a", None)], []), None, [False])


def test_a_key_deleted_and_put_again_while_its_deletion_is_committed_stays(
    totals: TableState[str, Total], land: Write
) -> None:
    del totals["a"]
    cut = totals.cut()
    totals["a"] = Total(2)
    land(totals, cut)

    assert (totals.get("a"), totals.cut()) == (Total(2), ([("a", Total(2))], []))


def test_what_is_put_during_a_commit_belongs_to_the_next(totals: TableState[str, Total], land: Write) -> None:
    totals["a"] = Total(1)
    first = totals.cut()
    totals["a"] = Total(2)
    land(totals, first)

    assert (first, totals.cut()) == (([("a", Total(1))], []), ([("a", Total(2))], []))


def test_a_change_undone_was_never_made(totals: TableState[str, Total], journal: Journal) -> None:
    totals["a"] = Total(1)
    del totals["b"]
    journal.undo()

    assert (totals.get("a"), totals.cut()) == (None, ([], []))


def test_of_a_key_changed_before_the_earlier_change_stays_when_the_later_is_undone(
    totals: TableState[str, Total], journal: Journal
) -> None:
    totals["a"] = Total(1)
    journal.clear()
    totals["a"] = Total(2)
    del totals["a"]
    journal.undo()

    assert totals.cut() == ([("a", Total(1))], [])


def test_a_change_undone_during_a_commit_leaves_what_is_committed(
    totals: TableState[str, Total], journal: Journal, land: Write
) -> None:
    totals["a"] = Total(1)
    journal.clear()
    cut = totals.cut()
    totals["a"] = Total(2)
    journal.undo()
    land(totals, cut)
    land(totals, totals.cut())
    totals.discard()

    assert totals.get("a") == Total(1)


def test_memory_keeps_as_many_values_as_declared_beside_those_not_committed(
    totals: TableState[str, Total], land: Write, store: FakeStore
) -> None:
    for key in "abcd":
        totals[key] = Total(1)
    cut = totals.cut()
    totals["e"] = Total(1)
    land(totals, cut)
    store.write({TOTALS.name: TableChanges([(key.encode(), TOTALS.encode(Total(2))) for key in "abcde"])}, META)

    assert [totals.get(key) for key in "abcde"] == [Total(2), Total(2), Total(2), Total(1), Total(1)]


def test_what_a_commit_under_way_takes_along_stays_in_memory(totals: TableState[str, Total]) -> None:
    for key in "abcd":
        totals[key] = Total(1)
    totals.cut()

    assert [totals.get(key) for key in "abcd"] == [Total(1)] * 4


def test_reading_for_others_does_not_fill_the_memory(
    totals: TableState[str, Total], store: FakeStore, land: Write
) -> None:
    totals["a"] = Total(1)
    land(totals, totals.cut())
    totals.discard()
    totals.peek("a")
    store.write({TOTALS.name: TableChanges([(b"a", TOTALS.encode(Total(2)))])}, META)

    assert totals.get("a") == Total(2)


def test_keys_that_a_changelog_has_changed_are_read_again(totals: TableState[str, Total], store: FakeStore) -> None:
    store.write({TOTALS.name: TableChanges([(key, TOTALS.encode(Total(1))) for key in (b"a", b"b")])}, META)
    before = [totals.get("a"), totals.get("b")]
    store.write({TOTALS.name: TableChanges([(key, TOTALS.encode(Total(2))) for key in (b"a", b"b")])}, META)
    totals.forget(iter([b"a", b"never in memory"]))

    assert (before, [totals.get("a"), totals.get("b")]) == ([Total(1), Total(1)], [Total(2), Total(1)])


def test_forgetting_everything_forgets_what_was_not_committed(totals: TableState[str, Total]) -> None:
    totals["a"] = Total(1)
    totals.cut()
    totals["b"] = Total(1)
    totals.discard()

    assert (totals.get("a"), totals.get("b"), totals.cut(), totals.waiting_bytes()) == (None, None, ([], []), 0)


def test_a_commit_says_how_far_the_changelog_is_in_the_store(totals: TableState[str, Total]) -> None:
    totals.cut()
    totals.landed(7, b"marker", 0)

    assert (totals.next_offset, totals.marker) == (7, b"marker")


def test_what_waits_is_weighed_by_what_was_committed_before(totals: TableState[str, Total]) -> None:
    for key in "abcd":
        totals[key] = Total(1)
    totals.cut()
    totals.landed(7, b"marker", 4_000)
    totals["a"] = Total(2)
    in_table = totals.waiting_bytes()
    totals.cut()

    assert (in_table, totals.waiting_bytes()) == (1_100, 1_100)


def test_a_key_that_cannot_be_stored_is_refused_when_it_is_put_and_not_when_it_is_committed(
    seen: RowState[Total], totals: TableState[str, Total]
) -> None:
    with pytest.raises(ValueError, match="zero byte"):
        seen["a\0b", 1] = Total(1)
    with pytest.raises(ValueError, match="zero byte"):
        del totals["\0positions"]
    with pytest.raises(ValueError, match="zero byte"):
        seen.expire("a\0b", 1)

    assert (seen.cut(), totals.cut()) == (([], []), ([], []))


KEYS = st.sampled_from("abcdef")


class TableLikeADict(RuleBasedStateMachine):
    """Records put and delete, and are kept or undone; commits are cut and land, while the next one is prepared."""

    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStores().open(0)
        self.journal = Journal()
        self.table = TableState(TOTALS, self.store, self.journal)
        self.expected: dict[str, Total] = {}
        self.before: dict[str, Total] = {}
        self.cut: Cut | None = None
        self.at_cut: dict[str, Total] = {}

    @rule(key=KEYS, seen=st.integers(0, 9))
    def put(self, key: str, seen: int) -> None:
        self.table[key] = self.expected[key] = Total(seen)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        del self.table[key]
        self.expected.pop(key, None)

    @rule(key=KEYS)
    def read(self, key: str) -> None:
        assert self.table.get(key) == self.expected.get(key)

    @rule()
    def keep(self) -> None:
        self.journal.clear()
        self.before = dict(self.expected)

    @rule()
    def undo(self) -> None:
        self.journal.undo()
        self.expected = dict(self.before)

    @precondition(lambda self: self.cut is None)
    @rule()
    def begin_commit(self) -> None:
        self.keep()
        self.cut, self.at_cut = self.table.cut(), dict(self.expected)

    @precondition(lambda self: self.cut is not None)
    @rule()
    def end_commit(self) -> None:
        assert self.cut is not None
        land_in(self.store, self.table, self.cut)
        self.cut = None
        entries = self.store.scan(TOTALS.name, b"", None, 100)
        assert {key.decode(): TOTALS.decode(value) for key, value in entries} == self.at_cut

    @invariant()
    def holds_what_a_dict_would(self) -> None:
        assert {key: self.table.peek(key) for key in "abcdef"} == {key: self.expected.get(key) for key in "abcdef"}


TestTableLikeADict = TableLikeADict.TestCase
TestTableLikeADict.settings = settings(max_examples=100, stateful_step_count=40)
