"""A value of fleet.fixes, as other programs read it."""

import json

import msgspec

from fleet_app.records.accepted_fix import accepted_fix
from tests.domain.drives import Told, driving, fix_at, run

TOLD = Told(speed_mps=10.0, heading_deg=90.0, accuracy_m=4.0, ignition=True)


def test_a_fix_says_where_the_vehicle_was_how_fast_and_what_it_did() -> None:
    course = run(driving(0, 300, told=TOLD)).now
    said = json.loads(msgspec.json.encode(accepted_fix("van-1", "north", 7, course, is_late=False)))

    assert said == {
        "vehicle_id": "van-1", "tenant": "north", "time_ms": course.last.time_ms, "received_ms": 7,
        "lat": course.last.lat, "lon": course.last.lon, "odometer_m": course.totals.distance_m, "state": "moving",
        "speed_mps": 10.0, "speed_source": "device", "heading_deg": 90.0, "accuracy_m": 4.0, "ignition": True,
    }  # fmt: skip


def test_what_is_not_known_is_left_out_and_a_late_one_says_so() -> None:
    said = json.loads(msgspec.json.encode(accepted_fix("van-1", "north", 7, run([fix_at(0)]).now, is_late=True)))

    assert said["is_late"] is True
    assert not said.keys() & {"speed_mps", "speed_source", "heading_deg", "accuracy_m", "ignition"}
