"""The JSON that Traccar Client sends."""

import json
from typing import Any

import pytest

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.draft import RefusedRequestError
from fleet_app.ingest.osmand.message import read_message

COORDS = {"latitude": 52.4312, "longitude": 13.5345, "accuracy": 4.5, "speed": 8.3, "heading": 271, "altitude": 34.1}
TIMESTAMP = "2025-12-31T08:00:00.250Z"
READ = Report(
    device_id="48241179",
    time_ms=1_767_168_000_250,
    lat=52.4312,
    lon=13.5345,
    speed_mps=8.3,
    heading_deg=271.0,
    accuracy_m=4.5,
    altitude_m=34.1,
)


def read(location: dict[str, Any] | None = None, coords: dict[str, Any] | None = None) -> Report:
    whole = {"timestamp": TIMESTAMP, "coords": COORDS | (coords or {})} | (location or {})
    return read_message(json.dumps({"location": whole, "device_id": "48241179"}).encode())


def refusal(message: object) -> str:
    with pytest.raises(RefusedRequestError) as refused:
        read_message(json.dumps(message).encode())
    return str(refused.value)


def test_a_message_is_a_position_with_its_speed_in_metres_per_second() -> None:
    assert read() == READ


def test_what_else_it_tells_is_kept_as_attributes() -> None:
    position = read(
        {
            "is_moving": True,
            "odometer": 1250,
            "event": "motionchange",
            "mock": False,
            "battery": {"level": 0.29, "is_charging": False},
            "activity": {"type": "in_vehicle", "confidence": 90},
            "extras": {
                "driver": "Ada",
                "seats": 2,
                "full": True,
                "batt": 1,
                "more": {"x": 1},
                "list": [1],
                "gone": None,
            },
            "uuid": "2FB04C65",
            "age": 188,
            "_": "&id=48241179&",
        }
    )

    assert position.attributes == {
        "batt": 29.0,
        "charge": False,
        "is_moving": True,
        "event": "motionchange",
        "activity": "in_vehicle",
        "odometer": 1250.0,
        "mock": False,
        "driver": "Ada",
        "seats": 2.0,
        "full": True,
    }


def test_what_the_phone_counts_is_not_the_vehicles_odometer() -> None:
    assert read({"odometer": 1250}).odometer_m is None


@pytest.mark.parametrize(
    ("name", "field"), [("speed", "speed_mps"), ("heading", "heading_deg"), ("accuracy", "accuracy_m")]
)
@pytest.mark.parametrize("value", [-1, -0.5, None])
def test_minus_one_and_null_are_unknown(name: str, field: str, value: float | None) -> None:
    assert getattr(read(coords={name: value}), field) is None


def test_an_unknown_battery_is_left_out() -> None:
    assert read({"battery": {"level": -1, "is_charging": True}}).attributes == {"charge": True}


def test_the_coordinates_alone_are_enough() -> None:
    body = (
        b'{"device_id":"7","location":{"timestamp":"2025-12-31T09:00:00+01:00","coords":{"latitude":1,"longitude":2}}}'
    )

    assert read_message(body) == Report(device_id="7", time_ms=1_767_168_000_000, lat=1.0, lon=2.0)


def test_the_height_above_the_ellipsoid_counts_more_than_that_above_the_sea() -> None:
    assert read(coords={"ellipsoidal_altitude": 75.6}).altitude_m == 75.6
    assert read(coords={"ellipsoidal_altitude": None}).altitude_m == 34.1


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ({"coords": None}, "`$.location.coords`"),
        ({"coords": {"longitude": 13.5}}, "missing required field `latitude`"),
        ({"coords": COORDS | {"latitude": "52"}}, "Expected `float`, got `str` - at `$.location.coords.latitude`"),
        ({"coords": COORDS | {"latitude": 91}}, "Expected `float` <= 90.0 - at location.coords.latitude (lat 91.0)"),
        ({"coords": COORDS | {"speed": 151}}, "at location.coords.speed (speed_mps 151.0)"),
        ({"timestamp": "soon"}, "location.timestamp 'soon' is not a time"),
    ],
)
def test_what_cannot_be_read_is_named(location: dict[str, Any], told: str) -> None:
    whole = {"timestamp": TIMESTAMP, "coords": COORDS} | location

    assert told in refusal({"location": whole, "device_id": "7"})


def test_a_message_without_a_device_or_with_an_impossible_one_is_refused() -> None:
    location = {"timestamp": TIMESTAMP, "coords": COORDS}

    assert "missing required field `device_id`" in refusal({"location": location})
    assert "at device_id (device_id '')" in refusal({"location": location, "device_id": ""})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"location":' * 100_000, b'{"location":"\xff"}'])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedRequestError, match="is not a message of Traccar Client: "):
        read_message(body)
