"""Rings of few and many points."""

from math import cos, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.geofence import Polygon
from fleet_app.domain.geofences.rings import Rings, flat_rings, measure
from tests.domain.geofences.shapes import (
    fence_of,
    moved,
    offsets_m,
    plain_depth_m,
    polygons,
    rectangle,
    star,
)


@given(st.integers(3, 1_999), st.floats(0, 360), st.floats(0, 1_500))
def test_an_outline_of_many_points_is_measured_as_one_of_few(corners: int, azimuth: float, way_m: float) -> None:
    polygon = Polygon((star(52.0, 13.0, [1_000.0 + 200 * (number % 3) for number in range(corners)]),))
    lat, lon = moved(52.0, 13.0, way_m * cos(radians(azimuth)), way_m * sin(radians(azimuth)))

    found_m = fence_of(polygon).outline.exact_depth_m(lat, lon, metres_per_degree(lat))

    assert found_m == pytest.approx(plain_depth_m(polygon, lat, lon), abs=1e-3)


BEYOND = rectangle(10.0, 179.9, 10.1, -179.8)


def test_rings_go_on_across_the_antimeridian_without_a_jump() -> None:
    outer, hole = flat_rings(Polygon((BEYOND, rectangle(10.01, -179.9, 10.02, 179.95))))

    assert [x for x, _ in outer] == pytest.approx([0, 0.3, 0.3, 0, 0])
    assert [x for x, _ in hole] == pytest.approx([0.2, 0.05, 0.05, 0.2, 0.2])


def test_a_point_that_stands_twice_in_a_row_counts_once() -> None:
    west, *others = rectangle(10.0, 13.0, 10.1, 13.1)

    assert flat_rings(Polygon(((west, west, *others),))) == flat_rings(Polygon(((west, *others),)))


@given(polygons(), offsets_m, offsets_m)
def test_rings_surround_what_is_at_some_depth(polygon: Polygon, east_m: float, north_m: float) -> None:
    lon, lat = polygon.coordinates[0][0]
    lat, lon = moved(lat, lon, east_m, north_m)
    depth_m = plain_depth_m(polygon, lat, lon)
    assume(abs(depth_m) > 0.001)

    first_lon, first_lat = polygon.coordinates[0][0]

    assert Rings(flat_rings(polygon)).surround(shortest_deg(lon - first_lon), lat - first_lat) == (depth_m > 0)


def test_a_ring_is_measured_in_square_metres_and_metres_of_edge() -> None:
    size = measure([(0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (0.0, 2.0), (0.0, 0.0)], (100.0, 200.0))

    assert size == (3 * 100 * 2 * 200, 2 * 300 + 2 * 400)
