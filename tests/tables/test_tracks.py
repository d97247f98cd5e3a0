"""The stored form of a track's chunk."""

import msgspec
from hypothesis import given

from fleet_app.domain.fix import Fix
from fleet_app.domain.track import Chunk
from tables.tracks import TRACKS
from tests.domain.drives import drives, run

VERSION_1 = b"\x01\x92\xc0\xc4\x03\x01\x02\x03"


def test_version_1_can_still_be_read() -> None:
    assert TRACKS.decode(VERSION_1) == Chunk(None, b"\x01\x02\x03")


@given(drives())
def test_a_course_of_version_1_was_in_no_geofence(fixes: list[Fix]) -> None:
    chunk = Chunk(run(fixes).course, b"\x01")
    course, packed = msgspec.msgpack.decode(TRACKS.encode(chunk)[1:])
    stored = b"\x01" + msgspec.msgpack.encode([course[:-1], packed])

    assert TRACKS.decode(stored) == chunk


@given(drives())
def test_what_is_written_today_is_read_today(fixes: list[Fix]) -> None:
    chunk = Chunk(run(fixes).course, b"\x01")

    assert TRACKS.decode(TRACKS.encode(chunk)) == chunk


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert TRACKS.keys.home(("van-1", 1_800_000_000_000)) == "van-1"


def test_a_track_is_kept_for_a_day() -> None:
    assert TRACKS.retention_s == 24 * 3_600
