"""Vehicles: all that is known of those of one task, and what moves them on."""

from typing import Final

from agents.keeping import archive
from agents.keeping.archive import Archive
from agents.keeping.reception import Reception
from agents.keeping.rulings import Rulings
from agents.keeping.silence import Silence
from agents.keeping.telling import Telling
from fleet_app import topics
from fleet_app.domain.vehicle import Vehicle
from fleet_app.metrics import VEHICLES_FORGOTTEN
from fleet_app.stream.declarations import AgentTask
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES

TABLES: Final = (VEHICLES, VEHICLE_TIMERS, *archive.TABLES)
SENDS: Final = (topics.FIXES, topics.VEHICLES, topics.WINDOWS, topics.TRIPS, topics.EVENTS, topics.REJECTED)


class Vehicles:
    """The vehicles of one task.

    Args:
        task: The task.
        rulings: What holds for each vehicle.
        retired_after_ms: After so long without a position a vehicle is forgotten; None keeps it for ever.

    Attributes:
        reception: Takes in what comes.
    """

    def __init__(self, task: AgentTask, rulings: Rulings, retired_after_ms: int | None) -> None:
        self._vehicles, self._send, self._archive = task.table(VEHICLES), task.send, Archive(task)
        telling = Telling(task, self._archive)
        silence = Silence(task, self._archive, telling, rulings, retired_after_ms, self._retire)
        self._timers = silence.timers
        self.reception = Reception(task, self._archive, telling, self._timers, retired_after_ms)

    def get(self, vehicle_id: str) -> Vehicle | None:
        """Return what is known of a vehicle."""
        return self._vehicles.get(vehicle_id)

    def forget(self, vehicle_id: str) -> None:
        """Delete everything that is kept of a vehicle, because somebody asks for it."""
        self._timers.disarm(vehicle_id)
        self._delete(vehicle_id, "asked")

    def _retire(self, vehicle_id: str) -> None:
        """Delete everything of a vehicle that was not seen for too long, whose timer has gone off."""
        self._delete(vehicle_id, "unseen")

    def _delete(self, vehicle_id: str, reason: str) -> None:
        self._archive.forget(vehicle_id)
        if self._vehicles.get(vehicle_id) is not None:
            del self._vehicles[vehicle_id]
            VEHICLES_FORGOTTEN.labels(reason).inc()
        self._send(topics.VEHICLES, vehicle_id, None)
