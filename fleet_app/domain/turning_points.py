"""What begins and ends with a fix: trips and stops, idling, overspeed, silence."""

from typing import Final

import msgspec

from fleet_app.domain.course import Course, Watch
from fleet_app.domain.events import Event, EventType, Evidence
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.following import is_exempt, stop_ms
from fleet_app.domain.legs import Ending, Leg, LegKind, OpenLeg, is_trip
from fleet_app.domain.motion.driving import Manoeuvre
from fleet_app.domain.motion.rest import Rest, came_ms, left_ms
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.rules import OVERSPEED_TOLERANCE, Rules
from fleet_app.domain.states import State, silence_ms
from fleet_app.domain.totals import Totals, since


def is_near(course: Course, moved: Course, rules: Rules) -> bool:
    """Return whether anything may begin or end with the step from `course` to `moved`: for most steps it is False."""
    leg, watch, speed_mps = course.leg, course.watch, moved.speed_mps
    if watch.idle_since_ms is not None or watch.over_since_ms is not None:
        return True
    if speed_mps is not None and speed_mps > rules.limits.speed_limit_mps:
        return True
    if _has_left(course, moved):
        before = course.rest.before
        since_ms = course.rest.since_ms if before is None else before.time_ms
        return not is_trip(leg) or moved.last.time_ms - since_ms >= _stop_ms(course, rules)
    rested_ms = moved.last.time_ms - moved.rest.since_ms
    if moved.state is State.IDLE and rested_ms >= rules.idle_told_ms:
        return True
    return (leg is None or leg.kind is LegKind.TRIP) and rested_ms >= _stop_ms(moved, rules)


def _has_left(course: Course, moved: Course) -> bool:
    return moved.rest.since_ms != course.rest.since_ms


def turn(course: Course, moved: Course, harsh: Manoeuvre | None, rules: Rules) -> tuple[Course, list[Leg], list[Event]]:
    """Return the course after a step with what begins by it, the legs that end, and what is worth telling."""
    legs: list[Leg] = []
    events: list[Event] = []
    leg = _next_leg(course, moved, legs, events, rules)
    watch = _watch_idling(course.watch, moved, events, rules)
    watch = _watch_speed(watch, moved, events, rules)
    if harsh is not None:
        kind, evidence = harsh
        events.append(_event(kind, moved.last, evidence))
        watch = msgspec.structs.replace(watch, harsh_ms=moved.last.time_ms)
    return msgspec.structs.replace(moved, leg=leg, watch=watch), legs, events


def stopped(course: Course) -> tuple[Course, list[Leg], list[Event]]:
    """Return the course of a vehicle that turns out to stand where it rests, with the stop that goes on there."""
    if course.leg is not None and course.leg.kind is LegKind.STOP:
        return course, [], []
    legs: list[Leg] = []
    events: list[Event] = []
    leg = _arrive(course.leg, course, legs, events)
    return msgspec.structs.replace(course, leg=leg), legs, events


def closed_by(course: Course, ending: Ending) -> tuple[list[Leg], list[Event]]:
    """Return the trip or stop that goes on as it ends if nothing more is known of it, and the event that says so."""
    leg, rest, last = course.leg, course.rest, course.last
    if leg is None:
        return [], []
    if leg.kind is LegKind.TRIP and course.state is not State.MOVING:
        closed = _closed(leg, _came_ms(leg, rest), rest, rest.at_since, ending)
    else:
        closed = _closed(leg, last.time_ms, last, course.totals, ending)
    return [closed], [_ended(closed)]


def unwatched(course: Course) -> list[Event]:
    """Return the ends of what was told to go on beside trips and stops, as of the last fix: more is not known of it."""
    watch, last = course.watch, course.last
    events: list[Event] = []
    if watch.idle_since_ms is not None:
        events.append(_event(EventType.IDLE_ENDED, last, {"idle_s": (last.time_ms - watch.idle_since_ms) / 1_000}))
    if watch.over_since_ms is not None and watch.is_overspeed_told:
        events.append(_event(EventType.OVERSPEED_ENDED, last, {"over_s": (last.time_ms - watch.over_since_ms) / 1_000}))
    return events


def silence(course: Course, fix: Fix) -> list[Event]:
    """Return the events of a silence that a fix has ended."""
    return [
        *unwatched(course),
        went_offline(course),
        _event(EventType.CAME_BACK, fix, {"silent_s": (fix.time_ms - course.last.time_ms) / 1_000}),
    ]


def went_offline(course: Course) -> Event:
    """Return the event of a vehicle that tells nothing after its last fix."""
    last, silent_ms = course.last, silence_ms(course.interval_ms)
    evidence: Evidence = {"silent_s": silent_ms / 1_000, "interval_s": course.interval_ms / 1_000}
    return Event(EventType.WENT_OFFLINE, last.time_ms + silent_ms, last.lat, last.lon, evidence)


def teleport(last: Fix, fix: Fix, refusal: Refusal) -> Event:
    """Return the event of a fix that the vehicle cannot have reached; it happened where the vehicle is."""
    evidence: Evidence = {"reason": refusal.reason.value, "detail": refusal.detail, "lat": fix.lat, "lon": fix.lon}
    return Event(EventType.TELEPORT_REFUSED, fix.time_ms, last.lat, last.lon, evidence)


def _stop_ms(course: Course, rules: Rules) -> int:
    return stop_ms(course.presence, rules, course.last.time_ms)


def _next_leg(course: Course, moved: Course, legs: list[Leg], events: list[Event], rules: Rules) -> OpenLeg | None:
    leg = moved.leg
    if not _has_left(course, moved):
        has_rested = moved.rest.inside_ms - _came_ms(leg, moved.rest) >= _stop_ms(moved, rules)
        is_stop = leg is not None and leg.kind is LegKind.STOP
        return _arrive(leg, moved, legs, events) if has_rested and not is_stop else leg
    at_ms = left_ms(course.rest, moved.last)
    if is_trip(leg):
        if at_ms - _came_ms(leg, course.rest) < _stop_ms(course, rules):
            return leg
        # Only now it shows that the vehicle stood long enough: its fixes are far apart.
        leg = _arrive(leg, course, legs, events)
    return _depart(leg, at_ms, course.rest, moved, legs, events)


def _depart(  # noqa: PLR0913, PLR0917 - a departure in full
    stop: OpenLeg | None, at_ms: int, rest: Rest, moved: Course, legs: list[Leg], events: list[Event]
) -> OpenLeg:
    """Return the trip of a vehicle that has left its rest."""
    if stop is not None:
        closed = _closed(stop, at_ms, rest, rest.at_inside, Ending.DEPARTURE)
        legs.append(closed)
        events.append(_ended(closed))
    started = OpenLeg(LegKind.TRIP, at_ms, rest.lat, rest.lon, rest.at_inside, moved.speed_mps, at_ms)
    events.append(_event(EventType.TRIP_STARTED, started, {"rested_s": (at_ms - rest.since_ms) / 1_000}))
    return started


def _arrive(trip: OpenLeg | None, course: Course, legs: list[Leg], events: list[Event]) -> OpenLeg:
    """Return the stop of a vehicle that has rested long enough: it began when the vehicle came to rest."""
    rest = course.rest
    at_ms = _came_ms(trip, rest)
    if trip is not None:
        closed = _closed(trip, at_ms, rest, rest.at_since, Ending.STOP)
        legs.append(closed)
        events.append(_ended(closed))
    started = OpenLeg(LegKind.STOP, at_ms, rest.lat, rest.lon, rest.at_since, None, at_ms)
    events.append(_event(EventType.STOP_STARTED, started, {"rested_s": (rest.inside_ms - rest.since_ms) / 1_000}))
    return started


def _came_ms(trip: OpenLeg | None, rest: Rest) -> int:
    """Return when a vehicle came to rest, by its approach; at the rest's first fix where that is before the trip."""
    at_ms = came_ms(rest)
    return at_ms if trip is None or at_ms > trip.start_ms else rest.since_ms


def _watch_idling(watch: Watch, moved: Course, events: list[Event], rules: Rules) -> Watch:
    idle_s = moved.totals.idle_s - moved.rest.at_since.idle_s
    if watch.idle_since_ms is None:
        if moved.state is not State.IDLE or idle_s * 1_000 < rules.idle_told_ms:
            return watch
        if is_exempt(moved.presence, rules, moved.last.time_ms):
            return watch
        events.append(_event(EventType.IDLE_STARTED, moved.last, {"idle_s": idle_s}))
        return msgspec.structs.replace(watch, idle_since_ms=moved.last.time_ms - round(idle_s * 1_000))
    if moved.state is State.IDLE:
        return watch
    idled_s = (moved.last.time_ms - watch.idle_since_ms) / 1_000
    events.append(_event(EventType.IDLE_ENDED, moved.last, {"idle_s": idled_s}))
    return msgspec.structs.replace(watch, idle_since_ms=None)


def _watch_speed(watch: Watch, moved: Course, events: list[Event], rules: Rules) -> Watch:
    limit_mps = rules.limits.speed_limit_mps * OVERSPEED_TOLERANCE
    over_since_ms, time_ms, speed_mps = watch.over_since_ms, moved.last.time_ms, moved.speed_mps
    if speed_mps is None or speed_mps <= limit_mps:
        if over_since_ms is None:
            return watch
        if watch.is_overspeed_told:
            over_s = (time_ms - over_since_ms) / 1_000
            events.append(_event(EventType.OVERSPEED_ENDED, moved.last, {"over_s": over_s, "limit_mps": limit_mps}))
        return msgspec.structs.replace(watch, over_since_ms=None, is_overspeed_told=False)
    if over_since_ms is None:
        return msgspec.structs.replace(watch, over_since_ms=time_ms)
    if watch.is_overspeed_told or time_ms - over_since_ms < rules.overspeed_told_ms:
        return watch
    evidence: Evidence = {
        "speed_mps": speed_mps,
        "limit_mps": limit_mps,
        "over_s": (time_ms - over_since_ms) / 1_000,
        "speed_source": moved.speed_source.value,
    }
    events.append(_event(EventType.OVERSPEED_STARTED, moved.last, evidence))
    return msgspec.structs.replace(watch, is_overspeed_told=True)


def _closed(leg: OpenLeg, end_ms: int, place: Fix | Rest, at_end: Totals, ending: Ending) -> Leg:
    # The middle of a stop is known best when it is over.
    start = place if leg.kind is LegKind.STOP and isinstance(place, Rest) else leg
    return Leg(
        kind=leg.kind,
        start_ms=leg.start_ms,
        end_ms=end_ms,
        start_lat=start.lat,
        start_lon=start.lon,
        end_lat=place.lat,
        end_lon=place.lon,
        sums=since(at_end, leg.at_start),
        max_speed_mps=leg.max_speed_mps,
        ending=ending,
        number=leg.number,
    )


_ENDED: Final = {LegKind.TRIP: EventType.TRIP_ENDED, LegKind.STOP: EventType.STOP_ENDED}


def _ended(leg: Leg) -> Event:
    evidence: Evidence = {
        "duration_s": (leg.end_ms - leg.start_ms) / 1_000,
        "distance_m": leg.sums.distance_m,
        "ending": leg.ending.value,
    }
    return Event(_ENDED[leg.kind], leg.end_ms, leg.end_lat, leg.end_lon, evidence)


def _event(kind: EventType, place: Fix | OpenLeg, evidence: Evidence) -> Event:
    time_ms = place.time_ms if isinstance(place, Fix) else place.start_ms
    return Event(kind, time_ms, place.lat, place.lon, evidence)
