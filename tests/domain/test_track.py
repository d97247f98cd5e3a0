"""A vehicle's track, packed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix, fix_of
from fleet_app.domain.motion.driving import ALARMS
from fleet_app.domain.position import LATEST_TIME_MS, Position
from fleet_app.domain.refusals import Reason
from fleet_app.domain.track import (
    FIXES_PER_CHUNK,
    LONGEST_CHUNK_MS,
    Chunk,
    Entry,
    entries_in_columns,
    entries_of,
    in_columns,
    is_full,
    is_kept,
    pack_fix,
)
from tests.domain.drives import START_MS, fix_at

REASONS = (None, Reason.IMPLIED_SPEED, Reason.IMPLIED_ACCELERATION, Reason.EXCURSION)
positions = st.builds(
    Position,
    vehicle_id=st.just("van-1"),
    time_ms=st.integers(0, LATEST_TIME_MS),
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    speed_mps=st.none() | st.floats(0, 150),
    heading_deg=st.none() | st.floats(0, 360),
    accuracy_m=st.none() | st.floats(0, 1_000_000),
    ignition=st.none() | st.booleans(),
    attributes=st.none() | st.sampled_from(sorted(ALARMS)).map(lambda alarm: {"alarm": alarm}),
)
entries = st.builds(Entry, positions.map(fix_of), st.integers(0, 2**62), st.sampled_from(REASONS))


def packed(track: list[Entry]) -> bytes:
    return b"".join(pack_fix(entry.fix, entry.offset, entry.reason) for entry in track)


@given(st.lists(entries, max_size=70))
def test_every_fix_that_a_position_can_make_is_read_as_it_was_packed(track: list[Entry]) -> None:
    assert entries_of(packed(track)) == track


@given(st.lists(entries, min_size=1, max_size=200))
def test_columns_hold_what_was_put_into_them(track: list[Entry]) -> None:
    assert entries_in_columns(in_columns(packed(track))) == track


def test_a_chunk_that_grows_has_no_columns_yet() -> None:
    assert entries_in_columns(Chunk(None).fixes) == []


def test_columns_take_less_room_than_rows() -> None:
    rows = packed([Entry(fix_at(10 * number, number), number, None) for number in range(FIXES_PER_CHUNK)])

    assert len(in_columns(rows)) < len(rows) / 2


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"alarm": "hardBraking", "door": "open"}, {"alarm": "hardBraking"}),
        ({"alarm": "sos"}, None),
        ({"alarm": 7.0}, None),
        ({"alarm": None}, None),
        ({"door": "open"}, None),
    ],
)
def test_of_attributes_only_an_alarm_of_driving_is_kept(
    attributes: dict[str, str | float | bool | None], kept: dict[str, str] | None
) -> None:
    fix = msgspec.structs.replace(fix_at(0), attributes=attributes, altitude_m=5.0, fuel_l=4.0, device_id="d")

    assert entries_of(pack_fix(fix, 1, None)) == [(msgspec.structs.replace(fix_at(0), attributes=kept), 1, None)]


@pytest.mark.parametrize(("fixes", "next_s", "full"), [(1, 1, False), (63, 63, False), (64, 64, True), (64, 63, False)])
def test_a_chunk_is_full_with_64_fixes_and_a_later_one(fixes: int, next_s: int, *, full: bool) -> None:
    growing = packed([Entry(fix_at(second), 0, None) for second in range(fixes)])

    assert is_full(growing, START_MS, START_MS + next_s * 1_000) is full


@pytest.mark.parametrize(("past_ms", "full"), [(0, False), (1, True)])
def test_a_chunk_covers_an_hour_at_most(past_ms: int, *, full: bool) -> None:
    growing = packed([Entry(fix_at(0), 0, None)])

    assert is_full(growing, START_MS, START_MS + LONGEST_CHUNK_MS + past_ms) is full


def test_a_second_fix_of_the_same_time_is_not_kept_and_every_other_one_is() -> None:
    assert [is_kept(reason) for reason in (*REASONS, Reason.SAME_TIME)] == [True] * 4 + [False]


STORED = Entry(
    Fix(
        1_800_000_000_000,
        52.4304928,
        13.5327155,
        46.6,
        90.0,
        3.2,
        ignition=True,
        attributes={"alarm": "hardCornering"},
    ),
    42,
    Reason.EXCURSION,
)
ROW = bytes.fromhex("00505c18a30100002a000000000000002042401fb3ed10083412282320000e03")
COLUMNS = bytes.fromhex("78016308889158ccc8c0a0c500010a4e0ef29bdf0a70980869282b30f03103004ff704ce")


def test_what_was_stored_can_still_be_read() -> None:
    assert entries_of(ROW) == entries_in_columns(COLUMNS) == [STORED]


def test_a_row_is_written_as_it_was() -> None:
    assert packed([STORED]) == ROW
