"""One fix further: a pure fold over a vehicle's fixes in the order of event time.

It has no clock and does no I/O, and what it returns depends on the fixes alone, not on when they came: running over a
track again gives the same course (`repair`).
"""

from datetime import tzinfo
from typing import Final

import msgspec

from fleet_app.domain import turning_points
from fleet_app.domain.course import QUIET, Advanced, Course, Happened, Watch
from fleet_app.domain.events import Event
from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import distance_m
from fleet_app.domain.geofences.following import follow, stop_ms
from fleet_app.domain.legs import Ending, OpenLeg, is_trip
from fleet_app.domain.motion.driving import OBSERVABLE_MS, Manoeuvre, manoeuvre
from fleet_app.domain.motion.path import Path, driven
from fleet_app.domain.motion.rest import HALT_M, STOP_M, begin_rest, driving_mps, go_on, off_middle_m, stays, stood
from fleet_app.domain.motion.speed import (
    STANDING_MPS,
    Baseline,
    SpeedSource,
    begin_baseline,
    extend,
    is_stuck,
    track_speed_mps,
)
from fleet_app.domain.panes import Sized, Step, open_at, roll, with_speed
from fleet_app.domain.plausibility import (
    AGREEING_FIXES,
    UNTOLD_ACCURACY_M,
    Hop,
    excursion,
    hop_between,
    is_doubtful,
    refusal_of,
    stray,
)
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.rules import Rules
from fleet_app.domain.states import HALT_MS, STOP_MS, State, silence_ms, state_at_rest
from fleet_app.domain.totals import NOTHING, Totals

_FIRST_INTERVAL_MS: Final = 10_000.0
_LONGER_WEIGHT: Final = 0.2
_SHORTER_WEIGHT: Final = 0.5
"""Of the newest interval in the vehicle's own: one night's silence is forgotten after some fixes."""
_DRIVEN_MPS: Final = 1.5
"""A device that tells more at rest tells that the vehicle drives."""
_HARSH_PAUSE_MS: Final = 3_000
"""One manoeuvre lasts longer than one interval, and is told once."""
_NO_PANES: Final[list[Sized]] = []
_NO_EVENTS: Final[list[Event]] = []


def advance(  # noqa: PLR0911 - a return for each thing that a fix can be
    course: Course | None, fix: Fix, following: Fix | None, rules: Rules
) -> Advanced | None:
    """Return the course after a fix, which is not older than the last one.

    None: the fix is doubtful, and only the one after it can tell; ask again when `following` is known.
    """
    if course is None:
        return _begun(fix, rules)
    last = course.last
    if fix.time_ms <= last.time_ms:
        return Advanced(course, _same_time(fix), QUIET)
    hop = hop_between(last, fix)
    refusal = refusal_of(hop, course.speed_mps, rules.limits.max_speed_mps)
    if refusal is not None:
        return _stray(course, fix, refusal, rules)
    if is_doubtful(hop, course.speed_mps, fix) or _jumps_from_rest(course, fix, hop):
        if following is None:
            return None
        refusal = _excursion(course, hop, following)
        if refusal is not None:
            return Advanced(course, refusal, QUIET)
    if hop.elapsed_ms > silence_ms(course.interval_ms):
        return _after_silence(course, fix, hop, rules)
    return _follow(course, fix, hop, hop.elapsed_ms / 1_000, rules)


def _jumps_from_rest(course: Course, fix: Fix, hop: Hop) -> bool:
    """Return whether a vehicle at rest is far off all at once, and its device does not say that it drives."""
    if hop.distance_m <= STOP_M or is_trip(course.leg):
        return False
    return (fix.speed_mps or 0.0) < _DRIVEN_MPS and hop.elapsed_ms <= silence_ms(course.interval_ms)


def _excursion(course: Course, hop: Hop, following: Fix) -> Refusal | None:
    """Return the refusal of a doubtful fix after which the vehicle is back; at rest, back is at the rest's middle."""
    last = course.last
    if not is_trip(course.leg):
        return excursion(hop, off_middle_m(course.rest, following, hop.scale), HALT_M)
    return excursion(hop, distance_m(last.lat, last.lon, following.lat, following.lon), 2 * UNTOLD_ACCURACY_M)


def _same_time(fix: Fix) -> Refusal:
    return Refusal(Reason.SAME_TIME, f"another fix at time_ms {fix.time_ms} was accepted, at another place")


def begin(fix: Fix, before: Totals, zone: tzinfo) -> Course:
    """Return the course of a vehicle of which nothing but its sums is known before this fix."""
    totals = msgspec.structs.replace(before, fixes=before.fixes + 1)
    panes = open_at(fix.time_ms, before, zone)
    return Course(
        last=fix,
        state=state_at_rest(HALT_MS, ignition=fix.ignition),
        speed_mps=fix.speed_mps,
        speed_source=SpeedSource.NONE if fix.speed_mps is None else SpeedSource.DEVICE,
        interval_ms=_FIRST_INTERVAL_MS,
        ignition=fix.ignition,
        totals=totals,
        rest=begin_rest(fix, totals, None),
        path=Path(fix.lat, fix.lon),
        baseline=begin_baseline(fix),
        panes=panes if fix.speed_mps is None else with_speed(panes, fix.speed_mps),
    )


def _begun(fix: Fix, rules: Rules) -> Advanced:
    course, crossed = _placed(None, begin(fix, NOTHING, rules.zone), rules, is_seen=False)
    return Advanced(course, None, Happened(events=crossed) if crossed else QUIET)


def _placed(course: Course | None, moved: Course, rules: Rules, *, is_seen: bool) -> tuple[Course, list[Event]]:
    """Return a course with the geofences that the vehicle is in, and what is to be told of them."""
    before = moved.presence
    presence, crossed = follow(course, moved, rules, is_seen=is_seen)
    if presence is not before:
        moved = msgspec.structs.replace(moved, presence=presence)
    return moved, crossed


def _stray(course: Course, fix: Fix, refusal: Refusal, rules: Rules) -> Advanced:
    """Refuse a fix, unless it is the last of some in a row that agree: then the vehicle is there, and was before."""
    strays = stray(course.strays, fix, rules.limits.max_speed_mps)
    if strays.fixes >= AGREEING_FIXES:
        legs, events = turning_points.closed_by(course, Ending.NEW_ANCHOR)
        events += turning_points.unwatched(course)
        return _anew(course, fix, course.totals, Happened(legs=legs, events=events), rules)
    is_first = strays.fixes == 1 and strays.last is fix
    events = [turning_points.teleport(course.last, fix, refusal)] if is_first else []
    return Advanced(msgspec.structs.replace(course, strays=strays), refusal, Happened(events=events))


def _anew(course: Course, fix: Fix, totals: Totals, happened: Happened, rules: Rules) -> Advanced:
    """Return a course that begins again at a fix, with the sums, the interval and the panes that it had."""
    begun = begin(fix, totals, rules.zone)
    panes, closed = course.panes, _NO_PANES
    if fix.time_ms >= panes.minute.end_ms:
        step = Step(course.last.time_ms, fix.time_ms, course.totals, begun.totals)
        panes, closed = roll(panes, step, rules.zone)
    if begun.speed_mps is not None:
        panes = with_speed(panes, begun.speed_mps)
    begun = msgspec.structs.replace(begun, interval_ms=course.interval_ms, panes=panes)
    begun, crossed = _placed(course, begun, rules, is_seen=False)
    return Advanced(begun, None, Happened(closed, happened.legs, [*happened.events, *crossed]))


def _after_silence(course: Course, fix: Fix, hop: Hop, rules: Rules) -> Advanced:
    """Return the course after a fix that ends a silence: the vehicle stood all the while, or it is elsewhere."""
    was_silent = turning_points.silence(course, fix)
    is_at_rest = course.state is not State.MOVING
    rest = course.rest if is_at_rest else begin_rest(course.last, course.totals, None)
    if stays(rest, fix, STOP_MS, off_middle_m(rest, fix, hop.scale), driving_mps(rest, fix.speed_mps)):
        # Where it stands now it has stood all the while, as far as anybody knows: the trip ended there.
        rest = stood(rest, course.last, course.totals)
        watch = Watch(harsh_ms=course.watch.harsh_ms)
        standing, legs, events = turning_points.stopped(msgspec.structs.replace(course, rest=rest, watch=watch))
        followed = _follow(standing, fix, hop, 0.0, rules)
        happened = followed.happened
        return Advanced(
            followed.course,
            None,
            Happened(happened.panes, [*legs, *happened.legs], [*events, *was_silent, *happened.events]),
        )
    legs, events = turning_points.closed_by(course, Ending.SILENCE)
    # What it drove meanwhile is at least the way there. It belongs to no trip: nobody saw it.
    before = course.totals
    totals = msgspec.structs.replace(
        before, distance_m=before.distance_m + hop.distance_m, unseen_m=before.unseen_m + hop.distance_m
    )
    return _anew(course, fix, totals, Happened(legs=legs, events=[*events, *was_silent]), rules)


def _follow(course: Course, fix: Fix, hop: Hop, counted_s: float, rules: Rules) -> Advanced:
    """Return the course after an accepted fix. `counted_s` are the seconds that it adds: none after a silence."""
    leg, rest, before = course.leg, course.rest, course.totals
    speed_mps, source, baseline = _speed(course, fix, hop, rules)
    device_mps = speed_mps if source is SpeedSource.DEVICE else None
    off_m, driven_mps = off_middle_m(rest, fix, hop.scale), driving_mps(rest, device_mps)
    is_stopped = not is_trip(leg)
    # A vehicle that was never seen to drive is taken to have stood there before.
    rested_ms = STOP_MS if is_stopped else course.last.time_ms - rest.since_ms
    is_resting = stays(rest, fix, rested_ms, off_m, driven_mps)
    ignition = course.ignition if fix.ignition is None else fix.ignition
    state = _state(course, fix, ignition, rules, is_resting=is_resting)
    path, step_m = course.path, 0.0
    if not (is_stopped and is_resting):
        before_mps = course.speed_mps if course.speed_source is SpeedSource.DEVICE else None
        path, step_m = driven(path, fix, hop, before_mps, device_mps)
    harsh = _harsh(course, fix, hop)
    totals = _count(course, state, ignition, speed_mps, step_m, counted_s, harsh)
    panes, closed = course.panes, _NO_PANES
    if fix.time_ms >= panes.minute.end_ms:
        panes, closed = roll(panes, Step(course.last.time_ms, fix.time_ms, before, totals), rules.zone)
    if speed_mps is not None:
        panes = with_speed(panes, speed_mps)
        if is_trip(leg) and speed_mps > (leg.max_speed_mps or 0.0):
            leg = OpenLeg(leg.kind, leg.start_ms, leg.lat, leg.lon, leg.at_start, speed_mps, leg.number)
    moved = Course(
        fix,
        state,
        speed_mps,
        source,
        _interval_ms(course.interval_ms, hop.elapsed_ms),
        ignition,
        totals,
        go_on(rest, fix, off_m, driven_mps, totals) if is_resting else begin_rest(fix, totals, course.last),
        path,
        baseline,
        panes,
        leg,
        course.watch,
        None,
        course.presence,
    )
    crossed = _NO_EVENTS
    if rules.places or course.presence.visits or course.presence.approaches:
        moved, crossed = _placed(course, moved, rules, is_seen=True)
    if harsh is None and not turning_points.is_near(course, moved, rules):
        is_quiet = closed is _NO_PANES and not crossed
        return Advanced(moved, None, QUIET if is_quiet else Happened(panes=closed, events=crossed))
    moved, legs, events = turning_points.turn(course, moved, harsh, rules)
    return Advanced(moved, None, Happened(closed, legs, [*crossed, *events]))


def _speed(course: Course, fix: Fix, hop: Hop, rules: Rules) -> tuple[float | None, SpeedSource, Baseline]:
    """Return how fast the vehicle is at a fix, how that is known, and the baseline for the next one."""
    speed_mps, baseline = fix.speed_mps, extend(course.baseline, fix)
    is_possible = speed_mps is not None and speed_mps <= rules.limits.max_speed_mps
    if is_possible and not is_stuck(course.baseline, fix, hop.scale):
        return speed_mps, SpeedSource.DEVICE, baseline
    speed_mps = track_speed_mps(course.baseline, fix, hop.scale)
    return speed_mps, SpeedSource.NONE if speed_mps is None else SpeedSource.TRACK, baseline


def _interval_ms(mean_ms: float, elapsed_ms: int) -> float:
    weight = _LONGER_WEIGHT if elapsed_ms > mean_ms else _SHORTER_WEIGHT
    return mean_ms + (elapsed_ms - mean_ms) * weight


def _state(
    course: Course,
    fix: Fix,
    ignition: bool | None,  # noqa: FBT001 - a reading
    rules: Rules,
    *,
    is_resting: bool,
) -> State:
    if not is_resting:
        return State.MOVING
    rested_ms = fix.time_ms - course.rest.since_ms
    # Of a vehicle that was never seen to drive, nothing says that it does.
    rested_ms = rested_ms if course.leg is not None else max(rested_ms, HALT_MS)
    return state_at_rest(rested_ms, ignition=ignition, stop_ms=stop_ms(course.presence, rules, fix.time_ms))


def _harsh(course: Course, fix: Fix, hop: Hop) -> Manoeuvre | None:
    if hop.elapsed_ms > OBSERVABLE_MS and fix.attributes is None:
        return None
    if fix.time_ms - course.watch.harsh_ms < _HARSH_PAUSE_MS:
        return None
    return manoeuvre(course.last, fix)


def _count(  # noqa: PLR0913, PLR0917 - by position, it is called with every fix
    course: Course,
    state: State,
    ignition: bool | None,  # noqa: FBT001 - a reading
    speed_mps: float | None,
    step_m: float,
    counted_s: float,
    harsh: Manoeuvre | None,
) -> Totals:
    """Return the vehicle's sums after a step of so many metres and seconds."""
    before = course.totals
    moving_s, idle_s, idle_probable_s, stop_s = (
        before.moving_s,
        before.idle_s,
        before.idle_probable_s,
        before.stop_s,
    )
    if state is State.MOVING and (speed_mps is None or speed_mps >= STANDING_MPS):
        moving_s += counted_s
    elif ignition:
        idle_s += counted_s
    elif state is State.STOP or ignition is False:
        stop_s += counted_s
    else:
        idle_probable_s += counted_s
    return Totals(
        before.fixes + 1,
        before.distance_m + step_m,
        moving_s,
        idle_s,
        idle_probable_s,
        stop_s,
        before.harsh_events if harsh is None else before.harsh_events + 1,
        before.overspeed_s if course.watch.over_since_ms is None else before.overspeed_s + counted_s,
        before.unseen_m,
    )
