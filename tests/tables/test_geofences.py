"""The stored form of a geofence and of what became of its changes."""

from fleet_app.domain.geofences.geofence import Circle, Geofence, Hours, Polygon, Weekday
from fleet_app.domain.revisions import Kept, Outcome, Verdict
from tables.geofences import GEOFENCES

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.25, 100.0), revision=2)
ROW = Kept(DEPOT, (Outcome("a", Verdict.ACCEPTED, 1), Outcome("b", Verdict.STALE, 2)))
VERSION_1 = (
    b"\x01\x92\x84\xabgeofence_id\xa5depot\xa4name\xa5Depot\xa5shape\x84\xa4type\xa6circle\xa3lat\xcb@J@\x00\x00\x00"
    b"\x00\x00\xa3lon\xcb@*\x80\x00\x00\x00\x00\x00\xa8radius_m\xcb@Y\x00\x00\x00\x00\x00\x00\xa8revision\x02\x92\x93"
    b"\xa1a\xa8accepted\x01\x93\xa1b\xa5stale\x02"
)
RING = ((13.0, 52.0), (13.1, 52.0), (13.1, 52.1), (13.0, 52.0))
YARD = Geofence(
    geofence_id="yard",
    name="Yard",
    shape=Polygon((RING,)),
    tenant="north",
    tags=("depot",),
    schedule=(Hours((Weekday.MONDAY,), "22:00", "06:00"),),
    speed_limit_mps=5.0,
    dwell_limit_s=3_600.0,
    stop_after_s=30.0,
    is_exempt=True,
    revision=7,
)


def test_version_1_can_still_be_read() -> None:
    assert GEOFENCES.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert GEOFENCES.decode(GEOFENCES.encode(ROW)) == ROW
    assert GEOFENCES.decode(GEOFENCES.encode(Kept(YARD, ()))) == Kept(YARD, ())
