"""The stored form of a vehicle."""

from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given

from fleet_app.domain.advance import begin
from fleet_app.domain.edges import Size
from fleet_app.domain.fix import Fix
from fleet_app.domain.panes import open_by_size
from fleet_app.domain.totals import Totals
from fleet_app.domain.vehicle import Vehicle
from fleet_app.stream.declarations import UnknownVersionError
from tables.vehicles import VEHICLES
from tests.domain.drives import RULES, drives, run

VERSION_1 = (
    b"\x01\x99\xa5van-1\xa7default\x9c\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0\xc0\xc0\xc3\xc0\xc0\xc0\xc0\xcd\x07\xd0\xcb@Y\x00\x00\x00\x00\x00\x00\x02"
    b"\x81\xa9duplicate\x01\x91\x93\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\x91\x96\x00"
    b"\x02\xcb@Y\x00\x00\x00\x00\x00\x00\x01\xcb@\x14\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00"
)
VERSION_2 = (
    b"\x02\x9a\xa5van-1\xa7default\x9c\xcd\x03\xe8\xcb@J\x00"
    b"\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0"
    b"\xc0\xc0\xc3\xc0\xc0\xc0\xc0\xcd\x07\xd0\xcd\x07\xd0\xcb@Y\x00\x00\x00\x00\x00\x00\x02\x81"
    b"\xa9duplicate\x01\xc4\x18\xe8\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00J@\x00\x00\x00\x00\x00\x00*@\x93\x91\x98\x00\xcd\xea`\x02\xcb@Y"
    b"\x00\x00\x00\x00\x00\x00\x01\xcb@\x14\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00"
    b"\x00\x00\x90\x90"
)
VERSION_3 = (
    b"\x03\x9d\xa5van-1\xa5north\xcd\x07\xd0\xcd\x03\xe8\xcd\x03\xe7\x81\xa9duplicate\x01\xc0\x07\xc3\xc2\xc3\x02\t"
)
LAST = Fix(1_000, 52.0, 13.0, speed_mps=5.0, ignition=True)
NEVER_SEEN = (
    b"\x02\x9a\xa5van-1\xa7default\xc0\x00\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x81\xa8too_late\x01\xc4\x00\x93\x90\x90\x90"
)


@pytest.mark.parametrize("stored", [VERSION_1, VERSION_2])
def test_of_earlier_versions_the_last_fix_the_odometer_and_the_counts_are_kept(stored: bytes) -> None:
    assert VEHICLES.decode(stored) == Vehicle(
        vehicle_id="van-1",
        received_ms=2_000,
        heard_ms=2_000,
        newest_ms=1_000,
        refused={"duplicate": 1},
        course=begin(LAST, Totals(fixes=1, distance_m=100.0), UTC),
    )


def test_a_vehicle_of_version_3_was_in_no_geofence() -> None:
    vehicle = Vehicle("van-1", course=begin(LAST, Totals(fixes=1), UTC))
    fields = msgspec.msgpack.decode(VEHICLES.encode(vehicle)[1:])
    course = fields.index(msgspec.msgpack.decode(msgspec.msgpack.encode(vehicle.course)))
    fields[course] = fields[course][:-1]

    assert VEHICLES.decode(b"\x03" + msgspec.msgpack.encode(fields)) == vehicle


@pytest.mark.parametrize("stored", [VERSION_1, VERSION_2])
def test_a_vehicle_of_earlier_versions_goes_on_counting(stored: bytes) -> None:
    course = VEHICLES.decode(stored).course
    outcome = run([Fix(11_000, 52.0, 13.0)], course=course)

    assert outcome.now.totals.fixes == 3
    assert outcome.now.totals.distance_m == 100.0


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_the_first_days_of_a_vehicle_of_earlier_versions_add_up_in_any_zone(zone: str) -> None:
    course = VEHICLES.decode(VERSION_2).course
    rules = msgspec.structs.replace(RULES, zone=ZoneInfo(zone))
    way = [Fix(1_000 + second * 1_000, 52.0 + second * 1e-5, 13.0) for second in range(60, 200_000, 240)]
    outcome = run(way, rules, course)

    every = [*outcome.panes, *open_by_size(outcome.now.panes, outcome.now.totals)]
    days_m = sum(pane.sums.distance_m for size, pane in every if size is Size.DAY)
    assert days_m == pytest.approx(outcome.now.totals.distance_m - 100.0)


def test_a_vehicle_of_which_nothing_was_accepted_has_no_course() -> None:
    assert VEHICLES.decode(NEVER_SEEN) == Vehicle("van-1", refused={"too_late": 1})


def test_version_3_can_still_be_read() -> None:
    assert VEHICLES.decode(VERSION_3) == Vehicle(
        vehicle_id="van-1",
        tenant="north",
        received_ms=2_000,
        heard_ms=1_000,
        newest_ms=999,
        refused={"duplicate": 1},
        told_until_ms=7,
        is_flushed=True,
        is_silent=False,
        is_clock_wrong=True,
        late=2,
        late_since_ms=9,
    )


@given(drives())
def test_what_is_written_today_is_read_today(fixes: list[Fix]) -> None:
    vehicle = Vehicle("van-1", "north", 3, 2, 1, {"duplicate": 1}, run(fixes).now)

    assert VEHICLES.decode(VEHICLES.encode(vehicle)) == vehicle


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(UnknownVersionError, match=r"table vehicles: a value has version 9, this release knows up to 4"):
        VEHICLES.decode(b"\x09" + VERSION_1[1:])
