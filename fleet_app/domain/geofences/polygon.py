"""Measuring against a polygon with holes."""

from heapq import heappop, heappush
from math import hypot
from typing import Final

from fleet_app.domain.geo import Scale, metres_per_degree, shortest_deg
from fleet_app.domain.geofences.geofence import Polygon
from fleet_app.domain.geofences.inscribed import about_the_inradius_m
from fleet_app.domain.geofences.passage import Passage
from fleet_app.domain.geofences.rings import Point, Rings, flat_rings

EXACT_WITHIN_M: Final = 60.0
"""Further outside of the box around it, the distance to the box is told: the edge is at least so far."""
_TOLERANCE: Final = 0.05
_TOLERANCE_M: Final = 1.0
_MOST_HALVINGS: Final = 100


class PolygonOutline:
    """A polygon's edges. Never changed once made.

    Attributes:
        lat: Its first point, degrees.
        lon: The same.
        south: The latitude that it reaches down to.
        north: The latitude that it reaches up to.
        inradius_m: About the radius of the largest circle inside, at most a fifth too small unless it is very long.
    """

    __slots__ = ("_rings", "inradius_m", "lat", "lon", "north", "south")

    def __init__(self, polygon: Polygon) -> None:
        self.lon, self.lat = polygon.coordinates[0][0]
        points = flat_rings(polygon)
        rings = self._rings = Rings(points)
        self.south, self.north = self.lat + rings.south, self.lat + rings.north
        scale = metres_per_degree((self.south + self.north) / 2)
        self.inradius_m = about_the_inradius_m(points, lambda x, y: rings.depth_m(x, y, scale), scale)

    def depth_m(self, lat: float, lon: float, scale: Scale) -> float:
        """Return how far inside a point lies, by the scale at its latitude; below zero, how far outside.

        More than 60 m outside, the edge may be further away than this says.
        """
        x, y, rings = shortest_deg(lon - self.lon), lat - self.lat, self._rings
        if not (rings.west <= x <= rings.east and rings.south <= y <= rings.north):
            out_x = max(rings.west - x, x - rings.east, 0.0) * scale[0]
            out_y = max(rings.south - y, y - rings.north, 0.0) * scale[1]
            if out_x > EXACT_WITHIN_M or out_y > EXACT_WITHIN_M:
                return -hypot(out_x, out_y)
        return rings.depth_m(x, y, scale)

    def exact_depth_m(self, lat: float, lon: float, scale: Scale) -> float:
        """Return how far inside a point lies, by the scale at its latitude, however far outside it is."""
        return self._rings.depth_m(shortest_deg(lon - self.lon), lat - self.lat, scale)

    def passage(self, from_lat: float, from_lon: float, lat: float, lon: float, scale: Scale) -> Passage | None:
        """Return how a straight way lies in it; None if it does not touch it."""
        x, y = shortest_deg(from_lon - self.lon), from_lat - self.lat
        way_x, way_y = shortest_deg(lon - from_lon), lat - from_lat
        crossings = self._rings.crossings(x, y, way_x, way_y)
        if self.depth_m(from_lat, from_lon, scale) >= 0:
            crossings.append(0.0)
        if self.depth_m(lat, lon, scale) >= 0:
            crossings.append(1.0)
        if not crossings:
            return None
        entry, leaving = min(crossings), max(crossings)
        begin = (x + entry * way_x, y + entry * way_y)
        end = (x + leaving * way_x, y + leaving * way_y)
        return Passage(entry, leaving, self._deepest_m(begin, end, scale))

    def _deepest_m(self, begin: Point, end: Point, scale: Scale) -> float:
        """Return how deep a straight way gets, about a twentieth or a metre less than it does at most.

        From one point to another the depth changes by no more than the way between them: the part that may hold the
        deepest point is halved until none may hold a deeper one. It is given up where a long way follows an edge.
        """
        way_m = hypot((end[0] - begin[0]) * scale[0], (end[1] - begin[1]) * scale[1])
        begin_m, end_m = self._rings.depth_m(*begin, scale), self._rings.depth_m(*end, scale)
        deepest_m = max(0.0, begin_m, end_m)
        parts = [(-(begin_m + end_m + way_m) / 2, 0.0, begin_m, 1.0, end_m)]
        for _ in range(_MOST_HALVINGS):
            negative_bound_m, first, first_m, last, last_m = heappop(parts)
            if -negative_bound_m <= deepest_m * (1 + _TOLERANCE) + _TOLERANCE_M:
                break
            middle, half_m = (first + last) / 2, (last - first) / 2 * way_m
            x, y = begin[0] + (end[0] - begin[0]) * middle, begin[1] + (end[1] - begin[1]) * middle
            middle_m = self._rings.depth_m(x, y, scale)
            deepest_m = max(deepest_m, middle_m)
            heappush(parts, (-(first_m + middle_m + half_m) / 2, first, first_m, middle, middle_m))
            heappush(parts, (-(middle_m + last_m + half_m) / 2, middle, middle_m, last, last_m))
        return deepest_m
