"""The stored form of what was told."""

from fleet_app.domain.events import EventType
from tables.told_events import TOLD_EVENTS, ToldEvents

ROW = ToldEvents((EventType.TRIP_ENDED, EventType.STOP_STARTED))
VERSION_1 = b"\x01\x91\x92\xaatrip_ended\xacstop_started"


def test_version_1_can_still_be_read() -> None:
    assert TOLD_EVENTS.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert TOLD_EVENTS.decode(TOLD_EVENTS.encode(ROW)) == ROW


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert TOLD_EVENTS.keys.home(("van-1", 1_800_000_000_000)) == "van-1"
