"""Events: a record on fleet.events for each, once."""

from collections.abc import Iterable
from typing import Final

from agents.keeping.rows import forget_rows
from fleet_app import topics
from fleet_app.domain.events import Event
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.event import fleet_event
from fleet_app.stream.declarations import AgentTask
from tables.told_events import TOLD_EVENTS, ToldEvents

_KEPT_MS: Final = (TOLD_EVENTS.retention_s or 0) * 1_000


class Events:
    """What is told of the vehicles of one task."""

    def __init__(self, task: AgentTask) -> None:
        self._rows, self._send = task.rows(TOLD_EVENTS), task.send

    def tell(self, vehicle: Vehicle, events: Iterable[Event], *, delayed: bool) -> None:
        """Publish events that were not told before; `delayed` says whether what shows them came in late."""
        for event in events:
            key = (vehicle.vehicle_id, event.time_ms)
            row = self._rows.get(key)
            told_before = () if row is None else row.told
            identity = (event.type, event.geofence_id)
            if identity not in told_before:
                self._rows[key] = ToldEvents((*told_before, identity))
                told = fleet_event(vehicle.vehicle_id, vehicle.tenant, event, delayed=delayed)
                self._send(topics.EVENTS, vehicle.vehicle_id, told)

    def expire(self, vehicle: Vehicle) -> None:
        """Forget rows that are too old beside the vehicle's newest fix."""
        self._rows.expire(vehicle.vehicle_id, vehicle.newest_ms - _KEPT_MS)

    def forget(self, vehicle_id: str) -> None:
        """Delete all rows of a vehicle."""
        forget_rows(self._rows, vehicle_id)
