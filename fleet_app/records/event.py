"""`fleet.events`: what happened, for people and programs."""

import msgspec

from fleet_app.domain.events import Event, EventType, Evidence, Severity, severity_of


class FleetEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `fleet.events`.

    Attributes:
        id: What it is known by; an event is told once.
        type: What happened.
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        time_ms: When it happened, ms since 1970, UTC.
        lat: Where, degrees, WGS84.
        lon: Where.
        severity: How much it matters.
        delayed: Whether it is history: what shows it was itself more than 2 min old when it came in. It alerts nobody.
        evidence: The numbers that decided.
        geofence_id: The geofence that it has to do with; null without one.
    """

    id: str
    type: EventType
    vehicle_id: str
    tenant: str
    time_ms: int
    lat: float
    lon: float
    severity: Severity
    delayed: bool
    evidence: Evidence
    geofence_id: str | None


def event_id(vehicle_id: str, event: Event) -> str:
    """Return what an event is known by: a vehicle has one of a type and a geofence at an instant."""
    known_by = f"{vehicle_id}@{event.time_ms}/{event.type}"
    return known_by if event.geofence_id is None else f"{known_by}/{event.geofence_id}"


def fleet_event(vehicle_id: str, tenant: str, event: Event, *, delayed: bool) -> FleetEvent:
    """Return what is told of an event."""
    return FleetEvent(
        id=event_id(vehicle_id, event),
        type=event.type,
        vehicle_id=vehicle_id,
        tenant=tenant,
        time_ms=event.time_ms,
        lat=event.lat,
        lon=event.lon,
        severity=severity_of(event.type),
        delayed=delayed,
        evidence=event.evidence,
        geofence_id=event.geofence_id,
    )
