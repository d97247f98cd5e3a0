"""Why input is refused: one typed code per reason, and the words that go with it."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """The reason a position was not accepted. The codes are public: they stand on `fleet.rejected`."""

    # On arrival: whatever else is known of the vehicle.
    MALFORMED = "malformed"
    """Not a JSON object in UTF-8."""
    MISSING_FIELD = "missing_field"
    """A required field is absent."""
    MISTYPED_FIELD = "mistyped_field"
    """A field has the wrong JSON type."""
    OUT_OF_RANGE = "out_of_range"
    """A field has a value that cannot be, such as a latitude of 91."""
    UNKNOWN_DEVICE = "unknown_device"
    """No vehicle had the device at that time, and unknown devices are refused. Given at doors only."""
    NOT_ALLOWED = "not_allowed"
    """The key that it was sent with is not one for this device or vehicle. Given at doors only."""
    UNKNOWN_VEHICLE = "unknown_vehicle"
    """No profile is known of the vehicle, and unknown devices are refused."""
    NULL_ISLAND = "null_island"
    """At 0 degrees north, 0 degrees east: what devices send that have no fix."""
    TOO_OLD = "too_old"
    """The device's time lies further back than the maximum age."""
    IN_FUTURE = "in_future"
    """The device's time lies further ahead than the maximum skew."""
    INACCURATE = "inaccurate"
    """The device itself says that it may be further off than the maximum allowed."""
    DUPLICATE = "duplicate"
    """A fix of the same time and place has come in before."""

    # In order of event time: beside the fixes before and after it.
    SAME_TIME = "same_time"
    """Another fix of the same millisecond, at another place, was accepted."""
    IMPLIED_SPEED = "implied_speed"
    """From the last accepted fix it would have taken more speed than a vehicle of its class has."""
    IMPLIED_ACCELERATION = "implied_acceleration"
    """From the last accepted fix it would have taken more than 1 g."""
    EXCURSION = "excursion"
    """There and back: the next fix is where the one before was."""

    # Faults, of the sender's client or of this program.
    MISKEYED = "miskeyed"
    """Sent on to where its vehicle belongs, and yet in another partition."""
    FAILED = "failed"
    """Handling it raised an error: a fault of this program."""


class Refusal(msgspec.Struct, frozen=True):
    """A refused input: its reason code and a sentence naming the field and the value."""

    reason: Reason
    detail: str


def duplicate(time_ms: int) -> Refusal:
    """Return the refusal of a fix of the same time and place as one before."""
    return Refusal(Reason.DUPLICATE, f"a fix at time_ms {time_ms} and this position has come in before")
