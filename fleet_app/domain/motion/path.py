"""How far a vehicle has gone along its fixes: corners that lie between them included, noise excluded."""

from math import atan2, cos, hypot, pi, sin
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import shortest_deg
from fleet_app.domain.plausibility import Hop

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
        turned_before_rad: The turn before that one; 0 if there was none.
    """

    lat: float
    lon: float
    step_m: float = 0.0
    heading_rad: float = 0.0
    turned_rad: float | None = None
    turned_before_rad: float = 0.0


def driven(path: Path, fix: Fix, hop: Hop, before_mps: float | None, device_mps: float | None) -> tuple[Path, float]:
    """Return the path after a fix of a vehicle that is not parked, and the metres that it adds.

    `before_mps` and `device_mps` are the device's speeds at the last fix and at this one, where they can be believed.
    Where fixes are close together, their mean over the time between counts: positions are noise there. Elsewhere it is
    the straight step, once it is long enough, plus what the step before has cut off a bend.
    """
    if device_mps is not None and before_mps is not None and hop.elapsed_ms <= SPEED_MS:
        if device_mps < _CREEPING_MPS and before_mps < _CREEPING_MPS:
            return path, 0.0
        return Path(fix.lat, fix.lon), (device_mps + before_mps) / 2 * hop.elapsed_ms / 1_000
    east_m, north_m = shortest_deg(fix.lon - path.lon) * hop.scale[0], (fix.lat - path.lat) * hop.scale[1]
    step_m = hypot(east_m, north_m)
    if step_m < LEAST_M:
        return path, 0.0
    heading_rad = atan2(north_m, east_m)
    if path.step_m == 0.0:
        return Path(fix.lat, fix.lon, step_m, heading_rad), step_m
    turned_rad = (heading_rad - path.heading_rad + pi) % (2 * pi) - pi
    if path.turned_rad is None:
        return Path(fix.lat, fix.lon, step_m, heading_rad, turned_rad), step_m
    cut_off_m = _cut_off_m(path.step_m, path.turned_before_rad, path.turned_rad, turned_rad)
    return Path(fix.lat, fix.lon, step_m, heading_rad, turned_rad, path.turned_rad), step_m + cut_off_m


def _cut_off_m(step_m: float, before_rad: float, into_rad: float, out_of_rad: float) -> float:
    """Return how much longer the way was than the straight step, by the turns before it, into it and out of it.

    For a corner within it, the two sides of a triangle over it. On a curve that goes on, where the turn before is as
    large, the arc over it. Only where both turns have the same direction.
    """
    if into_rad * out_of_rad <= 0:
        return 0.0
    if max(abs(into_rad), abs(out_of_rad)) > _SHARPEST_RAD or abs(into_rad + out_of_rad) > _SHARPEST_BEND_RAD:
        return 0.0
    corner_m = step_m * (cos((into_rad - out_of_rad) / 2) / cos((into_rad + out_of_rad) / 2) - 1)
    quarter_rad = (into_rad + out_of_rad) / 4
    arc_m = step_m * (quarter_rad / sin(quarter_rad) - 1)
    curve = min(1.0, max(0.0, before_rad / into_rad))
    return corner_m + (arc_m - corner_m) * curve
