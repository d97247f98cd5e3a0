"""A vehicle followed in and out of geofences along its course, and what is told of it there.

A vehicle at rest crosses no edge, whatever its fixes do: it is where their middle is. The middle is looked at for the
first ten minutes, and again when the geofences have changed. After two minutes it is known twice as well as a fix.
"""

from collections.abc import Sequence
from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.accuracy import sigma_m
from fleet_app.domain.course import Course
from fleet_app.domain.events import Event, EventType, Evidence
from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.crossing import Crossing, Move, Spot, Standing, cross
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.index import Places
from fleet_app.domain.geofences.presence import ABSENT, Approach, Cause, Presence, Visit
from fleet_app.domain.geofences.schedule import is_in_force
from fleet_app.domain.geofences.staying import dwell_due_ms, leave, stay
from fleet_app.domain.motion.rest import Rest
from fleet_app.domain.rules import Rules
from fleet_app.domain.states import STOP_MS, State

CLEAR_SIGMAS: Final = 3.0
SETTLED_MS: Final = 600_000
_SURE_MS: Final = 120_000
_SURE_SHARE: Final = 0.5
"""Of the way to be clear of an edge, for the middle of a rest that has gone on for so long."""
_NOTHING: Final[list[Event]] = []


def follow(course: Course | None, moved: Course, rules: Rules, *, is_seen: bool) -> tuple[Presence, list[Event]]:
    """Return the geofences that a vehicle is in after a step from `course` to `moved`, and what is to be told of them.

    `course` is None before the first step; `is_seen` says whether the vehicle reported as usual in between.
    """
    presence, places = ABSENT if course is None else course.presence, rules.places
    is_known = bool(presence.visits or presence.approaches)
    if not places and not is_known:
        return presence, _NOTHING
    is_settled = moved.state is not State.MOVING and moved.last.time_ms - moved.rest.since_ms > SETTLED_MS
    if is_settled and presence.version == places.version and not _is_undecided(presence):
        return _stay(presence, moved, rules, _NOTHING)
    now, before = _place(moved), _place(course) if course is not None and is_seen else None
    begin = before or now
    near = places.along(begin.lat, begin.lon, now.lat, now.lon)
    events = _NOTHING
    if (near or is_known) and not _is_inside_as_before(presence, near, now):
        presence, events = _cross(presence, near, _move(course, before, moved), moved, rules)
    if is_settled and not _is_undecided(presence):
        presence = msgspec.structs.replace(presence, version=places.version)
    return _stay(presence, moved, rules, events)


def stop_ms(presence: Presence, rules: Rules, time_ms: int) -> int:
    """Return after how long a rest is a stop."""
    if not presence.visits:
        return STOP_MS
    limit_s = STOP_MS / 1_000
    for visit in presence.visits:
        fence = rules.places.get(visit.geofence_id)
        if fence is None or fence.geofence.stop_after_s is None:
            continue
        if is_in_force(fence.geofence.schedule, time_ms, rules.zone):
            limit_s = min(limit_s, fence.geofence.stop_after_s)
    return int(limit_s * 1_000)


def is_exempt(presence: Presence, rules: Rules, time_ms: int) -> bool:
    """Return whether nobody minds idling where a vehicle is."""
    return any(
        fence.geofence.is_exempt and is_in_force(fence.geofence.schedule, time_ms, rules.zone)
        for fence in _visited(presence, rules.places)
    )


def dwells_due(course: Course, rules: Rules) -> list[tuple[int, Visit, Geofence]]:
    """Return when each dwell limit is passed if the vehicle stays, event time, with the visit and the geofence."""
    dues: list[tuple[int, Visit, Geofence]] = []
    for visit in course.presence.visits:
        fence = rules.places.get(visit.geofence_id) if visit.left_ms is None else None
        due_ms = None if fence is None else dwell_due_ms(visit, fence.geofence)
        if fence is not None and due_ms is not None:
            dues.append((due_ms, visit, fence.geofence))
    return dues


def _visited(presence: Presence, places: Places) -> list[Fence]:
    fences = [places.get(visit.geofence_id) for visit in presence.visits]
    return [fence for fence in fences if fence is not None]


def _place(course: Course) -> Fix | Rest:
    """Return where the vehicle is taken to be."""
    return course.last if course.state is State.MOVING else course.rest


def _move(course: Course | None, before: Fix | Rest | None, moved: Course) -> Move:
    now, clear_m = _place(moved), _clear_m(moved)
    scale = metres_per_degree(now.lat)
    spot = Spot(moved.last.time_ms, now.lat, now.lon)
    if course is None or before is None:
        return Move(None, spot, 0.0, scale, clear_m, is_first=course is None)
    way_m = hypot(shortest_deg(now.lon - before.lon) * scale[0], (now.lat - before.lat) * scale[1])
    headings_deg = _heading_deg(course), _heading_deg(moved)
    since = Spot(course.last.time_ms, before.lat, before.lon)
    return Move(since, spot, way_m, scale, clear_m, is_first=False, headings_deg=headings_deg)


def _heading_deg(course: Course) -> float | None:
    """Return where a vehicle is heading; at rest a receiver does not know."""
    return course.last.heading_deg if course.state is State.MOVING else None


def _clear_m(moved: Course) -> float:
    """Return how far from an edge a vehicle is surely on the side where it is taken to be."""
    clear_m = CLEAR_SIGMAS * sigma_m(moved.last)
    is_sure = moved.state is not State.MOVING and moved.last.time_ms - moved.rest.since_ms >= _SURE_MS
    return clear_m * _SURE_SHARE if is_sure else clear_m


def _is_undecided(presence: Presence) -> bool:
    """Return whether one more look decides."""
    return any(each.is_clear for each in presence.approaches) or any(each.is_clear for each in presence.visits)


def _cross(
    presence: Presence, near: Sequence[Fence], move: Move, moved: Course, rules: Rules
) -> tuple[Presence, list[Event]]:
    now, places = move.now, rules.places
    known: dict[str, Standing] = {approach.geofence_id: approach for approach in presence.approaches}
    known |= {visit.geofence_id: visit for visit in presence.visits}
    fences = {fence.geofence.geofence_id: fence for fence in near}
    fences |= {each: fence for each in known if (fence := places.get(each)) is not None}
    visits: list[Visit] = []
    approaches: list[Approach] = []
    events = [_deleted(visit, now) for visit in presence.visits if visit.geofence_id not in fences]
    for geofence_id in sorted(fences):
        fence, standing = fences[geofence_id], known.get(geofence_id)
        stands, crossings = cross(fence, standing, move)
        if isinstance(stands, Visit):
            visits.append(stands)
        elif stands is not None:
            approaches.append(stands)
        if crossings:
            events += _told(fence, standing, crossings, moved, rules)
    events.sort(key=_time_ms)
    fresh = Presence(tuple(visits), tuple(approaches), presence.version)
    return presence if fresh == presence else fresh, events


def _is_inside_as_before(presence: Presence, near: Sequence[Fence], now: Fix | Rest) -> bool:
    """Return whether a vehicle is inside the geofences that it was inside of, and near no other."""
    visits = presence.visits
    if presence.approaches or len(near) != len(visits):
        return False
    scale = metres_per_degree(now.lat)
    for fence, visit in zip(near, visits, strict=True):
        geofence = fence.geofence
        is_same = visit.geofence_id == geofence.geofence_id and visit.revision == geofence.revision
        if not is_same or visit.left_ms is not None or fence.depth_m(now.lat, now.lon, scale) < 0:
            return False
    return True


def _time_ms(event: Event) -> int:
    return event.time_ms


def _told(fence: Fence, standing: Standing, crossings: list[Crossing], moved: Course, rules: Rules) -> list[Event]:
    """Return what is told of crossings; leaving also ends what goes on inside."""
    geofence = fence.geofence
    events: list[Event] = []
    entered_ms = standing.entered_ms if isinstance(standing, Visit) else crossings[0].spot.time_ms
    for crossing in crossings:
        spot = crossing.spot
        evidence: Evidence = {
            "name": geofence.name,
            "revision": geofence.revision,
            "cause": crossing.cause.value,
            "depth_m": crossing.depth_m,
            "clear_m": _clear_m(moved),
        }
        kind = EventType.GEOFENCE_ENTERED
        if not crossing.is_inwards:
            kind = EventType.GEOFENCE_EXITED
            evidence["inside_s"] = (spot.time_ms - entered_ms) / 1_000
            visit = standing if isinstance(standing, Visit) else Visit(geofence.geofence_id, 0, entered_ms)
            events += leave(visit, geofence, spot.time_ms, moved, rules)
        if is_in_force(geofence.schedule, spot.time_ms, rules.zone):
            events.append(Event(kind, spot.time_ms, spot.lat, spot.lon, evidence, geofence.geofence_id))
    return events


def _deleted(visit: Visit, now: Spot) -> Event:
    evidence: Evidence = {
        "revision": visit.revision,
        "cause": Cause.DELETED.value,
        "inside_s": (now.time_ms - visit.entered_ms) / 1_000,
    }
    return Event(EventType.GEOFENCE_EXITED, now.time_ms, now.lat, now.lon, evidence, visit.geofence_id)


def _stay(presence: Presence, moved: Course, rules: Rules, events: list[Event]) -> tuple[Presence, list[Event]]:
    """Return the visits that go on after one more fix, and what is told of them beside `events`."""
    if not presence.visits:
        return presence, events
    visits: list[Visit] = []
    for visit in presence.visits:
        fence = rules.places.get(visit.geofence_id)
        stayed, told = (visit, _NOTHING) if fence is None else stay(visit, fence.geofence, moved, rules)
        visits.append(stayed)
        if told:
            events = [*events, *told]
    if all(new is old for new, old in zip(visits, presence.visits, strict=True)):
        return presence, events
    return Presence(tuple(visits), presence.approaches, presence.version), events
