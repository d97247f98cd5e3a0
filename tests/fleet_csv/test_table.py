"""Profiles as a table for spreadsheets."""

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import LATEST_TIME_MS
from fleet_app.domain.profiles.checks import fault_of
from fleet_app.domain.profiles.profile import DeviceSpan, FuelType, RuleOverrides, VehicleProfile
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.errors import InputError
from fleet_app.fleet_csv.table import COLUMNS, BadLine, ProfileRow, merged, read_profiles, write_profiles

NOON_MS = 1_769_860_800_000
"""2026-01-31T12:00:00Z."""

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(";@\\'=+-,\"\n"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip()
)
VEHICLE_IDS = TEXTS.filter(lambda text: text not in {".", ".."} and "/" not in text and text.isprintable())
INSTANTS = st.integers(0, LATEST_TIME_MS)
SPEEDS = st.floats(0, 150, exclude_min=True)
SPANS = st.builds(DeviceSpan, TEXTS, INSTANTS, st.none() | INSTANTS)
OVERRIDES = st.builds(
    RuleOverrides,
    speed_limit_mps=st.none() | SPEEDS,
    overspeed_told_s=st.none() | st.floats(0, 3_600),
    idle_told_s=st.none() | st.floats(20, 86_400),
    max_accuracy_m=st.none() | st.floats(0, 1_000_000, exclude_min=True),
)
PROFILES = st.builds(
    VehicleProfile,
    vehicle_id=VEHICLE_IDS,
    vehicle_class=st.none() | st.sampled_from(VehicleClass),
    name=st.none() | TEXTS,
    plate=st.none() | TEXTS,
    driver=st.none() | TEXTS,
    group=st.none() | TEXTS,
    tags=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
    tenant=TEXTS,
    devices=st.lists(SPANS, max_size=3).map(tuple),
    max_speed_mps=st.none() | SPEEDS,
    fuel_type=st.none() | st.sampled_from(FuelType),
    overrides=OVERRIDES,
).filter(lambda profile: fault_of(profile) is None)


def read_one(header: str, line: str) -> VehicleProfile:
    (row,) = read_profiles(f"{header}\n{line}\n".encode())
    assert isinstance(row, ProfileRow)
    return merged(row, None)


def problem(header: str, line: str) -> str:
    (row,) = read_profiles(f"{header}\n{line}\n".encode())
    assert isinstance(row, BadLine)
    return row.problem


@given(st.lists(PROFILES, max_size=4, unique_by=lambda profile: profile.vehicle_id))
def test_what_was_written_reads_back_as_the_same(profiles: list[VehicleProfile]) -> None:
    rows = read_profiles(write_profiles(profiles).encode())

    read = [merged(row, None) for row in rows if isinstance(row, ProfileRow)]
    assert read == profiles
    assert len(rows) == len(profiles)


@given(PROFILES, PROFILES)
def test_a_whole_line_leaves_nothing_of_what_was_there(before: VehicleProfile, after: VehicleProfile) -> None:
    (row,) = read_profiles(write_profiles([after]).encode())

    assert isinstance(row, ProfileRow)
    assert merged(row, msgspec.structs.replace(before, vehicle_id=after.vehicle_id)) == after


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: b"vehicle_id,tags,device_ids\n" + text.encode())
)
def test_whatever_the_file_its_lines_are_read_or_named_or_it_is_refused(content: bytes) -> None:
    try:
        rows = read_profiles(content)
    except InputError:
        rows = []

    assert all(row.line > 1 for row in rows)


@given(st.lists(TEXTS, max_size=3, unique=True))
def test_no_cell_is_taken_for_a_formula(texts: list[str]) -> None:
    written = write_profiles([VehicleProfile(vehicle_id="van-1", name=text, tags=(text,)) for text in texts])

    cells = [cell for line in csv.reader(io.StringIO(written, newline="")) for cell in line]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_the_header_names_every_field_but_the_revision() -> None:
    told = {field for field in VehicleProfile.__struct_fields__ if field not in {"revision", "overrides"}}

    assert len(COLUMNS) == len(told) + len(RuleOverrides.__struct_fields__)
    assert write_profiles([]) == ",".join(COLUMNS) + "\r\n"


def test_a_line_says_what_a_person_would_write() -> None:
    header = "vehicle_id;vehicle_class;name;tags;device_ids;max_speed_kmh;fuel_type;speed_limit_kmh;idle_told_s"
    devices = '"phone-7 @ 2026-01-31T12:00:00Z; phone-8@/2026-01-31T13:00+01:00"'
    line = f'van-7;truck;Müller 7;"cold; long ";{devices};90,5;diesel;72;300'

    assert read_one(header, line) == VehicleProfile(
        vehicle_id="van-7",
        vehicle_class=VehicleClass.TRUCK,
        name="Müller 7",
        tags=("cold", "long"),
        devices=(DeviceSpan("phone-7", NOON_MS), DeviceSpan("phone-8", 0, NOON_MS)),
        max_speed_mps=90.5 / 3.6,
        fuel_type=FuelType.DIESEL,
        overrides=RuleOverrides(speed_limit_mps=20.0, idle_told_s=300.0),
    )


def test_what_is_written_is_what_a_person_would_write() -> None:
    profile = VehicleProfile(
        vehicle_id="van-7",
        tags=("cold", "long"),
        devices=(DeviceSpan("phone-7", NOON_MS), DeviceSpan("phone-8", 0, NOON_MS), DeviceSpan("phone-9")),
        max_speed_mps=25.0,
        overrides=RuleOverrides(speed_limit_mps=100 / 3.6, idle_told_s=300.0),
    )

    (line,) = csv.DictReader(io.StringIO(write_profiles([profile]), newline=""))
    assert line["device_ids"] == "phone-7@2026-01-31T12:00:00Z;phone-8@/2026-01-31T12:00:00Z;phone-9"
    assert [line[name] for name in ("tags", "max_speed_kmh", "speed_limit_kmh", "idle_told_s", "name")] == [
        "cold;long", "90", "100", "300", "",
    ]  # fmt: skip


def test_columns_that_are_not_there_change_nothing_and_empty_cells_clear() -> None:
    before = VehicleProfile(
        vehicle_id="van-7", name="Van 7", driver="Ada", overrides=RuleOverrides(idle_told_s=300), revision=4
    )
    (row,) = read_profiles(b"vehicle_id,driver,idle_told_s,tenant\nvan-7,,,\n")

    assert isinstance(row, ProfileRow)
    assert merged(row, before) == VehicleProfile(vehicle_id="van-7", name="Van 7", revision=4)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_is_read_as_spreadsheets_save_it(delimiter: str, encoding: str, line_end: str) -> None:
    lines = [("Vehicle_ID", " name "), ("van-7", "Jürgen"), ("", "")]
    text = line_end.join(delimiter.join(line) for line in lines)

    assert read_profiles(text.encode(encoding)) == [
        ProfileRow(line=2, vehicle_id="van-7", told={"vehicle_id": "van-7", "name": "Jürgen"}, overrides={})
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("vehicle_id,colour", "column 'colour' is not known"),
        ("name,plate", "there is no column 'vehicle_id'"),
        ("vehicle_id,name,name", "column 'name' is there 2 times"),
        ("", "there is no column 'vehicle_id'"),
    ],
)
def test_a_header_that_cannot_be_used_is_named_with_the_columns_there_are(header: str, told: str) -> None:
    with pytest.raises(InputError, match=r"^line 1: ") as refused:
        read_profiles(f"{header}\nx,y\n".encode())

    assert told in str(refused.value)
    assert "Columns: vehicle_id, vehicle_class, name" in str(refused.value)


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("vehicle_class", "rocket", "column vehicle_class, 'rocket': Invalid enum value 'rocket'"),
        ("fuel_type", "wood", "column fuel_type, 'wood': Invalid enum value"),
        ("max_speed_kmh", "fast", "column max_speed_kmh, 'fast': is not a number"),
        ("max_speed_kmh", '"1,000"', "column max_speed_kmh, '1,000': is not a number"),
        ("max_speed_kmh", "NaN", "column max_speed_kmh, 'NaN': is not a number"),
        ("max_speed_kmh", "0", "column max_speed_kmh, '0': Expected `float` > 0.0"),
        ("idle_told_s", "1", "column idle_told_s, '1': Expected `float` >= 20.0"),
        ("device_ids", "phone-7@noon", "'noon' is no time in ISO 8601"),
        ("device_ids", "@2026-01-31", "'@2026-01-31' is no device"),
        ("device_ids", "phone-7@1960-01-01", "column device_ids, 'phone-7@1960-01-01': Expected `int` >= 0"),
        ("name", "x" * 201, "Expected `str` of length <= 200"),
    ],
)
def test_a_cell_that_cannot_be_is_named_with_its_column(column: str, cell: str, told: str) -> None:
    assert told in problem(f"vehicle_id,{column}", f"van-7,{cell}")


def test_bad_lines_are_named_by_where_they_begin_and_cost_nobody_else() -> None:
    content = b'vehicle_id,name\na,"two\nlines"\n\nb\n,nobody\nc,C\na,again\n'

    rows = read_profiles(content)

    assert [(row.line, row.problem if isinstance(row, BadLine) else row.vehicle_id) for row in rows] == [
        (2, "a"),
        (5, "it has 1 cells, the header has 2"),
        (6, "column vehicle_id, '': Expected `str` of length >= 1"),
        (7, "c"),
        (8, "column vehicle_id, 'a': line 2 tells of this vehicle already"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'vehicle_id\n"a\n', "line 2 is no CSV"),
        (b"vehicle_id\na\n\x81\n", "line 3 is neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_its_line(content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_profiles(content)


@pytest.mark.parametrize("text", ["a;b", "a@b", "a\\", "\\;", "'a", "''=a", "=1+1", "\\a"])
def test_marks_that_are_meant_as_text_survive(text: str) -> None:
    profile = VehicleProfile(vehicle_id="van-7", name=text, tags=(text,), devices=(DeviceSpan(text, 5),))

    (row,) = read_profiles(write_profiles([profile]).encode())

    assert isinstance(row, ProfileRow)
    assert merged(row, None) == profile
