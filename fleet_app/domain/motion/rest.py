"""Where a vehicle rests, or would if it has just come there: the middle of its last fixes that lie together.

Radii and thresholds are those that found the stops of simulated drives best (`bench/results/motion_truth.md`), within
the usual ones: a halt lies within 30 m, and it takes more to leave a stop than to stay at it.
"""

from math import hypot, sqrt
from typing import Final

import msgspec

from fleet_app.domain.accuracy import UNTOLD_SIGMA_M, sigma_m
from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, metres_per_degree, shortest_deg
from fleet_app.domain.states import HALT_MS, STOP_MS
from fleet_app.domain.totals import Totals

HALT_M: Final = 30.0
STOP_M: Final = 60.0
"""A fix further off than this from the middle ends a halt, and a stop."""
_YOUNG_SIGMAS: Final = 3.0
"""The same for a rest of less than 20 s."""
_INSIDE_SIGMAS: Final = 2.5
"""The newest fix so near the middle is the last one before the vehicle left."""
_FAR_M: Final = 22.5
_BACK_MS: Final = 20_000
"""For so long after a fix further off than this, one near the middle does not say that the vehicle is back."""
_DRIVING_MPS: Final = 0.7
_DRIVING_SUM_MPS: Final = 3.0
"""What a device's speeds are above 0.7 m/s is summed up: at 3 the vehicle drives (a CUSUM test, Page 1954)."""
_MOST_FIXES: Final = 64
"""The middle follows its newest fixes: it may have begun with some of the way there."""
_APPROACH_MPS: Final = 5.0
_APPROACH_MPS2: Final = 1.2
"""How a vehicle comes to its rest and leaves it."""
_EARLIEST_MS: Final = 5_000
"""It did not leave earlier than so long before its last fix near the middle."""


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a vehicle was, and when: ms since 1970, degrees, WGS84."""

    time_ms: int
    lat: float
    lon: float


class Rest(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Fixes of a vehicle that lie together.

    Attributes:
        lat: Their middle, degrees, WGS84.
        lon: The same.
        fixes: How many weigh in the middle.
        since_ms: Event time of the first.
        at_since: The vehicle's sums then.
        inside_ms: Event time of the newest near the middle.
        at_inside: The vehicle's sums then.
        first_lat: Where the first was; the middle has moved on since.
        first_lon: The same.
        before: The fix before the first; None if there was none.
        outside: The first fix away from the middle since; None without any.
        far_ms: When the vehicle was last so far off that it may have left.
        driving_mps: What its device's speeds add up to above standing.
    """

    lat: float
    lon: float
    fixes: int
    since_ms: int
    at_since: Totals
    inside_ms: int
    at_inside: Totals
    first_lat: float
    first_lon: float
    before: Place | None = None
    outside: Place | None = None
    far_ms: int = 0
    driving_mps: float = 0.0


def begin_rest(fix: Fix, now: Totals, before: Fix | None) -> Rest:
    """Return a rest that may begin with a fix."""
    place = None if before is None else Place(before.time_ms, before.lat, before.lon)
    return Rest(fix.lat, fix.lon, 1, fix.time_ms, now, fix.time_ms, now, fix.lat, fix.lon, place)


def off_middle_m(rest: Rest, fix: Fix, scale: Scale) -> float:
    """Return how far a fix lies from the middle."""
    return hypot(shortest_deg(fix.lon - rest.lon) * scale[0], (fix.lat - rest.lat) * scale[1])


def driving_mps(rest: Rest, device_mps: float | None) -> float:
    """Return what a device's speeds add up to above standing, after one more; None: the device tells none."""
    return 0.0 if device_mps is None else max(0.0, rest.driving_mps + device_mps - _DRIVING_MPS)


def stays(rest: Rest, fix: Fix, rested_ms: int, off_m: float, driven_mps: float) -> bool:
    """Return whether a vehicle that has rested for so long still does with a fix that is so far off."""
    if driven_mps >= _DRIVING_SUM_MPS:
        return False
    if rested_ms >= STOP_MS:
        return off_m <= STOP_M
    young_m = _YOUNG_SIGMAS * sigma_m(fix)
    return off_m <= (max(HALT_M, young_m) if rested_ms >= HALT_MS else young_m * sqrt(1 + 1 / rest.fixes))


def go_on(rest: Rest, fix: Fix, off_m: float, driven_mps: float, now: Totals) -> Rest:
    """Return the rest after one more fix in it."""
    fixes = min(rest.fixes + 1, _MOST_FIXES)
    inside_ms, at_inside, outside = rest.inside_ms, rest.at_inside, rest.outside
    far_ms = fix.time_ms if off_m > _FAR_M else rest.far_ms
    if off_m > _INSIDE_SIGMAS * sigma_m(fix):
        outside = outside or Place(fix.time_ms, fix.lat, fix.lon)
    elif fix.time_ms - far_ms >= _BACK_MS:
        inside_ms, at_inside, outside = fix.time_ms, now, None
    return Rest(
        rest.lat + (fix.lat - rest.lat) / fixes,
        rest.lon + shortest_deg(fix.lon - rest.lon) / fixes,
        fixes,
        rest.since_ms,
        rest.at_since,
        inside_ms,
        at_inside,
        rest.first_lat,
        rest.first_lon,
        rest.before,
        outside,
        far_ms,
        driven_mps,
    )


def stood(rest: Rest, until: Fix, now: Totals) -> Rest:
    """Return the rest of a vehicle that has stood there until a fix: whatever was away from the middle was noise."""
    return msgspec.structs.replace(rest, inside_ms=until.time_ms, at_inside=now, outside=None, far_ms=0)


def came_ms(rest: Rest) -> int:
    """Return when the vehicle came to rest: between the fix before and the first one, or soon after that."""
    first = Place(rest.since_ms, rest.first_lat, rest.first_lon)
    off_m = _off_m(rest, first)
    came = rest.since_ms + (_ramp_ms(off_m) if off_m > _INSIDE_SIGMAS * UNTOLD_SIGMA_M else 0)
    before = rest.before
    return came if before is None else min(came, before.time_ms + _ramp_ms(_off_m(rest, before)))


def left_ms(rest: Rest, away: Fix) -> int:
    """Return when the vehicle left, given the fix that showed that it had."""
    outside = rest.outside or Place(away.time_ms, away.lat, away.lon)
    earliest_ms = max(rest.since_ms, rest.inside_ms - _EARLIEST_MS)
    return max(earliest_ms, outside.time_ms - _ramp_ms(_off_m(rest, outside)))


def _off_m(rest: Rest, place: Place) -> float:
    east_m, north_m = metres_per_degree(rest.lat)
    return hypot(shortest_deg(place.lon - rest.lon) * east_m, (place.lat - rest.lat) * north_m)


def _ramp_ms(metres: float) -> int:
    """Return how long it takes between standing and passing a place so far off."""
    ramp_m = _APPROACH_MPS**2 / (2 * _APPROACH_MPS2)
    if metres < ramp_m:
        return round(1_000 * sqrt(2 * metres / _APPROACH_MPS2))
    return round(1_000 * ((metres - ramp_m) / _APPROACH_MPS + _APPROACH_MPS / _APPROACH_MPS2))
