"""Events: a record on fleet.events for each, once."""

from collections.abc import Iterable

from fleet_app import topics
from fleet_app.domain.events import Event
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.event import event_id, fleet_event
from fleet_app.stream.declarations import AgentTask


class Events:
    """What is told of the vehicles of one task."""

    def __init__(self, task: AgentTask) -> None:
        self._send = task.send

    def tell(self, vehicle: Vehicle, events: Iterable[Event], shown_ms: int) -> None:
        """Publish events that were not told ahead, when the vehicle fell silent; `shown_ms` is when they showed."""
        for event in events:
            if event_id(vehicle.vehicle_id, event) not in vehicle.told_ahead:
                told = fleet_event(vehicle.vehicle_id, vehicle.tenant, event, shown_ms)
                self._send(topics.EVENTS, vehicle.vehicle_id, told)
