"""A way as a short text: points that matter, in Google's encoding of polylines with five digits."""

from collections.abc import Sequence
from math import hypot
from typing import Final

from fleet_app.domain.geo import Scale, metres_per_degree, shortest_deg

TOLERANCE_M: Final = 10.0
"""No point left out lies further from the line than this."""

Point = tuple[float, float]
"""Latitude and longitude, degrees, WGS84."""


def simplified(points: Sequence[Point], tolerance_m: float = TOLERANCE_M) -> list[Point]:
    """Return the points without those that lie near the line between others (Douglas and Peucker, 1973)."""
    if len(points) <= 2:  # noqa: PLR2004 - a line has two ends
        return list(points)
    scale = metres_per_degree(points[0][0])
    kept = {0, len(points) - 1}
    stretches = [(0, len(points) - 1)]
    while stretches:
        first, last = stretches.pop()
        furthest_m, place = max(
            (
                (_off_line_m(points[number], points[first], points[last], scale), number)
                for number in range(first + 1, last)
            ),
            default=(0.0, first),
        )
        if furthest_m > tolerance_m:
            kept.add(place)
            stretches += (first, place), (place, last)
    return [points[number] for number in sorted(kept)]


def _off_line_m(point: Point, start: Point, end: Point, scale: Scale) -> float:
    """Return how far a point lies from the line between two others."""
    east_m, north_m = _vector_m(start, point, scale)
    along_east_m, along_north_m = _vector_m(start, end, scale)
    length_m = hypot(along_east_m, along_north_m)
    if length_m == 0.0:
        return hypot(east_m, north_m)
    share = (east_m * along_east_m + north_m * along_north_m) / length_m**2
    share = min(1.0, max(0.0, share))
    return hypot(east_m - share * along_east_m, north_m - share * along_north_m)


def _vector_m(start: Point, end: Point, scale: Scale) -> tuple[float, float]:
    return shortest_deg(end[1] - start[1]) * scale[0], (end[0] - start[0]) * scale[1]


def encoded(points: Sequence[Point]) -> str:
    """Return the points in Google's encoding: differences of 1e-5 degrees, in groups of five bits."""
    text: list[str] = []
    lat_e5 = lon_e5 = 0
    for lat, lon in points:
        next_lat_e5, next_lon_e5 = round(lat * 1e5), round(lon * 1e5)
        text += _number(next_lat_e5 - lat_e5), _number(next_lon_e5 - lon_e5)
        lat_e5, lon_e5 = next_lat_e5, next_lon_e5
    return "".join(text)


def _number(value: int) -> str:
    rest = ~(value << 1) if value < 0 else value << 1
    text = ""
    while rest >= 0x20:  # noqa: PLR2004 - five bits
        text += chr((0x20 | rest & 0x1F) + 63)
        rest >>= 5
    return text + chr(rest + 63)
