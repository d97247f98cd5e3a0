"""Rows of a vehicle, deleted one by one."""

from agents.keeping.rows import forget_rows
from tests.agents.fakes import FakeRows


def test_all_rows_of_a_vehicle_go_and_no_other() -> None:
    rows = FakeRows()
    for number in (-5, 0, 1 << 50):
        rows["van-1", number] = rows["van-2", number] = number
    forget_rows(rows, "van-1")

    assert dict(rows) == {("van-2", -5): -5, ("van-2", 0): 0, ("van-2", 1 << 50): 1 << 50}


def test_of_a_vehicle_without_rows_nothing_goes() -> None:
    rows = FakeRows()
    rows["van-2", 1] = "kept"
    forget_rows(rows, "van-1")

    assert dict(rows) == {("van-2", 1): "kept"}
