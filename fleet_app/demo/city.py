"""A small made-up city: a grid of streets turned against north, an avenue across it, six districts and a depot.

It lies where Barcelona's Eixample lies and shares its block size and its angle, so that it looks right above a map;
its streets, speed limits and districts are invented. Plans are in metres east and north of the middle.
"""

import heapq
import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

MIDDLE_LAT: Final = 41.391_7
MIDDLE_LON: Final = 2.164_9

_BLOCK_M: Final = 133.0
_COLUMNS: Final = 17
_ROWS: Final = 9
_GRID_TURN_DEG: Final = 45.0
_AVENUE_EVERY: Final = 4
_STREET_MPS: Final = 30 / 3.6
_AVENUE_MPS: Final = 50 / 3.6
_DEPOT_AWAY_M: Final = 400.0

# Metres per degree by the ellipsoid's radii of curvature at the middle's latitude.
_NORTH_M_PER_DEG: Final = 111_070.0
_EAST_M_PER_DEG: Final = 83_620.0

_DISTRICTS: Final = (("Old Market", "Station", "Mills"), ("Northgate", "Gardens", "Harbour"))
"""By rows from the south, by columns from the west of the unturned grid."""


class Point(NamedTuple):
    """A place in the plan, metres from the middle."""

    east_m: float
    north_m: float

    def distance_m(self, other: "Point") -> float:
        """Return the distance to `other` as the crow flies."""
        return math.dist(self, other)

    def heading_deg(self, other: "Point") -> float:
        """Return the course towards `other`, degrees clockwise from north, in [0, 360)."""
        return math.degrees(math.atan2(other.east_m - self.east_m, other.north_m - self.north_m)) % 360.0

    def degrees(self) -> tuple[float, float]:
        """Return latitude and longitude, WGS84."""
        return MIDDLE_LAT + self.north_m / _NORTH_M_PER_DEG, MIDDLE_LON + self.east_m / _EAST_M_PER_DEG


class City(msgspec.Struct, frozen=True):
    """Crossings and the streets between them.

    Attributes:
        crossings: Where the crossings are; a crossing is known by its index.
        streets: For every crossing, its neighbours and the speed limit on the way there, m/s.
        districts: Name and crossings of each district; the depot is in none.
        depot: The crossing that vans leave from and return to.
    """

    crossings: tuple[Point, ...]
    streets: tuple[Mapping[int, float], ...]
    districts: Mapping[str, tuple[int, ...]]
    depot: int

    def route(self, origin: int, destination: int) -> list[int]:
        """Return the crossings on the quickest way at the speed limit, both ends included (Dijkstra)."""
        came_from = {origin: origin}
        reached_s = {origin: 0.0}
        frontier = [(0.0, origin)]
        while frontier:
            spent_s, here = heapq.heappop(frontier)
            if here == destination:
                break
            for there, limit_mps in self.streets[here].items():
                arrival_s = spent_s + self.crossings[here].distance_m(self.crossings[there]) / limit_mps
                if arrival_s < reached_s.get(there, math.inf):
                    reached_s[there] = arrival_s
                    came_from[there] = here
                    heapq.heappush(frontier, (arrival_s, there))
        way = [destination]
        while way[-1] != origin:
            way.append(came_from[way[-1]])
        return way[::-1]


def build_city() -> City:
    """Return the city; it is always the same."""
    grid = [(column, row) for row in range(_ROWS) for column in range(_COLUMNS)]
    crossings = [_turned((column - _COLUMNS // 2) * _BLOCK_M, (row - _ROWS // 2) * _BLOCK_M) for column, row in grid]
    streets: list[dict[int, float]] = [{} for _ in crossings]
    for column, row in grid:
        if column + 1 < _COLUMNS:
            _pave(streets, _index(column, row), _index(column + 1, row), _limit_mps(row))
        if row + 1 < _ROWS:
            _pave(streets, _index(column, row), _index(column, row + 1), _limit_mps(column))
    for row in range(1, _ROWS):
        # The avenue across: two blocks east for each block south, from the far west corner to the far east one.
        column = 2 * (_ROWS - 1 - row)
        _pave(streets, _index(column, row), _index(column + 2, row - 1), _AVENUE_MPS)
    depot = len(crossings)
    gate = _index(0, _ROWS // 2)
    crossings.append(_turned(-(_COLUMNS // 2) * _BLOCK_M - _DEPOT_AWAY_M, 0.0))
    streets.append({})
    _pave(streets, depot, gate, _AVENUE_MPS)
    return City(tuple(crossings), tuple(streets), _districts(), depot)


def _index(column: int, row: int) -> int:
    return row * _COLUMNS + column


def _turned(along_m: float, across_m: float) -> Point:
    turn = math.radians(_GRID_TURN_DEG)
    return Point(
        along_m * math.cos(turn) - across_m * math.sin(turn),
        along_m * math.sin(turn) + across_m * math.cos(turn),
    )


def _limit_mps(line: int) -> float:
    return _AVENUE_MPS if line % _AVENUE_EVERY == 0 else _STREET_MPS


def _pave(streets: list[dict[int, float]], one: int, other: int, limit_mps: float) -> None:
    streets[one][other] = streets[other][one] = limit_mps


def _districts() -> dict[str, tuple[int, ...]]:
    members: dict[str, list[int]] = {name: [] for names in _DISTRICTS for name in names}
    for row in range(_ROWS):
        names = _DISTRICTS[row * len(_DISTRICTS) // _ROWS]
        for column in range(_COLUMNS):
            members[names[column * len(names) // _COLUMNS]].append(_index(column, row))
    return {name: tuple(crossings) for name, crossings in members.items()}
