"""Measuring against a circle."""

from math import hypot, sqrt
from typing import Final

from fleet_app.domain.geo import Scale, metres_per_degree, shortest_deg
from fleet_app.domain.geofences.geofence import Circle
from fleet_app.domain.geofences.passage import Passage

_WIDE_M: Final = 1_000.0
"""From this radius on the scale at the edge does not do for the way to the middle: it would be 0.1 m off at 60 N."""


class CircleOutline:
    """A circle's edge. Never changed once made.

    Attributes:
        lat: Its middle, degrees.
        lon: The same.
        south: The latitude that it reaches down to.
        north: The latitude that it reaches up to.
        inradius_m: Its radius.
    """

    __slots__ = ("_is_wide", "inradius_m", "lat", "lon", "north", "south")

    def __init__(self, circle: Circle) -> None:
        _, north_m = metres_per_degree(circle.lat)
        self.lat = circle.lat
        self.lon = circle.lon
        self.south = circle.lat - circle.radius_m / north_m
        self.north = circle.lat + circle.radius_m / north_m
        self.inradius_m = circle.radius_m
        self._is_wide = circle.radius_m > _WIDE_M

    def depth_m(self, lat: float, lon: float, scale: Scale) -> float:
        """Return how far inside a point lies, by the scale at its latitude; below zero, how far outside."""
        if self._is_wide:
            scale = metres_per_degree((lat + self.lat) / 2)
        return self.inradius_m - hypot(shortest_deg(lon - self.lon) * scale[0], (lat - self.lat) * scale[1])

    exact_depth_m = depth_m

    def passage(self, from_lat: float, from_lon: float, lat: float, lon: float, scale: Scale) -> Passage | None:
        """Return how a straight way lies in it; None if it does not touch it."""
        if self._is_wide:
            scale = metres_per_degree((from_lat + lat + 2 * self.lat) / 4)
        east_m, north_m = scale
        x, y = shortest_deg(from_lon - self.lon) * east_m, (from_lat - self.lat) * north_m
        way_x, way_y = shortest_deg(lon - from_lon) * east_m, (lat - from_lat) * north_m
        squared = way_x * way_x + way_y * way_y
        if not squared:
            return _at_a_point(self.inradius_m - hypot(x, y))
        nearest = -(x * way_x + y * way_y) / squared
        off_m = hypot(x + nearest * way_x, y + nearest * way_y)
        if off_m > self.inradius_m:
            return None
        half = sqrt((self.inradius_m + off_m) * (self.inradius_m - off_m) / squared)
        entry, leaving = max(0.0, nearest - half), min(1.0, nearest + half)
        if entry > leaving:
            return None
        deepest = min(1.0, max(0.0, nearest))
        return Passage(entry, leaving, self.inradius_m - hypot(x + deepest * way_x, y + deepest * way_y))


def _at_a_point(depth_m: float) -> Passage | None:
    return Passage(0.0, 1.0, depth_m) if depth_m >= 0 else None
