"""Circles, against the geodesic."""

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geofences.geofence import Circle
from tests.domain.geofences.shapes import (
    circles,
    depth_m,
    fence_of,
    latitudes,
    longitudes,
)


@given(latitudes, longitudes, st.floats(5, 100_000), st.floats(0, 360), st.floats(0.9, 1.1))
def test_the_depth_in_a_circle_is_the_geodesic_one_near_its_edge(
    lat: float, lon: float, radius_m: float, azimuth: float, share: float
) -> None:
    there = Geodesic.WGS84.Direct(lat, lon, azimuth, radius_m * share)

    found_m = depth_m(fence_of(Circle(lat, lon, radius_m)), there["lat2"], there["lon2"])

    assert found_m == pytest.approx(radius_m * (1 - share), abs=0.2 + radius_m * 5e-4)


@given(circles)
def test_the_largest_circle_in_a_circle_is_the_circle(circle: Circle) -> None:
    assert fence_of(circle).inradius_m == circle.radius_m
