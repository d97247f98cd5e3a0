"""The stored form of what was told."""

from fleet_app.domain.events import EventType
from tables.told_events import TOLD_EVENTS, ToldEvents

ROW = ToldEvents(((EventType.TRIP_ENDED, None), (EventType.STOP_STARTED, None)))
AT_DEPOT = ToldEvents(((EventType.STOP_STARTED, None), (EventType.GEOFENCE_ENTERED, "depot")))
VERSION_1 = b"\x01\x91\x92\xaatrip_ended\xacstop_started"
VERSION_2 = b"\x02\x91\x92\x92\xacstop_started\xc0\x92\xb0geofence_entered\xa5depot"


def test_version_1_can_still_be_read() -> None:
    assert TOLD_EVENTS.decode(VERSION_1) == ROW


def test_version_2_can_still_be_read() -> None:
    assert TOLD_EVENTS.decode(VERSION_2) == AT_DEPOT


def test_what_is_written_today_is_read_today() -> None:
    assert TOLD_EVENTS.decode(TOLD_EVENTS.encode(AT_DEPOT)) == AT_DEPOT


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert TOLD_EVENTS.keys.home(("van-1", 1_800_000_000_000)) == "van-1"
