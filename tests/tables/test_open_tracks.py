"""The stored form of the end of a track."""

from fleet_app.domain.fix import Fix
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.vehicle import OpenTrack
from tables.open_tracks import OPEN_TRACKS

WAITING = Waiting(Fix(1_800_000_000_000, 52.0, 13.0, 5.0, ignition=True), 42, 1_800_000_001_000, b"van-1", b"{}")
TRACK = OpenTrack(1_799_999_990_000, b"\x01", 1_799_999_995_000, (WAITING,))
VERSION_1 = (
    b"\x01\x94\xcf\x00\x00\x01\xa3\x18\\(\xf0\xc4\x01\x01\xcf\x00\x00\x01\xa3\x18\\<x\x91\x95"
    b"\x9c\xcf\x00\x00\x01\xa3\x18\\P\x00\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0\xc0\xc0\xc3\xc0\xc0\xc0\xc0*\xcf\x00\x00\x01\xa3\x18\\S\xe8"
    b"\xc4\x05van-1\xc4\x02{}"
)


def test_version_1_can_still_be_read() -> None:
    assert OPEN_TRACKS.decode(VERSION_1) == TRACK


def test_what_is_written_today_is_read_today() -> None:
    assert OPEN_TRACKS.decode(OPEN_TRACKS.encode(TRACK)) == TRACK


def test_a_track_of_which_nothing_is_known_yet_can_be_stored() -> None:
    assert OPEN_TRACKS.decode(OPEN_TRACKS.encode(OpenTrack())) == OpenTrack()
