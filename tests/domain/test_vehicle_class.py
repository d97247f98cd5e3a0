"""Limits of the classes of vehicles."""

import pytest

from fleet_app.domain.vehicle_class import LIMITS, VehicleClass


@pytest.mark.parametrize("vehicle_class", VehicleClass)
def test_a_class_may_go_less_fast_than_it_can(vehicle_class: VehicleClass) -> None:
    limits = LIMITS[vehicle_class]

    assert 10 < limits.speed_limit_mps < limits.max_speed_mps


def test_the_codes_are_public_and_stay() -> None:
    assert [*VehicleClass] == ["car", "van", "truck", "bus", "motorcycle", "bicycle"]
