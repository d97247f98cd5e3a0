"""Geofences for tests: drawn by Hypothesis, and measured against point by point."""

from itertools import pairwise
from math import atan2, cos, hypot, pi, sin

from hypothesis import strategies as st

from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon

Ring = tuple[tuple[float, float], ...]


def wrapped(lon: float) -> float:
    return (lon + 180) % 360 - 180


def geofence_of(shape: Circle | Polygon, geofence_id: str = "yard", tenant: str = "default") -> Geofence:
    return Geofence(geofence_id=geofence_id, name="Yard", shape=shape, tenant=tenant, revision=1)


def fence_of(shape: Circle | Polygon) -> Fence:
    return Fence(geofence_of(shape))


def star(lat: float, lon: float, radii_m: list[float]) -> Ring:
    """A ring around a point, with a corner in each of some evenly spread directions."""
    east_m, north_m = metres_per_degree(lat)
    corners = [
        (
            wrapped(lon + radius_m * cos(2 * pi * number / len(radii_m)) / east_m),
            lat + radius_m * sin(2 * pi * number / len(radii_m)) / north_m,
        )
        for number, radius_m in enumerate(radii_m)
    ]
    return (*corners, corners[0])


def rectangle(south: float, west: float, north: float, east: float) -> Ring:
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def moved(lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
    """The point some metres away from another."""
    per_east_m, per_north_m = metres_per_degree(lat)
    return lat + north_m / per_north_m, wrapped(lon + east_m / per_east_m)


def plain_depth_m(polygon: Polygon, lat: float, lon: float) -> float:
    """The depth of a point, edge by edge, and whether it is inside by the sum of the angles around it."""
    east_m, north_m = metres_per_degree(lat)
    nearest_m = float("inf")
    inside = 0
    for ring in polygon.coordinates:
        corners = [(shortest_deg(x - lon) * east_m, (y - lat) * north_m) for x, y in ring]
        nearest_m = min(nearest_m, *(_distance_m(*edge) for edge in pairwise(corners)))
        inside += _is_around(corners)
    return nearest_m if inside % 2 else -nearest_m


def _distance_m(begin: tuple[float, float], end: tuple[float, float]) -> float:
    (x0, y0), (x1, y1) = begin, end
    squared = (x1 - x0) ** 2 + (y1 - y0) ** 2
    share = min(1.0, max(0.0, -(x0 * (x1 - x0) + y0 * (y1 - y0)) / squared)) if squared else 0.0
    return hypot(x0 + share * (x1 - x0), y0 + share * (y1 - y0))


def _is_around(corners: list[tuple[float, float]]) -> bool:
    turned = 0.0
    for (x0, y0), (x1, y1) in pairwise(corners):
        turned += _angle(x0, y0, x1, y1)
    return abs(turned) > pi


def _angle(x0: float, y0: float, x1: float, y1: float) -> float:
    return atan2(x0 * y1 - x1 * y0, x0 * x1 + y0 * y1)


latitudes = st.floats(-80, 80)
longitudes = st.floats(-180, 180)
circles = st.builds(Circle, latitudes, longitudes, st.floats(5, 3_000))


@st.composite
def polygons(draw: st.DrawFn, *, least_m: float = 10, most_m: float = 3_000, most_corners: int = 40) -> Polygon:
    """A star, half of the time with a smaller one cut out of it."""
    lat, lon = draw(latitudes), draw(longitudes)
    size_m = draw(st.floats(least_m, most_m))
    corners = draw(st.integers(3, most_corners))
    shares = draw(st.lists(st.floats(0.5, 1), min_size=corners, max_size=corners))
    rings = [star(lat, lon, [size_m * share for share in shares])]
    if draw(st.booleans()):
        rings.append(star(lat, lon, [size_m * share / 4 for share in shares]))
    return Polygon(tuple(rings))


shapes = st.one_of(circles, polygons())


offsets_m = st.floats(-3_000, 3_000)


def depth_m(fence: Fence, lat: float, lon: float) -> float:
    return fence.depth_m(lat, lon, metres_per_degree(lat))
