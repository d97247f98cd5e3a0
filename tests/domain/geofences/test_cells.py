"""The cells that a geofence is found by."""

import h3.api.basic_int as h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.cells import EVERYWHERE, FINEST, FINEST_RESOLUTION, REACH_M, cell_of, cover
from fleet_app.domain.geofences.geofence import Circle, Polygon
from tests.domain.geofences.shapes import fence_of, latitudes, longitudes, moved, rectangle


@given(latitudes, longitudes, st.sampled_from([300.0, 3_000.0, 30_000.0]))
def test_a_parent_by_its_bits_is_the_one_that_h3_says(lat: float, lon: float, radius_m: float) -> None:
    level, cells = cover(fence_of(Circle(lat, lon, radius_m)))
    cell = cell_of(lat, lon, FINEST_RESOLUTION)

    assert level.parent(cell) == h3.cell_to_parent(cell, h3.get_resolution(cells[0]))


@pytest.mark.parametrize(
    ("radius_m", "resolution"), [(5, 9), (100, 9), (800, 9), (2_000, 7), (5_000, 7), (20_000, 5), (100_000, 3)]
)
def test_the_larger_a_geofence_is_the_coarser_are_its_cells(radius_m: float, resolution: int) -> None:
    level, cells = cover(fence_of(Circle(52.0, 13.0, radius_m)))

    assert {h3.get_resolution(cell) for cell in cells} == {resolution}
    assert len(cells) <= 64
    assert (level == FINEST) == (resolution == 9)


PENTAGONS = [h3.cell_to_latlng(cell) for cell in h3.get_pentagons(9)]


@given(
    st.sampled_from(PENTAGONS),
    st.sampled_from([30.0, 600.0, 5_000.0, 60_000.0]),
    st.floats(0, 1),
    st.sampled_from([(1.0, 0.0), (0.6, 0.8), (-0.6, 0.8), (-1.0, 0.0), (-0.6, -0.8), (0.0, -1.0)]),
)
def test_around_a_pentagon_no_point_within_reach_is_missed(
    pentagon: tuple[float, float], radius_m: float, share: float, bearing: tuple[float, float]
) -> None:
    level, cells = cover(fence_of(Circle(*pentagon, radius_m)))
    away_m = (radius_m + REACH_M * 0.99) * share
    near = moved(*pentagon, bearing[0] * away_m, bearing[1] * away_m)

    assert level.parent(cell_of(*near, FINEST_RESOLUTION)) in cells


def test_a_geofence_that_reaches_a_pole_or_is_larger_than_can_be_is_found_everywhere() -> None:
    for shape in (Circle(84.99, 0.0, 5_000.0), Polygon((rectangle(-30.0, -20.0, 30.0, 50.0),))):
        level, cells = cover(fence_of(shape))

        assert level is EVERYWHERE
        assert cells == (EVERYWHERE.parent(cell_of(-33.0, 151.0, FINEST_RESOLUTION)),)


def test_a_thin_ring_is_followed_all_around() -> None:
    frame = Polygon((rectangle(52.0, 13.0, 52.02, 13.03), rectangle(52.000_01, 13.000_01, 52.019_99, 13.029_99)))
    level, cells = cover(fence_of(frame))
    east_m, _ = metres_per_degree(52.0)

    assert level.parent(cell_of(52.02, 13.03, FINEST_RESOLUTION)) in cells
    assert level.parent(cell_of(52.01, 13.0 - 150 / east_m, FINEST_RESOLUTION)) in cells
