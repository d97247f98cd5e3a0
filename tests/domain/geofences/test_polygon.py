"""Polygons, against a plain computation."""

import pytest
from hypothesis import given

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.geofence import Polygon
from tests.domain.geofences.shapes import (
    depth_m,
    fence_of,
    moved,
    offsets_m,
    plain_depth_m,
    polygons,
    rectangle,
    star,
)


@given(polygons(), offsets_m, offsets_m)
def test_the_depth_in_a_polygon_is_that_of_a_plain_computation(polygon: Polygon, east_m: float, north_m: float) -> None:
    lon, lat = polygon.coordinates[0][0]
    lat, lon = moved(lat, lon, east_m, north_m)
    expected_m = plain_depth_m(polygon, lat, lon)
    fence = fence_of(polygon)

    found_m = depth_m(fence, lat, lon)

    assert fence.outline.exact_depth_m(lat, lon, metres_per_degree(lat)) == pytest.approx(expected_m, abs=1e-3)
    assert found_m == pytest.approx(expected_m, abs=1e-3) or expected_m - 1e-3 <= found_m < -50


def test_inside_a_hole_is_outside_and_its_edge_is_an_edge() -> None:
    hole = star(52.0, 13.0, [200.0] * 200)
    fence = fence_of(Polygon((star(52.0, 13.0, [1_000.0] * 200), hole)))

    assert depth_m(fence, 52.0, 13.0) == pytest.approx(-200, abs=1)
    assert depth_m(fence, *moved(52.0, 13.0, 250.0, 0.0)) == pytest.approx(50, abs=1)
    assert depth_m(fence, *moved(52.0, 13.0, 600.0, 0.0)) == pytest.approx(400, abs=1)


def test_far_outside_of_a_polygon_the_edge_is_at_least_so_far_as_it_says() -> None:
    fence = fence_of(Polygon((star(52.0, 13.0, [100.0] * 8),)))

    assert depth_m(fence, *moved(52.0, 13.0, 3_000.0, 0.0)) == pytest.approx(-2_900, abs=5)
    assert -4_200 < depth_m(fence, *moved(52.0, 13.0, -3_000.0, 3_000.0)) < -4_000


def test_a_way_along_an_edge_touches_it() -> None:
    fence = fence_of(Polygon((rectangle(52.0, 13.0, 52.001, 13.01),)))

    passage = fence.passage(52.0, 12.99, 52.0, 13.02, metres_per_degree(52.0))

    assert passage is not None
    assert passage.entry == pytest.approx(1 / 3)
    assert passage.exit == pytest.approx(2 / 3)
    assert passage.deepest_m == pytest.approx(0, abs=1e-6)


def test_a_way_through_two_arms_of_a_fence_leaves_with_the_second() -> None:
    arms = ((0.0, 0.0), (0.03, 0.0), (0.03, 0.02), (0.02, 0.02), (0.02, 0.01), (0.01, 0.01), (0.01, 0.02), (0.0, 0.02))
    fence = fence_of(Polygon(((*arms, arms[0]),)))

    passage = fence.passage(0.015, -0.01, 0.015, 0.04, metres_per_degree(0.015))

    assert passage is not None
    assert passage[:2] == pytest.approx((0.2, 0.8))
    assert passage.deepest_m == pytest.approx(553, rel=0.05)
