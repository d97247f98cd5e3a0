"""About the largest circle in a polygon."""

import pytest

from fleet_app.domain.geofences.geofence import Polygon
from tests.domain.geofences.shapes import (
    fence_of,
    moved,
    rectangle,
    star,
)


@pytest.mark.parametrize(
    ("width_m", "height_m"), [(100, 100), (1_000, 100), (100, 5_000), (10_000, 10), (300_000, 20), (50_000, 50_000)]
)
def test_the_largest_circle_in_a_rectangle_is_half_as_wide(width_m: float, height_m: float) -> None:
    lat, lon = moved(52.0, 13.0, width_m, height_m)

    inradius_m = fence_of(Polygon((rectangle(52.0, 13.0, lat, lon),))).inradius_m

    assert min(width_m, height_m) / 2 * 0.8 <= inradius_m <= min(width_m, height_m) / 2 * 1.01


def test_the_largest_circle_in_a_frame_lies_beside_the_hole() -> None:
    frame = Polygon((star(52.0, 13.0, [1_000.0] * 90), star(52.0, 13.0, [600.0] * 90)))

    assert 160 <= fence_of(frame).inradius_m <= 200


def test_of_two_rooms_and_a_corridor_the_larger_room_counts() -> None:
    ring = ((0.0, 0.0), (0.01, 0.0), (0.01, 0.004_9), (0.05, 0.004_9), (0.05, 0.0), (0.09, 0.0), (0.09, 0.04))
    rooms = (*ring, (0.05, 0.04), (0.05, 0.005), (0.01, 0.005), (0.01, 0.01), (0.0, 0.01), (0.0, 0.0))

    assert 0.8 * 2_220 <= fence_of(Polygon((rooms,))).inradius_m <= 2_240


def test_a_polygon_without_extent_holds_no_circle() -> None:
    assert fence_of(Polygon((((13.0, 52.0),) * 4,))).inradius_m == 0
