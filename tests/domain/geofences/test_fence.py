"""Fences of either shape."""

import pytest

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Circle, Polygon
from tests.domain.geofences.shapes import (
    depth_m,
    fence_of,
    geofence_of,
    rectangle,
)


@pytest.mark.parametrize("lon", [179.999, -179.999, 180.0, -180.0])
def test_a_fence_across_the_antimeridian_is_one(lon: float) -> None:
    polygon = fence_of(Polygon((rectangle(10.0, 179.99, 10.02, -179.99),)))
    circle = fence_of(Circle(10.01, lon, 1_200.0))

    for fence in (polygon, circle):
        assert depth_m(fence, 10.01, lon) > 900
        passage = fence.passage(10.01, 179.9, 10.01, -179.9, metres_per_degree(10.01))
        assert passage is not None
        assert passage.entry == pytest.approx(0.45, abs=0.01)
        assert passage.exit == pytest.approx(0.55, abs=0.01)


def test_a_fence_knows_the_geofence_it_was_made_from() -> None:
    geofence = geofence_of(Circle(52.0, 13.0, 100.0))

    assert Fence(geofence).geofence is geofence
    assert Fence(geofence).inradius_m == 100
