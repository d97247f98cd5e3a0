"""The JSON message of Traccar Client from version 9 on. Speeds are in metres per second."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.draft import (
    AttributeValue,
    RefusedRequestError,
    checked,
    fitting,
    read_time,
    unless_negative,
)

_NAMES: Final = {
    "device_id": "device_id",
    "time_ms": "location.timestamp",
    "lat": "location.coords.latitude",
    "lon": "location.coords.longitude",
    "speed_mps": "location.coords.speed",
    "heading_deg": "location.coords.heading",
    "accuracy_m": "location.coords.accuracy",
    "altitude_m": "location.coords.altitude",
}


class _Coords(msgspec.Struct, frozen=True):
    latitude: float
    longitude: float
    accuracy: float | None = None
    speed: float | None = None
    heading: float | None = None
    altitude: float | None = None
    ellipsoidal_altitude: float | None = None


class _Battery(msgspec.Struct, frozen=True):
    level: float | None = None
    is_charging: bool | None = None


class _Activity(msgspec.Struct, frozen=True):
    type: str | None = None


class _Location(msgspec.Struct, frozen=True):
    timestamp: str
    coords: _Coords
    is_moving: bool | None = None
    odometer: float | None = None
    event: str | None = None
    mock: bool | None = None
    battery: _Battery | None = None
    activity: _Activity | None = None
    extras: dict[str, str | float | bool | list[Any] | dict[str, Any] | None] | None = None


class _Message(msgspec.Struct, frozen=True):
    location: _Location
    device_id: str


_decode = msgspec.json.Decoder(_Message).decode


def read_message(body: bytes) -> Report:
    """Return the position in `{"location": {"timestamp": …, "coords": {…}, …}, "device_id": …}`.

    Raises:
        RefusedRequestError: It gives none.
    """
    try:
        message = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedRequestError(f"the body is not a message of Traccar Client: {error}") from error
    coords = message.location.coords
    return checked(
        Report(
            device_id=message.device_id,
            time_ms=read_time("location.timestamp", message.location.timestamp),
            lat=coords.latitude,
            lon=coords.longitude,
            speed_mps=unless_negative(coords.speed),
            heading_deg=unless_negative(coords.heading),
            accuracy_m=unless_negative(coords.accuracy),
            altitude_m=_height_m(coords),
            attributes=fitting(_extra(message.location)),
        ),
        _NAMES,
    )


def _height_m(coords: _Coords) -> float | None:
    """Return the height above the ellipsoid: `altitude` counts from the sea on iPhones, which send both."""
    return coords.altitude if coords.ellipsoidal_altitude is None else coords.ellipsoidal_altitude


def _extra(location: _Location) -> Iterator[tuple[str, AttributeValue]]:
    """Yield what is shown beside the fix; battery and charger under the names that they have in the form."""
    battery = location.battery or _Battery()
    level = unless_negative(battery.level)
    yield "batt", None if level is None else round(level * 100, 1)
    yield "charge", battery.is_charging
    yield "is_moving", location.is_moving
    yield "event", location.event
    yield "activity", None if location.activity is None else location.activity.type
    # Metres since tracking began, as the phone counts them: not what the vehicle's own odometer says.
    yield "odometer", location.odometer
    yield "mock", location.mock
    for name, value in (location.extras or {}).items():
        if isinstance(value, str | float | bool):
            yield name, value
