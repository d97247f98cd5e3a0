"""Where a vehicle rests, or would if it has just come there: the middle of its last fixes that lie together."""

from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, shortest_deg
from fleet_app.domain.totals import Totals

HALT_M: Final = 30.0
"""A fix further off than this from the middle begins a new rest."""
STOP_M: Final = 60.0
"""The same for a vehicle at a stop: it takes more to leave than to stay (hysteresis)."""
INSIDE_M: Final = 15.0
"""The last fix so near the middle is taken for the last one before the vehicle left."""
DRIVEN_MPS: Final = 1.5
"""At rest a receiver's speed stays below this."""
DRIVEN_FIXES: Final = 2
"""So many fixes in a row at such a speed, and away from the middle: the vehicle drives."""
_MOST_FIXES: Final = 64
"""The middle follows its newest fixes: it may have begun with some of the way there."""


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
        driven: How many of the newest in a row came at a driving speed.
    """

    lat: float
    lon: float
    fixes: int
    since_ms: int
    at_since: Totals
    inside_ms: int
    at_inside: Totals
    driven: int = 0


def begin_rest(fix: Fix, now: Totals) -> Rest:
    """Return a rest that may begin with a fix."""
    return Rest(fix.lat, fix.lon, 1, fix.time_ms, now, fix.time_ms, now)


def off_middle_m(rest: Rest, fix: Fix, scale: Scale) -> float:
    """Return how far a fix lies from the middle."""
    return hypot(shortest_deg(fix.lon - rest.lon) * scale[0], (fix.lat - rest.lat) * scale[1])


def stays(rest: Rest, off_m: float, speed_mps: float | None, *, is_stopped: bool) -> bool:
    """Return whether a vehicle still rests with a fix so far off; `speed_mps` is its device's, if it tells one."""
    if off_m > (STOP_M if is_stopped else HALT_M):
        return False
    if speed_mps is None or speed_mps < DRIVEN_MPS:
        return True
    return rest.driven + 1 < DRIVEN_FIXES or off_m < INSIDE_M


def go_on(rest: Rest, fix: Fix, off_m: float, speed_mps: float | None, now: Totals) -> Rest:
    """Return the rest after one more fix in it."""
    fixes = min(rest.fixes + 1, _MOST_FIXES)
    is_inside = off_m <= INSIDE_M
    return Rest(
        rest.lat + (fix.lat - rest.lat) / fixes,
        rest.lon + shortest_deg(fix.lon - rest.lon) / fixes,
        fixes,
        rest.since_ms,
        rest.at_since,
        fix.time_ms if is_inside else rest.inside_ms,
        now if is_inside else rest.at_inside,
        rest.driven + 1 if speed_mps is not None and speed_mps >= DRIVEN_MPS else 0,
    )
