"""A value of fleet.vehicles, as other programs read it."""

import json

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.presence import Presence, Visit
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.vehicle_now import vehicle_now
from tests.domain.drives import Told, driving, fix_at, run, standing

TOLD = Told(speed_mps=10.0, heading_deg=90.0, accuracy_m=4.0, ignition=True)
COURSE = run([*standing(0, 300, told=Told(speed_mps=0.0)), *driving(300, 600, told=TOLD)]).now
VEHICLE = Vehicle("van-1", received_ms=7, course=COURSE)


def said(vehicle: Vehicle, shown: Fix) -> dict[str, object]:
    value: dict[str, object] = json.loads(msgspec.json.encode(vehicle_now(vehicle, shown)))
    return value


def test_a_vehicle_that_is_shown_at_its_last_judged_fix_says_all_that_is_known() -> None:
    assert COURSE.leg is not None
    assert said(VEHICLE, COURSE.last) == {
        "vehicle_id": "van-1", "tenant": "default", "time_ms": COURSE.last.time_ms, "received_ms": 7,
        "lat": COURSE.last.lat, "lon": COURSE.last.lon, "odometer_m": COURSE.totals.distance_m, "fixes": 60,
        "state": "moving", "speed_mps": 10.0, "speed_source": "device", "heading_deg": 90.0, "accuracy_m": 4.0,
        "ignition": True, "trip_id": f"van-1@{COURSE.leg.number}",
    }  # fmt: skip


def test_where_it_says_to_be_since_is_provisional_with_what_the_device_says() -> None:
    newer = fix_at(610, 3_100, 0, Told(speed_mps=9.0))
    found = said(VEHICLE, newer)

    assert (found["is_provisional"], found["time_ms"], found["lon"]) == (True, newer.time_ms, newer.lon)
    assert (found["speed_mps"], found["speed_source"]) == (9.0, "device")
    assert (found["state"], found["fixes"], found["odometer_m"]) == ("moving", 60, COURSE.totals.distance_m)


def test_before_its_first_fix_was_judged_nothing_is_said_of_what_it_does() -> None:
    found = said(Vehicle("van-1"), fix_at(0))

    assert (found["is_provisional"], found["fixes"], found["odometer_m"]) == (True, 0, 0.0)
    assert not found.keys() & {"state", "speed_mps", "speed_source", "trip_id"}


def test_a_vehicle_says_which_geofences_it_is_in() -> None:
    visit = Visit("depot", 1, COURSE.last.time_ms)
    inside = msgspec.structs.replace(COURSE, presence=Presence((visit,)))

    assert said(Vehicle("van-1", course=inside), COURSE.last)["geofence_ids"] == ["depot"]


def test_a_silent_vehicle_is_offline() -> None:
    silent = msgspec.structs.replace(VEHICLE, is_silent=True)

    assert said(silent, COURSE.last)["state"] == "offline"


def test_a_vehicle_is_shown_as_judged_also_after_it_was_stored() -> None:
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(VEHICLE), type=Vehicle)
    assert stored.course is not None

    assert said(stored, stored.course.last) == said(VEHICLE, COURSE.last)
