"""Which geofences a vehicle is in, or may be: what is remembered of it from fix to fix."""

from enum import StrEnum
from typing import Final

import msgspec


class Cause(StrEnum):
    """Why a vehicle is inside a geofence, or is not any more. The codes are public."""

    CROSSED = "crossed"
    """It crossed the edge."""
    UNSEEN = "unseen"
    """It crossed the edge some time in a silence."""
    FOUND = "found"
    """It was inside when it was first seen, or when the geofence was drawn around it."""
    CHANGED = "geofence_changed"
    """The geofence was drawn anew elsewhere."""
    DELETED = "geofence_deleted"


MOVEMENTS: Final = frozenset({Cause.CROSSED, Cause.UNSEEN})
"""What the vehicle did; the other causes are what somebody drew, or that it was seen at all."""


class Approach(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle that may be inside a geofence.

    Attributes:
        geofence_id: Which.
        crossed_ms: When it crossed the edge, event time.
        lat: Where, degrees, WGS84.
        lon: The same.
        cause: Why it may be inside.
        is_clear: Whether a fix was clear of the edge since.
    """

    geofence_id: str
    crossed_ms: int
    lat: float
    lon: float
    cause: Cause
    is_clear: bool = False


class Visit(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle inside a geofence.

    Attributes:
        geofence_id: Which.
        revision: The geofence's.
        entered_ms: Since when, event time.
        left_ms: When it crossed the edge outwards, if its last fix was outside.
        left_lat: Where, degrees, WGS84.
        left_lon: The same.
        is_clear: Whether its last fix was clear of the edge, outside.
        is_dwell_told: Whether the dwell limit was passed.
        over_since_ms: Since when it is above the geofence's speed limit; None while it is not.
        is_overspeed_told: Whether that was told.
        left_cause: Why it is outside, if its last fix was.
    """

    geofence_id: str
    revision: int
    entered_ms: int
    left_ms: int | None = None
    left_lat: float = 0.0
    left_lon: float = 0.0
    is_clear: bool = False
    is_dwell_told: bool = False
    over_since_ms: int | None = None
    is_overspeed_told: bool = False
    left_cause: Cause = Cause.CROSSED


class Presence(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The geofences that a vehicle is in, or may be.

    Attributes:
        visits: Where it is.
        approaches: Where it may be.
        version: The version of the places that it was looked for in last while it rested.
    """

    visits: tuple[Visit, ...] = ()
    approaches: tuple[Approach, ...] = ()
    version: int = 0

    @property
    def geofence_ids(self) -> tuple[str, ...]:
        """The geofences that it is in."""
        return tuple(visit.geofence_id for visit in self.visits)


ABSENT: Final = Presence()
"""In no geofence, and near none."""
