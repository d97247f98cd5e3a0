"""A GPS receiver in a vehicle: what it says of where the vehicle truly is."""

import math
import random
from collections.abc import Sequence
from typing import Final

from fleet_app.demo.recording import FIX_EVERY_S
from fleet_app.demo.replay import Moment
from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.position import Position

_ERROR_M: Final = 3.0
_ERROR_LASTS_S: Final = 20.0
_SPEED_ERROR_MPS: Final = 0.3
_HEADING_ERROR_DEG: Final = 3.0
_HEADING_FROM_MPS: Final = 1.0
"""Slower than this, a receiver cannot tell where it is heading."""
_ACCURACY_M: Final = (3.0, 7.0)
_FULL_TURN_DEG: Final = 360.0

_ENGINE_OFF_FROM_S: Final[Sequence[float | None]] = (120.0, 60.0, None, 120.0, 900.0)
"""By turns over the fleet: how long a stop must last for the driver to switch the engine off; None where the receiver
is not told. So some vehicles idle, some do not, and of some nobody knows."""


class Receiver:
    """Reports one vehicle. Its error drifts from fix to fix, as real ones do, rather than jump (Gauss-Markov).

    Args:
        vehicle_id: The vehicle.
        number: Which of its kind it is; decides what it knows of the engine.
        vehicle_class: What kind that is.
        chance: Where its errors come from.
    """

    def __init__(self, vehicle_id: str, number: int, vehicle_class: str, chance: random.Random) -> None:
        self._vehicle_id = vehicle_id
        self._engine_off_from_s = _ENGINE_OFF_FROM_S[number % len(_ENGINE_OFF_FROM_S)]
        self._attributes: dict[str, str | float | bool | None] = {"class": vehicle_class}
        self._chance = chance
        self._east_m = chance.gauss(0.0, _ERROR_M)
        self._north_m = chance.gauss(0.0, _ERROR_M)

    def report(self, moment: Moment, began_ms: int) -> Position:
        """Return what it says at a moment, `FIX_EVERY_S` after the one before. `began_ms`: time 0, ms since 1970."""
        self._drift()
        row = moment.row
        east_m_per_degree, north_m_per_degree = metres_per_degree(row.lat)
        speed_mps = round(max(0.0, row.speed_mps + self._chance.gauss(0.0, _SPEED_ERROR_MPS)), 2)
        heading_deg = (row.heading_deg + self._chance.gauss(0.0, _HEADING_ERROR_DEG)) % _FULL_TURN_DEG
        return Position(
            vehicle_id=self._vehicle_id,
            time_ms=began_ms + round(moment.at_s * 1000),
            lat=round(row.lat + self._north_m / north_m_per_degree, 6),
            lon=round(row.lon + self._east_m / east_m_per_degree, 6),
            speed_mps=speed_mps,
            heading_deg=round(heading_deg, 1) if speed_mps >= _HEADING_FROM_MPS else None,
            accuracy_m=round(self._chance.uniform(*_ACCURACY_M), 1),
            ignition=self._ignition(moment.dwell_s),
            attributes=self._attributes,
        )

    def _drift(self) -> None:
        kept = math.exp(-FIX_EVERY_S / _ERROR_LASTS_S)
        fresh_m = _ERROR_M * math.sqrt(1.0 - kept**2)
        self._east_m = kept * self._east_m + self._chance.gauss(0.0, fresh_m)
        self._north_m = kept * self._north_m + self._chance.gauss(0.0, fresh_m)

    def _ignition(self, dwell_s: int) -> bool | None:
        return None if self._engine_off_from_s is None else dwell_s < self._engine_off_from_s
