"""How far a vehicle has gone along its fixes, corners that lie between them included, noise excluded."""

from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, shortest_deg

LEAST_M: Final = 15.0
"""Metres count once they are so many: less may be noise, and is kept for the next fix."""


class Path(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The place up to which a vehicle's metres are counted, degrees, WGS84."""

    lat: float
    lon: float


def driven(path: Path, fix: Fix, scale: Scale) -> tuple[Path, float]:
    """Return the path after a fix of a moving vehicle, and the metres that it adds."""
    metres = hypot(shortest_deg(fix.lon - path.lon) * scale[0], (fix.lat - path.lat) * scale[1])
    if metres < LEAST_M:
        return path, 0.0
    return Path(fix.lat, fix.lon), metres
