"""What is told of a vehicle inside a geofence: that it stays too long, and that it drives too fast."""

from typing import Final

import msgspec

from fleet_app.domain.course import Course
from fleet_app.domain.events import Event, EventType, Evidence
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.presence import Visit
from fleet_app.domain.geofences.schedule import is_in_force
from fleet_app.domain.rules import OVERSPEED_TOLERANCE, Rules

_NOTHING: Final[list[Event]] = []


def stay(visit: Visit, geofence: Geofence, moved: Course, rules: Rules) -> tuple[Visit, list[Event]]:
    """Return a visit that goes on after one more fix of the vehicle, and what is to be told."""
    if geofence.dwell_limit_s is None and geofence.speed_limit_mps is None and visit.over_since_ms is None:
        return visit, _NOTHING
    until_ms = moved.last.time_ms if visit.left_ms is None else visit.left_ms
    events: list[Event] = []
    due_ms = dwell_due_ms(visit, geofence)
    if due_ms is not None and due_ms <= until_ms:
        visit = msgspec.structs.replace(visit, is_dwell_told=True)
        events += dwelled(visit, geofence, due_ms, moved, rules)
    return _watch_speed(visit, geofence, moved, rules, events), events


def leave(visit: Visit, geofence: Geofence, left_ms: int, moved: Course, rules: Rules) -> list[Event]:
    """Return what is to be told of a visit that is over, beside that it is."""
    due_ms = dwell_due_ms(visit, geofence)
    events = dwelled(visit, geofence, due_ms, moved, rules) if due_ms is not None and due_ms <= left_ms else []
    if visit.over_since_ms is not None and visit.is_overspeed_told:
        events.append(_slowed_down(visit.over_since_ms, geofence.geofence_id, left_ms, moved))
    return events


def dwell_due_ms(visit: Visit, geofence: Geofence) -> int | None:
    """Return the event time at which the dwell limit is passed; None without one, and when it was passed."""
    if geofence.dwell_limit_s is None or visit.is_dwell_told:
        return None
    return visit.entered_ms + round(geofence.dwell_limit_s * 1_000)


def dwelled(visit: Visit, geofence: Geofence, due_ms: int, moved: Course, rules: Rules) -> list[Event]:
    """Return the event of a dwell limit that was passed at `due_ms`, if the geofence is in force then."""
    if not is_in_force(geofence.schedule, due_ms, rules.zone):
        return []
    evidence: Evidence = {
        "name": geofence.name,
        "dwell_limit_s": geofence.dwell_limit_s,
        "entered_ms": visit.entered_ms,
    }
    last = moved.last
    return [Event(EventType.GEOFENCE_DWELLED, due_ms, last.lat, last.lon, evidence, geofence.geofence_id)]


def _watch_speed(visit: Visit, geofence: Geofence, moved: Course, rules: Rules, events: list[Event]) -> Visit:
    limit_mps, speed_mps, last = geofence.speed_limit_mps, moved.speed_mps, moved.last
    if limit_mps is None or speed_mps is None or speed_mps <= limit_mps * OVERSPEED_TOLERANCE:
        if visit.over_since_ms is None:
            return visit
        if visit.is_overspeed_told:
            events.append(_slowed_down(visit.over_since_ms, geofence.geofence_id, last.time_ms, moved))
        return msgspec.structs.replace(visit, over_since_ms=None, is_overspeed_told=False)
    if visit.over_since_ms is None:
        return msgspec.structs.replace(visit, over_since_ms=last.time_ms)
    over_ms = last.time_ms - visit.over_since_ms
    is_due = over_ms >= rules.overspeed_told_ms and is_in_force(geofence.schedule, last.time_ms, rules.zone)
    if visit.is_overspeed_told or not is_due:
        return visit
    evidence: Evidence = {
        "name": geofence.name,
        "speed_mps": speed_mps,
        "limit_mps": limit_mps,
        "over_s": over_ms / 1_000,
        "speed_source": moved.speed_source.value,
    }
    kind = EventType.GEOFENCE_OVERSPEED_STARTED
    events.append(Event(kind, last.time_ms, last.lat, last.lon, evidence, geofence.geofence_id))
    return msgspec.structs.replace(visit, is_overspeed_told=True)


def _slowed_down(over_since_ms: int, geofence_id: str, time_ms: int, moved: Course) -> Event:
    evidence: Evidence = {"over_s": (time_ms - over_since_ms) / 1_000}
    kind, last = EventType.GEOFENCE_OVERSPEED_ENDED, moved.last
    return Event(kind, time_ms, last.lat, last.lon, evidence, geofence_id)
