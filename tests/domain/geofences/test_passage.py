"""Passages, against many points of the way."""

from math import hypot

import pytest
from hypothesis import assume, given

from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.geofence import Circle, Polygon
from tests.domain.geofences.shapes import (
    fence_of,
    moved,
    offsets_m,
    shapes,
    star,
)


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


@pytest.mark.parametrize("shape", [Circle(52.0, 13.0, 100.0), Polygon((star(52.0, 13.0, [100.0] * 60),))])
def test_a_way_that_goes_nowhere_is_inside_or_not(shape: Circle | Polygon) -> None:
    fence, scale = fence_of(shape), metres_per_degree(52.0)

    passage = fence.passage(52.0, 13.0, 52.0, 13.0, scale)

    assert passage is not None
    assert passage[:2] == (0.0, 1.0)
    assert passage.deepest_m == pytest.approx(100, rel=0.02)
    assert fence.passage(52.002, 13.0, 52.002, 13.0, scale) is None


@pytest.mark.parametrize("shape", [Circle(52.0, 13.0, 100.0), Polygon((star(52.0, 13.0, [100.0] * 60),))])
@pytest.mark.parametrize("off_m", [101.0, 3_000.0])
def test_a_way_beside_a_fence_does_not_touch_it(shape: Circle | Polygon, off_m: float) -> None:
    west, east = moved(52.0, 13.0, -500.0, off_m), moved(52.0, 13.0, 500.0, off_m)

    assert fence_of(shape).passage(*west, *east, metres_per_degree(52.0)) is None


@pytest.mark.parametrize("shape", [Circle(52.0, 13.0, 100.0), Polygon((star(52.0, 13.0, [100.0] * 60),))])
def test_a_way_that_ends_before_a_fence_or_begins_behind_it_does_not_touch_it(shape: Circle | Polygon) -> None:
    west, near_west = moved(52.0, 13.0, -500.0, 0.0), moved(52.0, 13.0, -110.0, 0.0)
    fence, scale = fence_of(shape), metres_per_degree(52.0)

    assert fence.passage(*west, *near_west, scale) is None
    assert fence.passage(*near_west, *west, scale) is None
