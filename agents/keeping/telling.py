"""Telling: what a step of a vehicle is put down as, and what is told of it."""

from agents.keeping.archive import Archive
from fleet_app import topics
from fleet_app.domain.course import Happened
from fleet_app.domain.events import DELAYED_MS
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import Moved, OpenTrack, Vehicle, shown_fix
from fleet_app.metrics import POSITIONS_ACCEPTED
from fleet_app.records.accepted_fix import accepted_fix
from fleet_app.records.vehicle_now import vehicle_now
from fleet_app.stream.declarations import AgentTask
from tables.vehicles import VEHICLES


class Telling:
    """Keeps vehicles that have moved on, in one task. What is put and what is told on the output topics go together."""

    def __init__(self, task: AgentTask, archive: Archive) -> None:
        self._vehicles, self._send, self._archive = task.table(VEHICLES), task.send, archive
        self._tracks, self._refused = archive.tracks, archive.refused

    def keep(self, moved: Moved, rules: Rules) -> Vehicle:
        """Keep a vehicle that has moved on, and tell what came of it; return it as it is kept."""
        vehicle, track = moved.vehicle, moved.track
        vehicle_id, tenant = vehicle.vehicle_id, vehicle.tenant
        accepted = 0
        for judged in moved.judged:
            waiting, refusal = judged.waiting, judged.refusal
            if refusal is None:
                accepted += 1
                fix = accepted_fix(vehicle_id, tenant, waiting.received_ms, judged.course, is_late=False)
                self._send(topics.FIXES, vehicle_id, fix)
            else:
                vehicle = self._refused.tell(vehicle, waiting, refusal)
        if accepted:
            POSITIONS_ACCEPTED.inc(accepted)
        self._tracks.put(vehicle_id, track, moved.chunks)
        for happened in moved.happened:
            self._tell(vehicle, track, happened)
        self.put(vehicle, track, rules)
        return vehicle

    def put(self, vehicle: Vehicle, track: OpenTrack, rules: Rules) -> None:
        """Keep a vehicle, and tell where it is."""
        self._vehicles[vehicle.vehicle_id] = vehicle
        shown = shown_fix(vehicle, track, rules)
        if shown is not None:
            self._send(topics.VEHICLES, vehicle.vehicle_id, vehicle_now(vehicle, shown))

    def _tell(self, vehicle: Vehicle, track: OpenTrack, happened: Happened) -> None:
        archive = self._archive
        archive.panes.tell(vehicle, happened.panes)
        archive.legs.tell(vehicle, track, happened.legs)
        archive.events.tell(vehicle, happened.events, delayed=is_delayed(vehicle))
        if happened.panes:
            # Last: what ends with a long silence may be old, and must find what was told of it.
            archive.expire(vehicle, {size for size, _ in happened.panes})


def is_delayed(vehicle: Vehicle) -> bool:
    """Return whether the vehicle's newest fix was history when it came in."""
    return vehicle.heard_ms - vehicle.newest_ms > DELAYED_MS
