"""What tables of rows have in common."""

from typing import Any

from fleet_app.stream.declarations import Rows
from fleet_app.stream.keys import HIGHEST, LOWEST


def forget_rows(rows: Rows[Any], vehicle_id: str) -> None:
    """Delete all rows of a vehicle, each with a tombstone: rows that only expire stay in the changelog for a while."""
    for number, _ in rows.rows(vehicle_id, LOWEST, HIGHEST):
        del rows[vehicle_id, number]
