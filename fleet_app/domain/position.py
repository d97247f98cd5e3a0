"""The input contract: what a sender may say about one position, and how it is read.

`docs/positions.md` explains it to senders; the JSON Schema beside that page is made from `Position`.
"""

import re
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from fleet_app.domain.refusals import Reason, Refusal

T = TypeVar("T")

LATEST_TIME_MS: Final = 4_102_444_800_000
"""2100-01-01: no clock of a vehicle is past it, whatever the age and skew gates allow."""

MOST_BYTES: Final = 65_536
"""What a position may take as JSON: it is kept as it came until it is judged. The largest that says anything: 60 kB."""

VehicleId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        # `$` alone would let a trailing newline pass; `.` and `..` vanish from a URL's path.
        pattern=r"^(?!\.{1,2}$)[^\x00-\x1f\x7f/]+$(?!\n)",
        description="Unique per installation, stable for the vehicle's life. No control character, no slash.",
    ),
]


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One position as it is told at a door. Leave out what the device does not know.

    Without a `vehicle_id` it is the position of the vehicle that the device was in.
    """

    vehicle_id: VehicleId | None = None
    time_ms: Annotated[
        int,
        Meta(ge=0, le=LATEST_TIME_MS, description="When the device took the fix: milliseconds since 1970, UTC."),
    ]
    lat: Annotated[float, Meta(ge=-90.0, le=90.0, description="Latitude, degrees, WGS84.")]
    lon: Annotated[float, Meta(ge=-180.0, le=180.0, description="Longitude, degrees, WGS84.")]
    speed_mps: Annotated[float, Meta(ge=0.0, le=150.0, description="Speed over ground by the device, m/s.")] | None = (
        None
    )
    heading_deg: (
        Annotated[float, Meta(ge=0.0, le=360.0, description="Course over ground, degrees clockwise from north.")] | None
    ) = None
    accuracy_m: (
        Annotated[float, Meta(ge=0.0, le=1_000_000.0, description="Radius of the 68 % circle, metres.")] | None
    ) = None
    altitude_m: (
        Annotated[float, Meta(ge=-1_000.0, le=20_000.0, description="Height above the ellipsoid, metres.")] | None
    ) = None
    ignition: Annotated[bool, Meta(description="Whether the engine is switched on.")] | None = None
    odometer_m: Annotated[float, Meta(ge=0.0, le=1e11, description="The vehicle's own odometer, metres.")] | None = None
    fuel_l: Annotated[float, Meta(ge=0.0, le=100_000.0, description="Fuel in the tank, litres.")] | None = None
    device_id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=128,
                description="The device that sent it, if not the vehicle's only one.",
            ),
        ]
        | None
    ) = None
    attributes: (
        Annotated[
            dict[
                Annotated[str, Meta(max_length=64)],
                Annotated[str, Meta(max_length=256)] | float | bool | None,
            ],
            Meta(
                max_length=32,
                description="Anything else worth keeping beside the last fix; shown, not interpreted.",
            ),
        ]
        | None
    ) = None


class Position(Report, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One position as it stands on `fleet.positions`: it says whose it is."""

    vehicle_id: VehicleId


class ArrivalRules(msgspec.Struct, frozen=True):
    """The gates that need no order.

    Attributes:
        max_skew_ms: Further ahead of its receipt than this is refused, ms.
        max_age_ms: Further behind it, too; None takes any age.
        max_accuracy_m: A device that says it may be further off than this is refused, metres.
    """

    max_skew_ms: int
    max_age_ms: int | None
    max_accuracy_m: float


_NULL_ISLAND_DEG: Final = 1e-4
"""11 m around 0 N, 0 E, where no vehicle is."""
_decode = msgspec.json.Decoder(Position).decode
_decode_report = msgspec.json.Decoder(Report).decode
_RANGE_MESSAGE: Final = re.compile(r" of length |[<>]=|matching regex|Number out of range")


def read_position(value: bytes | None) -> Position | Refusal:
    """Return the position in a value of `fleet.positions`, or why it cannot be read."""
    return _read(_decode, value)


def read_report(value: bytes) -> Report | Refusal:
    """Return the position that a sender tells at a door, or why it cannot be read."""
    return _read(_decode_report, value)


def position_of(report: Report, vehicle_id: str) -> Position | Refusal:
    """Return what was told at a door as a position of that vehicle, or why it cannot have such an id."""
    try:
        return msgspec.convert(msgspec.structs.replace(report, vehicle_id=vehicle_id), Position, from_attributes=True)
    except msgspec.ValidationError as error:
        return Refusal(reason_of(str(error)), str(error))


def _read(decode: Callable[[bytes], T], value: bytes | None) -> T | Refusal:
    if not value:
        return Refusal(Reason.MALFORMED, "the record is empty; a position is a JSON object")
    if len(value) > MOST_BYTES:
        return Refusal(Reason.MALFORMED, f"the record has {len(value)} bytes; a position has at most {MOST_BYTES}")
    try:
        return decode(value)
    except msgspec.ValidationError as error:
        return Refusal(reason_of(str(error)), str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Refusal(Reason.MALFORMED, str(error))
    except RecursionError:
        return Refusal(Reason.MALFORMED, "nested too deeply")


def reason_of(message: str) -> Reason:
    """Classify msgspec's message; its wording is held by tests for every kind of fault."""
    if message.startswith("Object missing required field"):
        return Reason.MISSING_FIELD
    if " - at `$" not in message:
        return Reason.MALFORMED
    if _RANGE_MESSAGE.search(message):
        return Reason.OUT_OF_RANGE
    return Reason.MISTYPED_FIELD


def check_arrival(position: Position, received_ms: int, rules: ArrivalRules) -> Refusal | None:
    """Return why a position may not pass the arrival gates, or None if it may. Times in ms since 1970."""
    ahead_ms = position.time_ms - received_ms
    if ahead_ms > rules.max_skew_ms:
        return Refusal(
            Reason.IN_FUTURE,
            f"time_ms {position.time_ms} is {ahead_ms} ms ahead of its receipt, at most {rules.max_skew_ms} allowed",
        )
    if rules.max_age_ms is not None and -ahead_ms > rules.max_age_ms:
        return Refusal(
            Reason.TOO_OLD,
            f"time_ms {position.time_ms} is {-ahead_ms} ms before its receipt, at most {rules.max_age_ms} allowed",
        )
    if -_NULL_ISLAND_DEG < position.lat < _NULL_ISLAND_DEG and -_NULL_ISLAND_DEG < position.lon < _NULL_ISLAND_DEG:
        return Refusal(Reason.NULL_ISLAND, f"lat {position.lat:g}, lon {position.lon:g}: a device without a fix")
    if position.accuracy_m is not None and position.accuracy_m > rules.max_accuracy_m:
        return Refusal(
            Reason.INACCURATE,
            f"accuracy_m {position.accuracy_m:g}, at most {rules.max_accuracy_m:g} allowed",
        )
    return None
