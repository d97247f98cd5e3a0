"""The application's tables, one per file: key, value, every version's decoder, its one writer, its invariant."""

from typing import Any, Final

from fleet_app.stream.declarations import Table
from tables.vehicles import VEHICLES

TABLES: Final[tuple[Table[Any], ...]] = (VEHICLES,)
