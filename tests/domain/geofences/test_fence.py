"""Depths against a plain computation, and passages against many points of the way."""

from math import hypot

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Circle, Polygon
from tests.domain.geofences.shapes import (
    fence_of,
    latitudes,
    longitudes,
    moved,
    plain_depth_m,
    polygons,
    shapes,
)

offsets_m = st.floats(-3_000, 3_000)


def depth_m(fence: Fence, lat: float, lon: float) -> float:
    return fence.depth_m(lat, lon, metres_per_degree(lat))


@given(latitudes, longitudes, st.floats(5, 100_000), st.floats(0, 360), st.floats(0.9, 1.1))
def test_the_depth_in_a_circle_is_the_geodesic_one_near_its_edge(
    lat: float, lon: float, radius_m: float, azimuth: float, share: float
) -> None:
    there = Geodesic.WGS84.Direct(lat, lon, azimuth, radius_m * share)

    found_m = depth_m(fence_of(Circle(lat, lon, radius_m)), there["lat2"], there["lon2"])

    assert found_m == pytest.approx(radius_m * (1 - share), abs=0.2 + radius_m * 5e-4)


@given(polygons(), offsets_m, offsets_m)
def test_the_depth_in_a_polygon_is_that_of_a_plain_computation(polygon: Polygon, east_m: float, north_m: float) -> None:
    lon, lat = polygon.coordinates[0][0]
    lat, lon = moved(lat, lon, east_m, north_m)
    expected_m = plain_depth_m(polygon, lat, lon)
    fence = fence_of(polygon)

    found_m = depth_m(fence, lat, lon)

    assert fence.outline.exact_depth_m(lat, lon, metres_per_degree(lat)) == pytest.approx(expected_m, abs=1e-3)
    assert found_m == pytest.approx(expected_m, abs=1e-3) or expected_m - 1e-3 <= found_m < -50


@given(shapes, offsets_m, offsets_m, offsets_m, offsets_m)
def test_a_passage_is_what_many_points_of_the_way_say(
    shape: Circle | Polygon, from_east_m: float, from_north_m: float, east_m: float, north_m: float
) -> None:
    fence = fence_of(shape)
    from_lat, from_lon = moved(fence.outline.lat, fence.outline.lon, from_east_m, from_north_m)
    lat, lon = moved(fence.outline.lat, fence.outline.lon, east_m, north_m)
    scale = metres_per_degree(lat)
    way_m = hypot(east_m - from_east_m, north_m - from_north_m)
    shares = [number / 2_000 for number in range(2_001)]
    way = [moved_along(from_lat, from_lon, lat, lon, share) for share in shares]
    depths_m = [fence.depth_m(*point, scale) for point in way]
    inside = [share for share, each_m in zip(shares, depths_m, strict=True) if each_m > 0.5]
    deepest_m = max(depths_m)

    passage = fence.passage(from_lat, from_lon, lat, lon, scale)

    assume(passage is not None or deepest_m > 1.0)
    assert passage is not None
    assert passage.entry <= min(inside, default=1.0)
    assert passage.exit >= max(inside, default=0.0)
    assert 0 <= passage.entry <= passage.exit <= 1
    assert fence.depth_m(*moved_along(from_lat, from_lon, lat, lon, passage.entry), scale) >= -1 - way_m / 2_000
    assert fence.depth_m(*moved_along(from_lat, from_lon, lat, lon, passage.exit), scale) >= -1 - way_m / 2_000
    assert deepest_m * 0.94 - 2 <= passage.deepest_m <= max(0.0, deepest_m) + 1 + way_m / 2_000


def moved_along(from_lat: float, from_lon: float, lat: float, lon: float, share: float) -> tuple[float, float]:
    return from_lat + (lat - from_lat) * share, from_lon + shortest_deg(lon - from_lon) * share
