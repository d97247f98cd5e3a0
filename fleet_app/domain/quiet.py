"""What time itself brings about: a vehicle that tells nothing for a while.

Nothing here changes a course. What silence ends is told as it would be told by the next fix after a silence, and is
provisional: fixes that come later may go on where the vehicle was.
"""

from typing import Final, NamedTuple

from fleet_app.domain.course import Course
from fleet_app.domain.events import Event
from fleet_app.domain.geofences.following import dwells_due
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.presence import Visit
from fleet_app.domain.geofences.staying import dwelled
from fleet_app.domain.legs import Ending, Leg, LegKind
from fleet_app.domain.panes import Sized, open_by_size
from fleet_app.domain.rules import Rules
from fleet_app.domain.states import silence_ms
from fleet_app.domain.totals import NOTHING
from fleet_app.domain.turning_points import closed_by, unwatched, went_offline
from fleet_app.domain.vehicle import REPAIR_MS, OpenTrack, Vehicle

_QUIET_INTERVALS: Final = 1.5
_LONGEST_WAIT_MS: Final = 60_000


class Silence(NamedTuple):
    """What a silence ends, and what is worth telling of it."""

    legs: list[Leg]
    events: list[Event]


def quiet_ms(vehicle: Vehicle, rules: Rules) -> int:
    """Return after how long without a newer fix the reorder buffer is emptied.

    The bound for fixes out of order, or one and a half of the vehicle's own intervals up to a minute: whoever reports
    as often as it does is not quiet, and its next fix moves the watermark.
    """
    if vehicle.course is None:
        return rules.reorder_ms
    return max(rules.reorder_ms, min(_LONGEST_WAIT_MS, int(_QUIET_INTERVALS * vehicle.course.interval_ms)))


def flush_due_ms(vehicle: Vehicle, track: OpenTrack, rules: Rules) -> int | None:
    """Return the task time at which the reorder buffer is emptied if nothing newer comes; None if there is nothing."""
    if vehicle.is_flushed or not track.buffer:
        return None
    return vehicle.heard_ms + quiet_ms(vehicle, rules)


def repair_due_ms(vehicle: Vehicle) -> int | None:
    """Return the task time at which late fixes are worked in; None without any."""
    return vehicle.late_since_ms + REPAIR_MS if vehicle.late else None


def offline_due_ms(vehicle: Vehicle) -> int | None:
    """Return the task time at which the vehicle is offline if nothing newer comes; None if it is, or was never seen."""
    if vehicle.is_silent or vehicle.course is None:
        return None
    return vehicle.heard_ms + silence_ms(vehicle.course.interval_ms)


def passing_due_ms(vehicle: Vehicle, rules: Rules) -> int | None:
    """Return the task time at which time itself brings about something next, by the vehicle's own time.

    An open pane is over then, or a dwell limit is passed; None if all of that is told.
    """
    passing_ms = [pane.end_ms for _, pane in _untold(vehicle)] + [due_ms for due_ms, _, _ in _dwells(vehicle, rules)]
    if not passing_ms:
        return None
    # Not before the reorder buffer is emptied: what waits in there may lie in the pane.
    return vehicle.heard_ms + quiet_ms(vehicle, rules) + max(0, min(passing_ms) - vehicle.newest_ms)


def retire_due_ms(vehicle: Vehicle, after_ms: int | None) -> int | None:
    """Return the task time at which the vehicle is forgotten if nothing comes, `after_ms` after its last position.

    None if it is kept for ever, and before it is told that it is offline.
    """
    if after_ms is None or (vehicle.course is not None and not vehicle.is_silent):
        return None
    return vehicle.received_ms + after_ms


def due_ms(vehicle: Vehicle, track: OpenTrack, rules: Rules) -> int | None:
    """Return the task time at which there is next something to do if nothing comes; None if there is nothing."""
    dues = (
        flush_due_ms(vehicle, track, rules),
        repair_due_ms(vehicle),
        offline_due_ms(vehicle),
        passing_due_ms(vehicle, rules),
    )
    return min((due for due in dues if due is not None), default=None)


class Passed(NamedTuple):
    """What time alone has brought about, and the event time of the last of it."""

    panes: list[Sized]
    events: list[Event]
    until_ms: int


def passed(vehicle: Vehicle, now_ms: int, rules: Rules) -> Passed | None:
    """Return the panes that are over and the dwell limits that are passed by `now_ms`, task time, and were not told."""
    since_ms = now_ms - vehicle.heard_ms - quiet_ms(vehicle, rules)
    if since_ms < 0 or vehicle.course is None:
        return None
    by_ms = vehicle.newest_ms + since_ms
    panes = [sized for sized in _untold(vehicle) if sized.pane.end_ms <= by_ms]
    dwells = [dwell for dwell in _dwells(vehicle, rules) if dwell[0] <= by_ms]
    if not panes and not dwells:
        return None
    events = [
        event for due_ms, visit, fence in dwells for event in dwelled(visit, fence, due_ms, vehicle.course, rules)
    ]
    return Passed(panes, events, max([pane.end_ms for _, pane in panes] + [due_ms for due_ms, _, _ in dwells]))


def _dwells(vehicle: Vehicle, rules: Rules) -> list[tuple[int, Visit, Geofence]]:
    if vehicle.course is None:
        return []
    return [dwell for dwell in dwells_due(vehicle.course, rules) if dwell[0] > vehicle.told_until_ms]


def _untold(vehicle: Vehicle) -> list[Sized]:
    course = vehicle.course
    if course is None:
        return []
    return [
        sized
        for sized in open_by_size(course.panes, course.totals)
        if sized.pane.end_ms > vehicle.told_until_ms and sized.pane.sums != NOTHING
    ]


def silence_of(course: Course) -> Silence:
    """Return what it ends that a vehicle has told nothing for so long that it is offline."""
    legs, events = closed_by(course, Ending.SILENCE)
    trips = [leg for leg in legs if leg.kind is LegKind.TRIP]
    return Silence(trips, [*(events if trips else []), *unwatched(course), went_offline(course)])
