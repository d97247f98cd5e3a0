"""The stored form of what was refused in a minute."""

from fleet_app.domain.quality import RefusedMinute, RefusedPosition
from fleet_app.domain.refusals import Reason
from tables.refused_positions import REFUSED_POSITIONS

SHOWN = RefusedPosition(Reason.EXCURSION, 1_800_000_000_000, 52.0, 13.0, 1_800_000_001_000, 42)
ROW = RefusedMinute({"excursion": 2}, (SHOWN,))
VERSION_1 = (
    b"\x01\x92\x81\xa9excursion\x02\x91\x96\xa9excursion\xcf\x00\x00\x01\xa3\x18\\P\x00"
    b"\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\xcf\x00\x00\x01\xa3\x18\\S\xe8*"
)


def test_version_1_can_still_be_read() -> None:
    assert REFUSED_POSITIONS.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert REFUSED_POSITIONS.decode(REFUSED_POSITIONS.encode(ROW)) == ROW


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert REFUSED_POSITIONS.keys.home(("van-1", 1_800_000_000_000)) == "van-1"


def test_refusals_can_be_looked_at_for_a_day() -> None:
    assert REFUSED_POSITIONS.retention_s == 24 * 3_600
