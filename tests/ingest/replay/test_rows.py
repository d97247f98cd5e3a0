from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import Position
from fleet_app.ingest.replay.columns import find_columns
from fleet_app.ingest.replay.rows import BadRow, RowReader, SpeedUnit

HEADER = ["vehicle", "time", "lat", "lon", "speed", "bearing", "ignition", "odometer_m", "route"]
ROW = ["van-7", "1433678400", "30.16", "-97.79", "36", "90", "on", "1200.5", "14"]


def reader(speed_unit: SpeedUnit = SpeedUnit.MPS) -> RowReader:
    return RowReader(find_columns(HEADER, {}, ["route"]), UTC, speed_unit)


def test_a_row_becomes_a_position() -> None:
    assert reader().read(2, ROW) == Position(
        vehicle_id="van-7",
        time_ms=1_433_678_400_000,
        lat=30.16,
        lon=-97.79,
        speed_mps=36.0,
        heading_deg=90.0,
        ignition=True,
        odometer_m=1_200.5,
        attributes={"route": "14"},
    )


def test_empty_cells_that_are_not_needed_are_left_out() -> None:
    assert reader().read(2, [*ROW[:4], "", "", "", "", ""]) == Position(
        vehicle_id="van-7", time_ms=1_433_678_400_000, lat=30.16, lon=-97.79, attributes={}
    )


@pytest.mark.parametrize(
    ("unit", "speed_mps"),
    [(SpeedUnit.MPS, 36.0), (SpeedUnit.KMH, 10.0), (SpeedUnit.MPH, 16.09344), (SpeedUnit.KNOTS, 18.52)],
)
def test_speeds_are_converted(unit: SpeedUnit, speed_mps: float) -> None:
    read = reader(unit).read(2, ROW)

    assert isinstance(read, Position)
    assert read.speed_mps == pytest.approx(speed_mps)


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (0, "", "vehicle '' is empty"),
        (0, "van\udcff", "vehicle 'van\\udcff' is not UTF-8"),
        (1, "", "time '' is empty"),
        (1, "noon", "time 'noon' is not a time: ISO 8601, or seconds or milliseconds since 1970"),
        (2, "", "lat '' is empty"),
        (2, "30,16", "lat '30,16' is not a number"),
        (3, "nan", "lon 'nan' is not a number"),
        (4, "inf", "speed 'inf' is not a number"),
        (5, "N", "bearing 'N' is not a number"),
        (8, "\udcff", "route '\\udcff' is not UTF-8"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(place: int, cell: str, problem: str) -> None:
    assert reader().read(7, [*ROW[:place], cell, *ROW[place + 1 :]]) == BadRow(7, problem)


def test_a_switch_is_on_or_off_and_nothing_else() -> None:
    reads = [reader().read(2, [*ROW[:6], cell, *ROW[7:]]) for cell in ("1", "OFF", "maybe")]

    assert [getattr(read, "ignition", None) for read in reads] == [True, False, None]
    assert isinstance(reads[2], BadRow)


@pytest.mark.parametrize("cells", [ROW[:-1], [*ROW, "extra"]])
def test_a_row_of_another_length_is_not_guessed_at(cells: list[str]) -> None:
    assert reader().read(7, cells) == BadRow(7, f"it has {len(cells)} cells, the header has 9")


def test_values_that_cannot_be_true_are_kept_for_the_app_to_refuse() -> None:
    read = reader().read(2, ["van-7", "-5", "91", "181", "-3", *ROW[5:]])

    assert isinstance(read, Position)
    assert (read.time_ms, read.lat, read.lon, read.speed_mps) == (-5_000, 91.0, 181.0, -3.0)


@given(st.lists(st.text(), max_size=12))
def test_no_row_is_too_strange_to_be_reported(cells: list[str]) -> None:
    assert isinstance(reader().read(2, cells), Position | BadRow)
