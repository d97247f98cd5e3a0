"""The stored form of late fixes."""

from fleet_app.domain.fix import Fix
from fleet_app.domain.reorder import Waiting
from tables.late_fixes import LATE_FIXES, LateFixes

WAITING = Waiting(Fix(1_800_000_000_000, 52.0, 13.0, 5.0, ignition=True), 42, 1_800_000_001_000, b"van-1", b"{}")
VERSION_1 = (
    b"\x01\x91\x91\x95"
    b"\x9c\xcf\x00\x00\x01\xa3\x18\\P\x00\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0\xc0\xc0\xc3\xc0\xc0\xc0\xc0*\xcf\x00\x00\x01\xa3\x18\\S\xe8"
    b"\xc4\x05van-1\xc4\x02{}"
)


def test_version_1_can_still_be_read() -> None:
    assert LATE_FIXES.decode(VERSION_1) == LateFixes((WAITING,))


def test_what_is_written_today_is_read_today() -> None:
    fixes = LateFixes((WAITING, WAITING))

    assert LATE_FIXES.decode(LATE_FIXES.encode(fixes)) == fixes


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert LATE_FIXES.keys.home(("van-1", 1_800_000_000_000)) == "van-1"
