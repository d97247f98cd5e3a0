import io
import math
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.files import PositionsFile
from fleet_app.ingest.replay.recording import BadRow, Options
from fleet_app.ingest.replay.values import SpeedUnit
from tests.ingest.replay.reading import Rows, in_short, rows_in, rows_of, rows_or_refusal, written

NOON_MS = 1_433_678_400_000  # 2015-06-07T12:00:00Z
NEW_YORK = ZoneInfo("America/New_York")


def as_parquet(columns: dict[str, Any], **how: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, **how)
    return buffer.getvalue()


def noon(**columns: Any) -> bytes:
    """Write one row: noon, with other columns or others in their place."""
    usual = {"vehicle": ["van-7"], "time": [NOON_MS], "lat": [30.16], "lon": [-97.79]}
    return as_parquet(usual | columns)


def read(tmp_path: Path, content: bytes, options: Options | None = None) -> Rows:
    return rows_of(written(tmp_path / "day.parquet", content), options)


def test_a_row_becomes_a_position(tmp_path: Path) -> None:
    content = noon(
        speed=[36], bearing=pa.array([90.0], pa.float32()), ignition=[True], odometer_m=[Decimal("1200.5")], route=[14]
    )

    assert read(tmp_path, content, Options(attributes=("route",), speed_unit=SpeedUnit.KMH)) == [
        Position(
            vehicle_id="van-7",
            time_ms=NOON_MS,
            lat=30.16,
            lon=-97.79,
            speed_mps=10.0,
            heading_deg=90.0,
            ignition=True,
            odometer_m=1_200.5,
            attributes={"route": 14},
        )
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("clock", "zone"),
    [
        (pa.scalar(datetime(2015, 6, 7, 12, tzinfo=UTC)), None),
        (pa.scalar(datetime(2015, 6, 7, 8, tzinfo=NEW_YORK)), "America/New_York"),
        (pa.scalar(datetime(2015, 6, 7, 8)), None),  # noqa: DTZ001 - a time without an offset
    ],
    ids=["UTC", "an offset", "none"],
)
def test_timestamps_of_every_unit_are_read(clock: Any, zone: str | None, unit: str, tmp_path: Path) -> None:  # noqa: ANN401 - a scalar of pyarrow
    times = pa.array([clock.as_py()], pa.timestamp(unit, clock.type.tz and (zone or "UTC")))

    (row,) = read(tmp_path, noon(time=times), Options(zone=NEW_YORK))

    assert isinstance(row, Position)
    assert row.time_ms == NOON_MS


@pytest.mark.parametrize("time", [NOON_MS // 1_000, NOON_MS, NOON_MS * 1_000_000, 1433678400.0, "2015-06-07T12:00:00Z"])
def test_times_may_be_numbers_or_text(time: float | str, tmp_path: Path) -> None:
    (row,) = read(tmp_path, noon(time=[time]))

    assert isinstance(row, Position)
    assert row.time_ms == NOON_MS


def test_a_typed_time_soon_after_1970_is_not_mistaken_for_seconds(tmp_path: Path) -> None:
    (row,) = read(tmp_path, noon(time=pa.array([5_000], pa.timestamp("ms", "UTC"))))

    assert isinstance(row, Position)
    assert row.time_ms == 5_000


@pytest.mark.parametrize(
    "vehicles",
    [
        pa.array(["7"]),
        pa.array(["7"], pa.large_string()),
        pa.array(["7"], pa.string_view()),
        pa.array([b"7"], pa.binary(1)),
        pa.array(["7"]).dictionary_encode(),
        pa.array([7]),
        pa.array([7.0]),
    ],
    ids=lambda vehicles: str(vehicles.type),
)
def test_a_vehicle_may_be_named_by_text_or_a_number(vehicles: Any, tmp_path: Path) -> None:  # noqa: ANN401 - an array of pyarrow
    assert in_short(read(tmp_path, noon(vehicle=vehicles))) == ["7"]


@pytest.mark.parametrize("empty", [None, math.nan])
def test_what_is_not_known_is_left_out(empty: float | None, tmp_path: Path) -> None:
    content = noon(speed=pa.array([empty], pa.float64(), from_pandas=False), bearing=pa.nulls(1))

    assert read(tmp_path, content) == [Position(vehicle_id="van-7", time_ms=NOON_MS, lat=30.16, lon=-97.79)]


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("lat", pa.array([None], pa.float64()), "lat None is empty"),
        ("lat", pa.array([math.nan], from_pandas=False), "lat None is empty"),
        ("lon", [math.inf], "lon inf is not a number"),
        ("lon", ["30,16"], "lon '30,16' is not a number"),
        ("lon", [True], "lon True is not a number"),
        ("time", ["noon"], "time 'noon' is not a time"),
        ("time", pa.array([None], pa.timestamp("ms")), "time None is empty"),
        ("time", pa.array([2**62], pa.timestamp("us")), "is not a time"),
        ("vehicle", [b"caf\xe9"], "vehicle 'caf\\udce9' is not UTF-8"),
        ("vehicle", [None], "vehicle None is empty"),
    ],
)
def test_a_cell_that_cannot_be_read_is_reported_with_its_row(
    column: str,
    values: Any,  # noqa: ANN401 - a list or an array of pyarrow
    problem: str,
    tmp_path: Path,
) -> None:
    (row,) = read(tmp_path, noon(**{column: values}))

    assert isinstance(row, BadRow)
    assert row.place == "row 1"
    assert problem in row.problem


def test_rows_keep_their_numbers_through_batches_and_row_groups(tmp_path: Path) -> None:
    count = 12_000
    bad = {5_000, 11_000}
    times = [None if number in bad else number for number in range(1, count + 1)]
    content = as_parquet(
        {"vehicle": ["van-7"] * count, "time": times, "lat": [1.0] * count, "lon": [2.0] * count}, row_group_size=7_000
    )

    rows = read(tmp_path, content)

    assert len(rows) == count
    assert [row.place for row in rows if isinstance(row, BadRow)] == ["row 5000", "row 11000"]


def test_columns_are_found_mapped_and_left_out_as_in_csv(tmp_path: Path) -> None:
    content = noon(seen=[0], tags=[["a"]])

    with PositionsFile(written(tmp_path / "day.parquet", content), Options(mapping={"time": "seen"})) as file:
        assert file.describe() == "vehicle_id ← vehicle, time ← seen, lat ← lat, lon ← lon; left out: time, tags"
        assert len(list(file.rows())) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (noon(lat=[[1.0]]), r"day\.parquet: column 'lat' is of type list<.*text, numbers, booleans and timestamps"),
        (noon(time=pa.array([0], pa.date32())), "column 'time' is of type date32"),
        (as_parquet({"a": [1]}), "no column is known to be vehicle_id among a: .* or the vehicle with --vehicle ID"),
        (b"PAR1 is how it should begin and end PAR1", "it is no Parquet file that can be read"),
        (b"", "it is no Parquet file that can be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


POSITIONS = st.builds(
    Position,
    vehicle_id=st.text(min_size=1),
    time_ms=st.integers(0, 4_102_444_800_000),
    lat=st.floats(allow_nan=False, allow_infinity=False),
    lon=st.floats(allow_nan=False, allow_infinity=False),
    speed_mps=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ignition=st.none() | st.booleans(),
)


@settings(deadline=None)
@given(st.lists(POSITIONS, min_size=1, max_size=20), st.sampled_from(["ms", "us"]))
def test_positions_written_by_something_else_are_read_back(positions: list[Position], unit: str) -> None:
    times = pa.array([position.time_ms for position in positions]).cast(pa.timestamp("ms", "UTC"))
    columns = {
        "vehicle_id": [position.vehicle_id for position in positions],
        "time": times.cast(pa.timestamp(unit, "UTC")),
        "lat": [position.lat for position in positions],
        "lon": [position.lon for position in positions],
        "speed": [position.speed_mps for position in positions],
        "ignition": [position.ignition for position in positions],
    }

    assert rows_in("day.parquet", as_parquet(columns)) == positions


SOME = as_parquet({"vehicle": ["van-7"] * 50, "time": list(range(50)), "lat": [1.0] * 50, "lon": [2.0] * 50})


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOME) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_anywhere_is_reported(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SOME)
    for place, byte in changes:
        content[place] = byte

    rows_or_refusal("day.parquet", bytes(content))
