"""How far a vehicle has gone along its fixes: corners that lie between them included, noise excluded."""

from math import atan2, cos, hypot, pi
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, shortest_deg

LEAST_M: Final = 25.0
"""Metres count in steps of at least so many: less may be noise, and is kept for the next fix."""
SPEED_MS: Final = 2_500
"""Fixes no further apart than this are measured by their device's speeds."""
_CREEPING_MPS: Final = 1.0
_SHARPEST_RAD: Final = 1.6
_SHARPEST_BEND_RAD: Final = 2.2
"""Sharper turns are noise, or a vehicle that turned round."""


class Path(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The place up to which a vehicle's metres are counted, degrees, WGS84, and the way by which it came there.

    Attributes:
        lat: The place.
        lon: The same.
        step_m: How long the last straight step to it was; 0 without one.
        heading_rad: The direction of that step, counter-clockwise from east.
        turned_rad: The turn between that step and the one before; None if there was none.
    """

    lat: float
    lon: float
    step_m: float = 0.0
    heading_rad: float = 0.0
    turned_rad: float | None = None


def driven(path: Path, last: Fix, fix: Fix, scale: Scale) -> tuple[Path, float]:
    """Return the path after a fix of a vehicle that is not parked, and the metres that it adds.

    Where fixes are close together, that is the mean of two device speeds over the time between: positions are noise
    there. Elsewhere it is the straight step, once it is long enough, plus what the step before has cut off a bend.
    """
    if fix.speed_mps is not None and last.speed_mps is not None and fix.time_ms - last.time_ms <= SPEED_MS:
        if fix.speed_mps < _CREEPING_MPS and last.speed_mps < _CREEPING_MPS:
            return path, 0.0
        metres = (fix.speed_mps + last.speed_mps) / 2 * (fix.time_ms - last.time_ms) / 1_000
        return Path(fix.lat, fix.lon), metres
    east_m, north_m = shortest_deg(fix.lon - path.lon) * scale[0], (fix.lat - path.lat) * scale[1]
    step_m = hypot(east_m, north_m)
    if step_m < LEAST_M:
        return path, 0.0
    heading_rad = atan2(north_m, east_m)
    if path.step_m == 0.0:
        return Path(fix.lat, fix.lon, step_m, heading_rad), step_m
    turned_rad = (heading_rad - path.heading_rad + pi) % (2 * pi) - pi
    cut_off_m = _cut_off_m(path.step_m, path.turned_rad, turned_rad)
    return Path(fix.lat, fix.lon, step_m, heading_rad, turned_rad), step_m + cut_off_m


def _cut_off_m(step_m: float, into_rad: float | None, out_of_rad: float) -> float:
    """Return how much longer the way was than the straight step, by the turns into it and out of it.

    The two sides of a triangle over the step: it is exact for a corner within it. Only where both turns have the same
    direction.
    """
    if into_rad is None or into_rad * out_of_rad <= 0:
        return 0.0
    if max(abs(into_rad), abs(out_of_rad)) > _SHARPEST_RAD or abs(into_rad + out_of_rad) > _SHARPEST_BEND_RAD:
        return 0.0
    return step_m * (cos((into_rad - out_of_rad) / 2) / cos((into_rad + out_of_rad) / 2) - 1)
