"""What vehicles of a class can do at most, and how fast they should go."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class VehicleClass(StrEnum):
    """The classes there are. The codes are public: profiles and settings carry them."""

    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    MOTORCYCLE = "motorcycle"
    BICYCLE = "bicycle"
    """Cargo bikes, with a motor or without."""


class Limits(msgspec.Struct, frozen=True):
    """Limits of a class, m/s.

    Attributes:
        max_speed_mps: Faster is impossible: the fix is wrong.
        speed_limit_mps: Faster is overspeed, wherever it is.
    """

    max_speed_mps: float
    speed_limit_mps: float


LIMITS: Final[Mapping[VehicleClass, Limits]] = {
    VehicleClass.CAR: Limits(max_speed_mps=70.0, speed_limit_mps=130 / 3.6),
    VehicleClass.VAN: Limits(max_speed_mps=55.0, speed_limit_mps=130 / 3.6),
    VehicleClass.TRUCK: Limits(max_speed_mps=40.0, speed_limit_mps=80 / 3.6),
    VehicleClass.BUS: Limits(max_speed_mps=40.0, speed_limit_mps=100 / 3.6),
    VehicleClass.MOTORCYCLE: Limits(max_speed_mps=75.0, speed_limit_mps=130 / 3.6),
    # Bicycles have no limit of their own: 45 km/h is where the motor of the fastest kind (L1e-B) must end.
    VehicleClass.BICYCLE: Limits(max_speed_mps=20.0, speed_limit_mps=45 / 3.6),
}
"""Impossible: what a fast one of the class reaches, and a tenth more. Limits: European ones outside of towns."""
