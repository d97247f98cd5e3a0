"""Shapes in metres, in which the truth is known exactly, and the geofences that they are on the earth."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, radians, sin, sqrt
from typing import Final, NamedTuple

from geographiclib.geodesic import Geodesic

from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon

LAT, LON = 52.43, 13.53
_STEP_DEG: Final = 0.001
_EAST_M: Final[float] = Geodesic.WGS84.Inverse(LAT, LON, LAT, LON + _STEP_DEG)["s12"] / _STEP_DEG
_NORTH_M: Final[float] = Geodesic.WGS84.Inverse(LAT, LON, LAT + _STEP_DEG, LON)["s12"] / _STEP_DEG

Point = tuple[float, float]
"""Metres east and north of the middle."""


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    """Return latitude and longitude of a point of the plane."""
    return LAT + y_m / _NORTH_M, LON + x_m / _EAST_M


def metres_off(lat: float, lon: float) -> float:
    """Return how far a place is from the middle."""
    return hypot((lon - LON) * _EAST_M, (lat - LAT) * _NORTH_M)


def around(angle_deg: float, radius_m: float) -> Point:
    """Return the point so far from the middle in a direction."""
    return radius_m * cos(radians(angle_deg)), radius_m * sin(radians(angle_deg))


class Disc(NamedTuple):
    """A circle around the middle.

    Attributes:
        name: What it is called in the tables.
        half_m: Half its width.
        road_y_m: The middle of the part that is driven through from west to east.
    """

    name: str
    half_m: float
    road_y_m: float = 0.0

    @property
    def road_half_m(self) -> float:
        """Half the width of what is driven through."""
        return self.half_m

    def holds(self, point: Point) -> bool:
        """Return whether a point lies inside."""
        return hypot(*point) <= self.half_m

    def cuts(self, start: Point, end: Point) -> list[float]:
        """Return where a straight way meets the edge, as shares of it, in order."""
        (x, y), (along_x, along_y) = start, (end[0] - start[0], end[1] - start[1])
        a, b = along_x**2 + along_y**2, x * along_x + y * along_y
        under_root = b * b - a * (x * x + y * y - self.half_m**2)
        if a == 0 or under_root <= 0:
            return []
        root = sqrt(under_root)
        return [share for share in ((-b - root) / a, (-b + root) / a) if 0 <= share < 1]

    def geofence(self) -> Geofence:
        """Return the geofence that it is."""
        return Geofence(geofence_id=self.name, name=self.name, shape=Circle(LAT, LON, self.half_m), revision=1)


class Block(NamedTuple):
    """A polygon.

    Attributes:
        name: What it is called in the tables.
        half_m: Half its width.
        rings: The outer ring and its holes, none closed.
        road_y_m: The middle of the part that is driven through from west to east.
        road_half_m: Half the width of that part.
    """

    name: str
    half_m: float
    rings: tuple[tuple[Point, ...], ...]
    road_y_m: float
    road_half_m: float

    def holds(self, point: Point) -> bool:
        """Return whether a point lies inside: a ray to the east leaves it."""
        x, y = point
        met = 0
        for (ax, ay), (bx, by) in self._edges():
            met += (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax)
        return met % 2 == 1

    def cuts(self, start: Point, end: Point) -> list[float]:
        """Return where a straight way meets the edge, as shares of it, in order."""
        (x, y), (along_x, along_y) = start, (end[0] - start[0], end[1] - start[1])
        shares = []
        for (ax, ay), (bx, by) in self._edges():
            edge_x, edge_y = bx - ax, by - ay
            across = along_x * edge_y - along_y * edge_x
            if across:
                share = ((ax - x) * edge_y - (ay - y) * edge_x) / across
                on_edge = ((ax - x) * along_y - (ay - y) * along_x) / across
                shares += [share] if 0 <= share < 1 and 0 <= on_edge < 1 else []
        return sorted(shares)

    def geofence(self) -> Geofence:
        """Return the geofence that it is."""
        rings = tuple(tuple(degrees(*point)[::-1] for point in (*ring, ring[0])) for ring in self.rings)
        return Geofence(geofence_id=self.name, name=self.name, shape=Polygon(rings), revision=1)

    def _edges(self) -> list[tuple[Point, Point]]:
        return [edge for ring in self.rings for edge in pairwise((*ring, ring[0]))]


Shape = Disc | Block


def _square(half_m: float) -> tuple[Point, ...]:
    return (-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m)


CIRCLE: Final = Disc("circle of 100 m", 100.0)
SMALL: Final = Disc("circle of 30 m", 30.0)
SQUARE: Final = Block("square of 200 m", 100.0, (_square(100),), 0.0, 100.0)
ELL: Final = Block(
    "L of 200 m", 100.0, (((-100, -100), (100, -100), (100, 0), (0, 0), (0, 100), (-100, 100)),), -50.0, 50.0
)
HOLED: Final = Block("300 m with a hole of 100 m", 150.0, (_square(150), _square(50)[::-1]), -100.0, 50.0)
SHAPES: Final[Sequence[Shape]] = (CIRCLE, SQUARE, SMALL, ELL, HOLED)
