"""Tiles are those of every web map."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.live.tiles import ACROSS, Box, tile_of, tiles_of

LATS = st.floats(-90.0, 90.0)
LONS = st.floats(-180.0, 180.0)


@pytest.mark.parametrize(
    ("lat", "lon", "row", "column"),
    [
        (52.5, 13.4, 20, 34),
        (0.0, 0.0, 32, 32),
        (85.06, -180.0, 0, 0),
        (-90.0, 180.0, 63, 63),
        (-33.87, 151.21, 38, 58),
    ],
)
def test_a_position_is_on_the_tile_that_maps_have_it_on(lat: float, lon: float, row: int, column: int) -> None:
    assert divmod(tile_of(lat, lon), ACROSS) == (row, column)


@given(LATS, LONS, LATS, LONS, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_whatever_is_in_a_box_is_on_one_of_its_tiles(  # noqa: PLR0917 - two corners and a place between
    lat: float, lon: float, other_lat: float, other_lon: float, up: float, right: float
) -> None:
    box = Box(min(lon, other_lon), min(lat, other_lat), max(lon, other_lon), max(lat, other_lat))
    inside_lat = min(box.north, box.south + up * (box.north - box.south))
    inside_lon = min(box.east, box.west + right * (box.east - box.west))

    assert tile_of(inside_lat, inside_lon) in tiles_of(box)


def test_a_box_over_the_antimeridian_has_both_ends_of_the_map() -> None:
    assert {tile % ACROSS for tile in tiles_of(Box(178.0, -1.0, -178.0, 1.0))} == {0, 63}


@pytest.mark.parametrize(
    "box",
    [
        Box(0.0, 2.0, 1.0, 1.0),
        Box(-181.0, 0.0, 1.0, 1.0),
        Box(0.0, 0.0, 1.0, 91.0),
        Box(float("nan"), 0.0, 1.0, 1.0),
        Box(0.0, 0.0, float("inf"), 1.0),
    ],
)
def test_what_is_no_box_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="west,south,east,north"):
        tiles_of(box)
