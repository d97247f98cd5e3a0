"""Limits of the classes of vehicles."""

import pytest

from fleet_app.domain.vehicle_class import LIMITS, VehicleClass


@pytest.mark.parametrize("vehicle_class", VehicleClass)
def test_a_class_may_go_less_fast_than_it_can(vehicle_class: VehicleClass) -> None:
    limits = LIMITS[vehicle_class]

    assert 20 < limits.speed_limit_mps < limits.max_speed_mps
