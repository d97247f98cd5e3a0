from datetime import UTC
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import Position
from fleet_app.ingest.replay.columns import find_columns
from fleet_app.ingest.replay.recording import BadRowError, Options
from fleet_app.ingest.replay.rows import RowReader
from fleet_app.ingest.replay.times import read_time_ms
from fleet_app.ingest.replay.values import Cell, SpeedUnit

HEADER = ["vehicle", "time", "lat", "lon", "speed", "bearing", "ignition", "odometer_m", "route"]
ROW = ["van-7", "1433678400", "30.16", "-97.79", "36", "90", "on", "1200.5", "14"]


def reader(speed_unit: SpeedUnit = SpeedUnit.MPS) -> RowReader:
    options = Options(attributes=("route",), speed_unit=speed_unit)
    return RowReader(find_columns(HEADER, options), options, partial(read_time_ms, zone=UTC))


def test_a_row_becomes_a_position() -> None:
    assert reader().read(ROW) == Position(
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
    assert reader().read([*ROW[:4], "", "", "", "", ""]) == Position(
        vehicle_id="van-7", time_ms=1_433_678_400_000, lat=30.16, lon=-97.79, attributes={}
    )


@pytest.mark.parametrize(
    ("unit", "speed_mps"),
    [(SpeedUnit.MPS, 36.0), (SpeedUnit.KMH, 10.0), (SpeedUnit.MPH, 16.09344), (SpeedUnit.KNOTS, 18.52)],
)
def test_speeds_are_converted(unit: SpeedUnit, speed_mps: float) -> None:
    read = reader(unit).read(ROW)

    assert read.speed_mps == pytest.approx(speed_mps)


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (0, "", "vehicle '' is empty"),
        (0, "van\udcff", "vehicle 'van\\udcff' is not UTF-8"),
        (1, "", "time '' is empty"),
        (1, "noon", "time 'noon' is not a time: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970"),
        (2, "", "lat '' is empty"),
        (2, "30,16", "lat '30,16' is not a number"),
        (3, "nan", "lon 'nan' is not a number"),
        (4, "inf", "speed 'inf' is not a number"),
        (5, "N", "bearing 'N' is not a number"),
        (8, "\udcff", "route '\\udcff' is not UTF-8"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(place: int, cell: str, problem: str) -> None:
    with pytest.raises(BadRowError) as raised:
        reader().read([*ROW[:place], cell, *ROW[place + 1 :]])

    assert str(raised.value) == problem


def test_cells_with_types_are_read_as_they_are() -> None:
    read = reader().read(["van-7", 1_433_678_400.0, 30.16, -97.79, 0, 0.0, False, None, 14])

    assert read == Position(
        vehicle_id="van-7",
        time_ms=1_433_678_400_000,
        lat=30.16,
        lon=-97.79,
        speed_mps=0.0,
        heading_deg=0.0,
        ignition=False,
        attributes={"route": 14},
    )


def test_values_that_cannot_be_true_are_kept_for_the_app_to_refuse() -> None:
    read = reader().read(["van-7", "-5", "91", "181", "-3", *ROW[5:]])

    assert (read.time_ms, read.lat, read.lon, read.speed_mps) == (-5_000, 91.0, 181.0, -3.0)


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.tuples(*[CELLS] * len(HEADER)))
def test_no_row_is_too_strange_to_be_reported(cells: tuple[Cell, ...]) -> None:
    try:
        read: Position | str = reader().read(cells)
    except BadRowError as error:
        read = str(error)

    assert isinstance(read, Position) or read.startswith(tuple(HEADER))
