"""Rows are read by range and forgotten by range, those not yet committed like those that are."""

import pytest

from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Meta, TableChanges
from fleet_app.stream.engine.row_state import RowState, state_of
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.keys import LOWEST, ROWS
from tests.stream.engine.counting import SEEN, TOTALS, Total
from tests.stream.engine.fake_stores import FakeStore, FakeStores

META = Meta({}, 0)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def store() -> FakeStore:
    return FakeStores().open(0)


@pytest.fixture
def seen(store: FakeStore, journal: Journal) -> RowState[Total]:
    return RowState(SEEN, store, journal)


def test_expiring_can_be_undone(seen: RowState[Total], journal: Journal) -> None:
    seen.expire("a", 5)
    journal.undo()

    assert seen.cut() == ([], [])


def test_expiring_is_handed_over_with_the_commit(seen: RowState[Total]) -> None:
    seen.expire("a", 5)

    assert (seen.cut(), seen.cut()) == (([], [("a", 5)]), ([], []))


def test_rows_are_read_in_order_the_uncommitted_over_the_stored(seen: RowState[Total], store: FakeStore) -> None:
    numbers = [LOWEST, -1, 3, 5, 7, 9]
    entries = [(ROWS.encode((text, number)), SEEN.encode(Total(number))) for text in "ab" for number in numbers]
    store.write({SEEN.name: TableChanges(entries)}, META)
    seen["a", 5] = Total(50)
    del seen["a", 7]
    seen.cut()
    seen["a", 6] = Total(60)
    seen["a", 10] = Total(100)
    del seen["a", 3]

    assert seen.rows("a", -1, 10) == [(-1, Total(-1)), (5, Total(50)), (6, Total(60)), (9, Total(9))]


@pytest.mark.parametrize(("start", "stop"), [(5, 5), (7, 3)])
def test_a_range_without_numbers_has_no_rows(seen: RowState[Total], start: int, stop: int) -> None:
    seen["a", 5] = Total(5)

    assert seen.rows("a", start, stop) == []


def test_a_row_undone_is_not_read(seen: RowState[Total], journal: Journal) -> None:
    seen["a", 1] = Total(1)
    journal.clear()
    seen["a", 2] = Total(2)
    seen["a", 1] = Total(9)
    journal.undo()

    assert seen.rows("a", 0, 9) == [(1, Total(1))]


def test_a_row_is_read_while_it_is_committed_and_after(seen: RowState[Total], store: FakeStore) -> None:
    seen["a", 1] = Total(1)
    seen.cut()
    during = seen.rows("a", 0, 9)
    store.write({SEEN.name: TableChanges([(ROWS.encode(("a", 1)), SEEN.encode(Total(1)))])}, META)
    seen.landed(7, b"marker", 10)
    seen["a", 2] = Total(2)

    assert (during, seen.rows("a", 0, 9)) == ([(1, Total(1))], [(1, Total(1)), (2, Total(2))])


def test_rows_discarded_are_those_of_the_store(seen: RowState[Total]) -> None:
    seen["a", 1] = Total(1)
    seen.expire("a", 1)
    seen.discard()

    assert (seen.rows("a", 0, 9), seen.cut()) == ([], ([], []))


def test_a_table_is_kept_as_its_keys_ask_for(store: FakeStore, journal: Journal) -> None:
    assert type(state_of(SEEN, store, journal)) is RowState
    assert type(state_of(TOTALS, store, journal)) is TableState
