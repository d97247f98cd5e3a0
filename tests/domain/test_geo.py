"""Distances against the geodesic."""

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geo import distance_m, metres_per_degree, shortest_deg

latitudes = st.floats(-80, 80)
longitudes = st.floats(-180, 180)


def geodesic_m(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    metres: float = Geodesic.WGS84.Inverse(from_lat, from_lon, to_lat, to_lon)["s12"]
    return metres


@given(latitudes, longitudes, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_a_step_of_some_kilometres_is_within_a_hundredth_of_a_percent_of_the_geodesic(
    lat: float, lon: float, north_deg: float, east_deg: float
) -> None:
    expected = geodesic_m(lat, lon, lat + north_deg, lon + east_deg)

    assert distance_m(lat, lon, lat + north_deg, lon + east_deg) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@given(latitudes, longitudes, latitudes, longitudes)
def test_the_way_there_is_as_long_as_the_way_back(
    from_lat: float, from_lon: float, to_lat: float, to_lon: float
) -> None:
    there = distance_m(from_lat, from_lon, to_lat, to_lon)
    back = distance_m(to_lat, to_lon, from_lat, from_lon)

    assert there == pytest.approx(back)


@given(st.floats(-90, 90), longitudes)
def test_no_step_is_no_distance(lat: float, lon: float) -> None:
    assert distance_m(lat, lon, lat, lon) == 0


def test_the_short_way_is_taken_across_the_antimeridian() -> None:
    assert distance_m(10.0, 179.99, 10.0, -179.99) == pytest.approx(geodesic_m(10.0, 179.99, 10.0, -179.99), rel=1e-6)


@given(st.floats(-89, 89))
def test_the_scale_at_a_latitude_is_that_of_the_ellipsoid(lat: float) -> None:
    east_m, north_m = metres_per_degree(lat)

    assert east_m == pytest.approx(geodesic_m(lat, 0.0, lat, 0.01) * 100, rel=1e-3, abs=0.1)
    assert north_m == pytest.approx(geodesic_m(lat - 0.005, 0.0, lat + 0.005, 0.0) * 100, rel=1e-4)


@pytest.mark.parametrize(
    ("east_deg", "shortest"), [(0.0, 0.0), (10.0, 10.0), (359.0, -1.0), (-359.0, 1.0), (181.0, -179.0)]
)
def test_a_difference_of_longitudes_is_the_short_way_round(east_deg: float, shortest: float) -> None:
    assert shortest_deg(east_deg) == shortest
