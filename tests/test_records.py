"""Public records, as other programs read them."""

import json
from base64 import b64decode

import msgspec
import pytest

from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.records import Place, UnreadableError, closed_window, dead_letter, rejected, vehicle_now
from fleet_app.stream.declarations import FailedRecord, PlainRecord, RekeyedTwiceError

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
    record, place = PlainRecord(42, 1_000, b"\xfe", value), Place("fleet.positions", 3)
    said = json.loads(msgspec.json.encode(rejected(record, place, "van-1", Refusal(Reason.MALFORMED, "no JSON"))))

    assert b64decode(said["key"]) == b"\xfe"
    assert (None if said["value"] is None else b64decode(said["value"])) == value
    assert (said["reason"], said["topic"], said["partition"], said["offset"]) == ("malformed", "fleet.positions", 3, 42)


@pytest.mark.parametrize(("speeds", "mean_mps", "max_mps"), [((0, 0.0, None), None, None), ((2, 12.0, 7.0), 6.0, 7.0)])
def test_a_closed_window_says_what_happened_in_its_pane(
    speeds: tuple[int, float, float | None], mean_mps: float | None, max_mps: float | None
) -> None:
    pane = Pane(60_000, 120_000, 3, 250.0, *speeds, 2)

    assert json.loads(msgspec.json.encode(closed_window(Vehicle("van-1", "north"), Size.MINUTE, pane))) == {
        "vehicle_id": "van-1", "tenant": "north", "size": "1m", "start_ms": 60_000, "end_ms": 120_000, "fixes": 3,
        "distance_m": 250.0, "mean_speed_mps": mean_mps, "max_speed_mps": max_mps, "revision": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (UnreadableError(Refusal(Reason.OUT_OF_RANGE, "lat is 91")), Reason.OUT_OF_RANGE, "lat is 91"),
        (RekeyedTwiceError("van-1", 3), Reason.MISKEYED, "what the engine says of it"),
        (KeyError("speed"), Reason.FAILED, "what the engine says of it"),
    ],
)
def test_a_dead_letter_says_what_was_wrong(error: Exception, reason: Reason, detail: str) -> None:
    failed = FailedRecord(
        topic="fleet.positions",
        partition=3,
        record=PlainRecord(42, 1_000, b"van-1", b"{}"),
        error=error,
        detail="what the engine says of it",
    )
    key, letter = dead_letter(failed)

    assert (key, letter.vehicle_id, letter.reason, letter.detail) == ("van-1", "van-1", reason, detail)
    assert (letter.topic, letter.partition, letter.offset, letter.received_ms) == ("fleet.positions", 3, 42, 1_000)


def test_a_dead_letter_of_a_record_without_a_key_has_no_vehicle() -> None:
    error = UnreadableError(Refusal(Reason.MALFORMED, "no JSON"))
    record = PlainRecord(0, 0, None, None)
    failed = FailedRecord(topic="fleet.positions", partition=0, record=record, error=error, detail="")

    assert dead_letter(failed)[0] == ""
