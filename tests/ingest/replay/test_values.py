import pytest

from fleet_app.ingest.replay.values import (
    Cell,
    read_attribute,
    read_number,
    read_switch,
    read_text,
    read_vehicle_id,
)


@pytest.mark.parametrize(("cell", "text"), [("van-7", "van-7"), (7, "7"), (7.0, "7"), (7.5, "7.5")])
def test_numbers_may_be_names(cell: Cell, text: str) -> None:
    assert read_text(cell) == text


@pytest.mark.parametrize(("cell", "number"), [("7.5", 7.5), (" 7 ", 7.0), (7, 7.0), (7.5, 7.5), ("-1e3", -1_000.0)])
def test_numbers_may_be_text(cell: Cell, number: float) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", ["", None, "seven", "nan", "inf", float("inf"), True, 10**400, "7,5"])
def test_what_is_no_finite_number_is_none(cell: Cell) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        read_number(cell)


@pytest.mark.parametrize(("cell", "on"), [("ON", True), (" f ", False), (1, True), (0.0, False), (True, True)])
def test_a_switch_may_be_a_word_a_number_or_itself(cell: Cell, on: bool) -> None:  # noqa: FBT001 - a case
    assert read_switch(cell) is on


@pytest.mark.parametrize("cell", ["maybe", "2", 2])
def test_a_switch_is_nothing_else(cell: Cell) -> None:
    with pytest.raises(ValueError, match="is neither on"):
        read_switch(cell)


@pytest.mark.parametrize("cell", ["14", 14, 1.5, True])
def test_an_attribute_stays_what_it_is(cell: Cell) -> None:
    assert read_attribute(cell) is cell


@pytest.mark.parametrize("cell", ["caf\udce9", "", None])
def test_an_attribute_is_something_that_can_be_written(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"is not UTF-8|is empty"):
        read_attribute(cell)


@pytest.mark.parametrize("text", ["", "2015/06/07", "van\n7", "..", "v" * 129])
def test_not_every_text_can_be_a_vehicles_id(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be a vehicle's id"):
        read_vehicle_id(text)


def test_a_vehicles_id_may_hold_spaces_and_any_letters() -> None:
    assert read_vehicle_id("Lieferwagen Süd 7") == "Lieferwagen Süd 7"
