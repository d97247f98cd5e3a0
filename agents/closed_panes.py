"""Where track_positions keeps closed panes: a row each, and a record on fleet.windows for every change."""

from collections.abc import Mapping
from typing import Final

from fleet_app import topics
from fleet_app.domain.edges import RETENTION_MS, Size
from fleet_app.domain.panes import Pane, PaneSet, revise
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records import closed_window
from fleet_app.stream.declarations import AgentTask
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

_EXPIRED_WITH: Final[Mapping[Size, tuple[Size, ...]]] = {
    Size.MINUTE: (),
    Size.HOUR: (Size.MINUTE,),
    Size.DAY: (Size.HOUR, Size.DAY),
}
"""Whose old rows are forgotten when the first row of a size is written: a range delete is not for every minute."""


class ClosedPanes:
    """The rows of closed panes, in one task."""

    def __init__(self, task: AgentTask) -> None:
        self._rows = {
            Size.MINUTE: task.rows(WINDOWS_1M),
            Size.HOUR: task.rows(WINDOWS_1H),
            Size.DAY: task.rows(WINDOWS_1D),
        }
        self._send = task.send

    def add(self, vehicle: Vehicle, closed: PaneSet) -> None:
        """Add what goes to closed panes of a vehicle that has had a fix, and publish each of them."""
        for size, panes in closed.by_size():
            revisions = [self._revise(vehicle, size, pane) for pane in panes]
            if 1 in revisions:
                self._expire(vehicle, _EXPIRED_WITH[size])

    def _revise(self, vehicle: Vehicle, size: Size, more: Pane) -> int:
        rows, key = self._rows[size], (vehicle.vehicle_id, more.start_ms)
        row = revise(rows.get(key), more)
        rows[key] = row
        self._send(topics.WINDOWS, vehicle.vehicle_id, closed_window(vehicle, size, row))
        return row.revision

    def _expire(self, vehicle: Vehicle, sizes: tuple[Size, ...]) -> None:
        assert vehicle.last is not None  # noqa: S101 - panes come of fixes
        for size in sizes:
            self._rows[size].expire(vehicle.vehicle_id, vehicle.last.time_ms - RETENTION_MS[size])
