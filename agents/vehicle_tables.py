"""Where track_positions keeps vehicles: their state, their closed panes, and the timers that close the last ones."""

from typing import Final

from agents.closed_panes import ClosedPanes
from fleet_app import topics
from fleet_app.domain.panes import NO_PANES, PaneRules
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.vehicle import Advanced, Fix, Vehicle, advance, close_quiet, count_refusal, due_ms
from fleet_app.records import vehicle_now
from fleet_app.stream.declarations import AgentTask
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

TABLES: Final = (VEHICLES, VEHICLE_TIMERS, WINDOWS_1M, WINDOWS_1H, WINDOWS_1D)


class VehicleTables:
    """The vehicles of one task. What is put here and what is told of it on the output topics go together."""

    def __init__(self, task: AgentTask, rules: PaneRules) -> None:
        self._rules = rules
        self._vehicles = task.table(VEHICLES)
        self._closed = ClosedPanes(task)
        self._timers = task.timers(VEHICLE_TIMERS, self._close_quiet)
        self._send = task.send

    def get(self, vehicle_id: str) -> Vehicle | None:
        """Return what is known of a vehicle."""
        return self._vehicles.get(vehicle_id)

    def advance(self, vehicle: Vehicle, fix: Fix, received_ms: int) -> Refusal | None:
        """Move a vehicle on by a fix, or return why the fix is refused."""
        outcome = advance(vehicle, fix, received_ms, self._rules)
        if isinstance(outcome, Refusal):
            return outcome
        self._keep(outcome)
        self._send(topics.VEHICLES, vehicle.vehicle_id, vehicle_now(outcome.vehicle))
        return None

    def refuse(self, vehicle: Vehicle, refusal: Refusal) -> None:
        """Count a refused position."""
        self._vehicles[vehicle.vehicle_id] = count_refusal(vehicle, refusal.reason)

    def _keep(self, moved: Advanced) -> None:
        vehicle = moved.vehicle
        self._vehicles[vehicle.vehicle_id] = vehicle
        if moved.closed is not NO_PANES:
            self._closed.add(vehicle, moved.closed)
        next_ms = due_ms(vehicle, self._rules)
        if next_ms is not None:
            self._timers.arm(vehicle.vehicle_id, next_ms)

    def _close_quiet(self, vehicle_id: str, now_ms: int) -> None:
        vehicle = self._vehicles.get(vehicle_id)
        if vehicle is not None:
            self._keep(close_quiet(vehicle, now_ms, self._rules))
