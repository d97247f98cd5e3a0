"""Map tiles: the web-mercator grid of zoom 6, 64 by 64 of them, by which the feed sorts vehicles."""

from math import asinh, floor, pi, radians, tan
from typing import Final

import msgspec

ZOOM: Final = 6
ACROSS: Final = 1 << ZOOM
"""Tiles along each side of the world; one is 5.6 degrees of longitude wide."""
LATEST_LAT: Final = 85.0511287798
"""Where web mercator ends; what lies beyond is counted to the outermost row."""

_POLE: Final = 90.0
_ANTIMERIDIAN: Final = 180.0


class Box(msgspec.Struct, frozen=True):
    """A part of the map, degrees. `west` greater than `east` spans the antimeridian."""

    west: float
    south: float
    east: float
    north: float


def tile_of(lat: float, lon: float) -> int:
    """Return the tile of a position in degrees: 64 for each row from the north, plus the column from 180° west."""
    return _row(lat) * ACROSS + _column(lon)


def tiles_of(box: Box) -> frozenset[int]:
    """Return the tiles that a box touches.

    Raises:
        ValueError: It is no box.
    """
    if not (-_POLE <= box.south <= box.north <= _POLE and max(abs(box.west), abs(box.east)) <= _ANTIMERIDIAN):
        raise ValueError("a box is west,south,east,north in degrees, south not above north")
    first, last = _column(box.west), _column(box.east)
    wraps = box.west > box.east
    columns = [*range(first, ACROSS), *range(last + 1)] if wraps else range(first, last + 1)
    rows = range(_row(box.north), _row(box.south) + 1)
    return frozenset(row * ACROSS + column for row in rows for column in columns)


def _column(lon: float) -> int:
    return min(ACROSS - 1, max(0, floor((lon + 180.0) / 360.0 * ACROSS)))


def _row(lat: float) -> int:
    inside = min(LATEST_LAT, max(-LATEST_LAT, lat))
    return min(ACROSS - 1, max(0, floor((1.0 - asinh(tan(radians(inside))) / pi) / 2.0 * ACROSS)))
