"""Public records, as other programs read them."""

import json
from base64 import b64decode

import msgspec
import pytest

from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.records import rejected, vehicle_now
from fleet_app.stream.declarations import Record

FIX = Fix(1_000, 52.0, 13.0, 5.0, 90.0, 4.0, 30.0, ignition=True, fuel_l=40.0, device_id="d", attributes={"a": 1.0})


def test_where_a_vehicle_is_now_says_what_its_newest_fix_says() -> None:
    said = json.loads(msgspec.json.encode(vehicle_now(Vehicle("van-1", last=FIX, odometer_m=7.0, accepted=3))))

    assert said == {
        "vehicle_id": "van-1", "tenant": "default", "time_ms": 1_000, "lat": 52.0, "lon": 13.0, "odometer_m": 7.0,
        "fixes": 3, "speed_mps": 5.0, "heading_deg": 90.0, "accuracy_m": 4.0, "altitude_m": 30.0, "ignition": True,
    }  # fmt: skip


def test_what_the_device_did_not_say_is_left_out() -> None:
    said = json.loads(msgspec.json.encode(vehicle_now(Vehicle("van-1", last=Fix(1_000, 52.0, 13.0)))))

    assert "speed_mps" not in said


@pytest.mark.parametrize("value", [b"\xff\x00 no json", b"", None])
def test_the_original_bytes_of_a_refused_record_come_through_json(value: bytes | None) -> None:
    record = Record("fleet.positions", 3, 42, 1_000, b"\xfe", value)
    said = json.loads(msgspec.json.encode(rejected(record, "van-1", Refusal(Reason.MALFORMED, "no JSON"))))

    assert b64decode(said["key"]) == b"\xfe"
    assert (None if said["value"] is None else b64decode(said["value"])) == value
    assert (said["reason"], said["topic"], said["partition"], said["offset"]) == ("malformed", "fleet.positions", 3, 42)
