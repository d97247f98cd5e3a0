"""Why input is refused: one typed code per reason, and the words that go with it."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """The reason a position was not accepted. The codes are public: they stand on `fleet.rejected`."""

    MALFORMED = "malformed"
    """Not a JSON object in UTF-8."""
    MISSING_FIELD = "missing_field"
    """A required field is absent."""
    MISTYPED_FIELD = "mistyped_field"
    """A field has the wrong JSON type."""
    OUT_OF_RANGE = "out_of_range"
    """A field has a value that cannot be, such as a latitude of 91."""
    TOO_OLD = "too_old"
    """The device's time lies further back than the maximum age."""
    IN_FUTURE = "in_future"
    """The device's time lies further ahead than the maximum skew."""
    DUPLICATE = "duplicate"
    """The same fix as one of the vehicle's last 16."""
    TOO_LATE = "too_late"
    """Older than all of the vehicle's last 16 fixes: it can no longer be told from a repeat."""
    MISKEYED = "miskeyed"
    """Sent on to where its vehicle belongs, and yet in another partition."""
    FAILED = "failed"
    """Handling it raised an error: a fault of this program."""


class Refusal(msgspec.Struct, frozen=True):
    """A refused input: its reason code and a sentence naming the field and the value."""

    reason: Reason
    detail: str
