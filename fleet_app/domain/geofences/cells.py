"""The H3 cells that a geofence is found by.

A point's cell is taken at the finest resolution, its parents from that by H3's bits. A geofence stands at the finest
resolution at which a few dozen cells cover it, in every cell in which a point that is near it may lie.

H3 cells do not nest: a point may lie outside of the hexagon of its cell's parent, but never further from its middle
than 1.15 times the average edge (1.141 at most of 200,000 points all over the globe for each resolution). So a
geofence stands in every cell whose middle is no further away than that, with some to spare for the scale, plus REACH_M.
No hexagon needs to be asked what it overlaps, and pentagons and the antimeridian are nothing special.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from h3.api.basic_int import (
    average_hexagon_edge_length,
    cell_to_latlng,
    grid_disk,
    latlng_to_cell,
)

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.fence import Fence

REACH_M: Final = 160.0
"""A point that is no further from a geofence finds it in its cell."""
_MOST_CELLS: Final = 64
_TO_ANY_POINT: Final = 1.25
"""From a cell's middle to any point in it, by the average length of an edge."""
_MOST_LAT: Final = 85.0
"""Degrees. Beyond, a scale does not hold over a cell."""


class Level(NamedTuple):
    """A resolution, by what turns the number of a cell at the finest one into that of its parent."""

    unused_digits: int
    less: int

    def parent(self, cell: int) -> int:
        """Return the parent of a cell at the finest resolution."""
        return (cell | self.unused_digits) - self.less


class Cover(NamedTuple):
    """Where a geofence is found."""

    level: Level
    cells: tuple[int, ...]


FINEST_RESOLUTION: Final = 9
"""Cells of 0.1 km2, with an edge of 200 m."""
cell_of: Final[Callable[[float, float, int], int]] = latlng_to_cell
"""The cell of a point at a resolution."""
_RESOLUTIONS: Final = (FINEST_RESOLUTION, 7, 5, 3)


def _level(resolution: int) -> Level:
    """Return the level of a resolution: H3 sets the digits that are not used, and keeps the resolution in bit 52 on."""
    return Level((1 << 3 * (15 - resolution)) - 1, (FINEST_RESOLUTION - resolution) << 52)


_LEVELS: Final = tuple(
    (resolution, _level(resolution), float(average_hexagon_edge_length(resolution, "m")) * _TO_ANY_POINT)
    for resolution in _RESOLUTIONS
)
FINEST: Final = _level(FINEST_RESOLUTION)
EVERYWHERE: Final = Level((1 << 64) - 1, 0)
"""All cells have the same parent."""


def cover(fence: Fence) -> Cover:
    """Return where a geofence is found: in the cell, or its parent, of every point that is within REACH_M of it."""
    if fence.outline.south >= -_MOST_LAT and fence.outline.north <= _MOST_LAT:
        for resolution, level, radius_m in _LEVELS:
            cells = _cells_within(fence, resolution, radius_m + REACH_M)
            if cells is not None:
                return Cover(level, tuple(sorted(cells)))
    return Cover(EVERYWHERE, (EVERYWHERE.parent(0),))


def _cells_within(fence: Fence, resolution: int, reach_m: float) -> set[int] | None:
    """Return the cells whose middles are within some metres of a geofence; None if they are too many.

    They are connected, because the geofence is, so they are found from neighbour to neighbour.
    """
    outline = fence.outline
    first = cell_of(outline.lat, outline.lon, resolution)
    within, open_cells, seen = set[int](), [first], {first}
    while open_cells:
        cell = open_cells.pop()
        lat, lon = cell_to_latlng(cell)
        if -outline.exact_depth_m(lat, lon, metres_per_degree(lat)) > reach_m:
            continue
        within.add(cell)
        if len(within) > _MOST_CELLS:
            return None
        fresh = set(grid_disk(cell, 1)) - seen
        open_cells += fresh
        seen |= fresh
    return within
