"""The application's tables, one per file: key, value, every version's decoder, its one writer, its invariant."""

from typing import Any, Final

from fleet_app.stream.declarations import Table
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

TABLES: Final[tuple[Table[Any, Any], ...]] = (VEHICLES, VEHICLE_TIMERS, WINDOWS_1M, WINDOWS_1H, WINDOWS_1D)
