"""Closed panes: a row each, and a record on fleet.windows for every change."""

from collections.abc import Iterable
from typing import Final

from agents.keeping.rows import forget_rows
from fleet_app import topics
from fleet_app.domain.edges import RETENTION_MS, Size
from fleet_app.domain.panes import Pane, Sized, revised
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.closed_window import closed_window
from fleet_app.stream.declarations import AgentTask
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

TABLES: Final = (WINDOWS_1M, WINDOWS_1H, WINDOWS_1D)


class ClosedPanes:
    """The rows of closed panes, in one task."""

    def __init__(self, task: AgentTask) -> None:
        self._rows = {
            Size.MINUTE: task.rows(WINDOWS_1M),
            Size.HOUR: task.rows(WINDOWS_1H),
            Size.DAY: task.rows(WINDOWS_1D),
        }
        self._send = task.send

    def tell(self, vehicle: Vehicle, panes: Iterable[Sized]) -> None:
        """Keep closed panes, and publish those that were not told so before."""
        for size, pane in panes:
            rows, key = self._rows[size], (vehicle.vehicle_id, pane.start_ms)
            row = revised(rows.get(key), pane)
            if row is not None:
                rows[key] = row
                self._send(
                    topics.WINDOWS, vehicle.vehicle_id, closed_window(vehicle.vehicle_id, vehicle.tenant, size, row)
                )

    def tell_empty(self, vehicle: Vehicle, panes: Iterable[Sized]) -> None:
        """Tell of panes, where they were told, that nothing happened in them after all."""
        for size, pane in panes:
            if self._rows[size].get((vehicle.vehicle_id, pane.start_ms)) is not None:
                self.tell(vehicle, [Sized(size, Pane(pane.start_ms, pane.end_ms))])

    def expire(self, vehicle: Vehicle, size: Size) -> None:
        """Forget rows that are too old beside the vehicle's newest fix."""
        self._rows[size].expire(vehicle.vehicle_id, vehicle.newest_ms - RETENTION_MS[size])

    def forget(self, vehicle_id: str) -> None:
        """Delete all rows of a vehicle."""
        for rows in self._rows.values():
            forget_rows(rows, vehicle_id)
