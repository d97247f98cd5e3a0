"""The stored form of a trip or a stop."""

from fleet_app.domain.legs import Ending, KeptLeg, Leg, LegKind
from fleet_app.domain.totals import Totals
from tables.trips import TRIPS

LEG = Leg(
    kind=LegKind.TRIP,
    start_ms=1_800_000_000_000,
    end_ms=1_800_000_600_000,
    start_lat=52.0,
    start_lon=13.0,
    end_lat=52.5,
    end_lon=13.5,
    sums=Totals(3, 250.5, 30.0, 5.0, 6.0, 7.0, 2, 8.0),
    max_speed_mps=12.0,
    ending=Ending.SILENCE,
    number=1_799_999_990_000,
)
ROW = KeptLeg(LEG, "_p~iF~ps|U", 2)
VERSION_1 = (
    b"\x01\x93\x9b\xa4trip\xcf\x00\x00\x01\xa3\x18\\P\x00\xcf\x00\x00\x01\xa3\x18ew\xc0"
    b"\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\xcb@J@\x00\x00\x00\x00\x00\xcb@+\x00\x00\x00\x00\x00\x00"
    b"\x98\x03\xcb@oP\x00\x00\x00\x00\x00\xcb@>\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x18\x00\x00\x00\x00\x00\x00\xcb@\x1c\x00\x00\x00\x00\x00\x00\x02\xcb@ \x00\x00\x00\x00\x00\x00"
    b"\xcb@(\x00\x00\x00\x00\x00\x00\xa7silence\xcf\x00\x00\x01\xa3\x18\\(\xf0\xaa_p~iF~ps|U\x02"
)


def test_version_1_can_still_be_read() -> None:
    assert TRIPS.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert TRIPS.decode(TRIPS.encode(ROW)) == ROW


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert TRIPS.keys.home(("van-1", LEG.number)) == "van-1"


def test_trips_are_kept_for_thirty_days() -> None:
    assert TRIPS.retention_s == 30 * 24 * 3_600
