"""About the largest circle that fits into a polygon: a grid that is refined where it may become larger.

The depth changes by no more than the way between two points, so a square can hold nothing deeper than its middle's
depth and half its diagonal.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from math import ceil, sqrt
from typing import Final

from fleet_app.domain.geo import Scale
from fleet_app.domain.geofences.rings import Ring, measure

_GOOD_ENOUGH: Final = 1.15
_MOST_SQUARES: Final = 300
_SQUARES_ACROSS: Final = 4
_HALF_DIAGONAL: Final = sqrt(0.5)

Depth = Callable[[float, float], float]


def about_the_inradius_m(rings: Sequence[Ring], depth_m: Depth, scale: Scale) -> float:
    """Return the radius of a circle about as large as the largest one inside.

    `rings` are in degrees, and so are the points that `depth_m` is asked for; it returns metres. Of a strip of an area
    hundreds of times longer than wide, area by perimeter is told: half the width.
    """
    east_m, north_m = scale
    best_m = _area_by_perimeter_m(rings, scale)
    squares = _first_squares(rings[0], scale)
    candidates = [_candidate(x, y, side_m, depth_m) for x, y, side_m in squares]
    heapify(candidates)
    measured = len(candidates)
    while candidates and measured < _MOST_SQUARES:
        negative_bound_m, x, y, side_m, middle_m = heappop(candidates)
        best_m = max(best_m, middle_m)
        if -negative_bound_m <= best_m * _GOOD_ENOUGH:
            return best_m
        quarter_m = side_m / 4
        for east, north in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            finer_x, finer_y = x + east * quarter_m / east_m, y + north * quarter_m / north_m
            candidate = _candidate(finer_x, finer_y, side_m / 2, depth_m)
            best_m = max(best_m, candidate[-1])
            heappush(candidates, candidate)
            measured += 1
    return best_m


def _candidate(x: float, y: float, side_m: float, depth_m: Depth) -> tuple[float, float, float, float, float]:
    """Return a square that comes out of a heap the earlier, the deeper a point in it may be."""
    middle_m = depth_m(x, y)
    return -(middle_m + side_m * _HALF_DIAGONAL), x, y, side_m, middle_m


def _first_squares(ring: Ring, scale: Scale) -> list[tuple[float, float, float]]:
    """Return the middles, in degrees, and the side, in metres, of the squares that cover a ring's box."""
    east_m, north_m = scale
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    west, south = min(xs), min(ys)
    width_m, height_m = (max(xs) - west) * east_m, (max(ys) - south) * north_m
    side_m = max(width_m, height_m) / _SQUARES_ACROSS
    if not side_m:
        return []
    columns, rows = ceil(width_m / side_m) or 1, ceil(height_m / side_m) or 1
    return [
        (west + (column + 0.5) * side_m / east_m, south + (row + 0.5) * side_m / north_m, side_m)
        for column in range(columns)
        for row in range(rows)
    ]


def _area_by_perimeter_m(rings: Sequence[Ring], scale: Scale) -> float:
    """Return the area by the length of all edges: no larger than the inradius, and nearly as large in a strip."""
    area_m2 = perimeter_m = 0.0
    for number, ring in enumerate(rings):
        ring_m2, length_m = measure(ring, scale)
        area_m2 += -ring_m2 if number else ring_m2
        perimeter_m += length_m
    return max(0.0, area_m2 / perimeter_m) if perimeter_m else 0.0
