"""What happened to a vehicle, for whoever wants to be told: a type, an instant, a place, the numbers that decided."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

Evidence = dict[str, float | int | str | bool | None]
"""The numbers that decided; keys carry units."""


class EventType(StrEnum):
    """What happened. The codes are public: they stand on `fleet.events`."""

    TRIP_STARTED = "trip_started"
    TRIP_ENDED = "trip_ended"
    STOP_STARTED = "stop_started"
    STOP_ENDED = "stop_ended"
    IDLE_STARTED = "idle_started"
    IDLE_ENDED = "idle_ended"
    OVERSPEED_STARTED = "overspeed_started"
    OVERSPEED_ENDED = "overspeed_ended"
    BRAKED_HARSHLY = "braked_harshly"
    ACCELERATED_HARSHLY = "accelerated_harshly"
    CORNERED_HARSHLY = "cornered_harshly"
    GEOFENCE_ENTERED = "geofence_entered"
    GEOFENCE_EXITED = "geofence_exited"
    GEOFENCE_DWELLED = "geofence_dwelled"
    """It has been inside for longer than the geofence's dwell limit; told once per visit."""
    GEOFENCE_OVERSPEED_STARTED = "geofence_overspeed_started"
    GEOFENCE_OVERSPEED_ENDED = "geofence_overspeed_ended"
    WENT_OFFLINE = "went_offline"
    CAME_BACK = "came_back"
    CLOCK_WRONG = "clock_wrong"
    """Its time is ahead of its receipt by more than the allowed skew, or years behind it."""
    TELEPORT_REFUSED = "teleport_refused"
    """A fix was refused that its vehicle cannot have reached; the first of such a run is told."""


class Severity(StrEnum):
    """How much an event matters to somebody who looks after many vehicles."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"


_SEVERITIES: Final[Mapping[EventType, Severity]] = {
    EventType.IDLE_STARTED: Severity.NOTICE,
    EventType.OVERSPEED_STARTED: Severity.WARNING,
    EventType.BRAKED_HARSHLY: Severity.NOTICE,
    EventType.ACCELERATED_HARSHLY: Severity.NOTICE,
    EventType.CORNERED_HARSHLY: Severity.NOTICE,
    EventType.GEOFENCE_DWELLED: Severity.WARNING,
    EventType.GEOFENCE_OVERSPEED_STARTED: Severity.WARNING,
    EventType.WENT_OFFLINE: Severity.WARNING,
    EventType.CLOCK_WRONG: Severity.WARNING,
    EventType.TELEPORT_REFUSED: Severity.NOTICE,
}

DELAYED_MS: Final = 120_000
"""What is shown by a fix that is older than this on its receipt is history: it alerts nobody."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened. A vehicle has at most one event of a type and a geofence at an instant.

    Attributes:
        type: What.
        time_ms: When, ms since 1970, event time.
        lat: Where, degrees, WGS84.
        lon: Where.
        evidence: The numbers that decided.
        geofence_id: The geofence that it has to do with; None without one.
    """

    type: EventType
    time_ms: int
    lat: float
    lon: float
    evidence: Evidence
    geofence_id: str | None = None


def severity_of(kind: EventType) -> Severity:
    """Return how much events of a type matter; most are only information."""
    return _SEVERITIES.get(kind, Severity.INFO)
