"""Reception: what a position does to its vehicle when it comes in."""

from typing import Final

import msgspec

from agents.keeping.archive import Archive
from agents.keeping.telling import Telling
from fleet_app.domain import quiet
from fleet_app.domain.events import Event, EventType
from fleet_app.domain.refusals import Reason, Refusal, duplicate
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import REPAIR_MS, OpenTrack, Vehicle, is_late, is_repeated, receive
from fleet_app.stream.declarations import AgentTask, Record, Timers
from tables.vehicles import VEHICLES

_YEARS_MS: Final = 2 * 365 * 86_400_000
"""A clock that is so far behind has lost its date; younger than that is a backlog."""


class Reception:
    """Takes positions in, in one task, and arms the timer of whoever may have something due afterwards."""

    def __init__(
        self, task: AgentTask, archive: Archive, telling: Telling, timers: Timers, retired_after_ms: int | None
    ) -> None:
        self._vehicles, self._telling, self._timers = task.table(VEHICLES), telling, timers
        self._tracks, self._events, self._refused = archive.tracks, archive.events, archive.refused
        self._retired_after_ms = retired_after_ms

    def receive(self, vehicle: Vehicle, waiting: Waiting, rules: Rules) -> None:
        """Move a vehicle on by a fix that passed the gates on arrival."""
        track = self._tracks.get(vehicle.vehicle_id)
        if is_late(track, waiting.fix):
            self._keep_late(vehicle, track, waiting)
            return
        moved = receive(vehicle, track, waiting, rules)
        if isinstance(moved, Refusal):
            self.refuse(vehicle, waiting, moved)
            return
        self._telling.keep(moved, rules)
        self._timers.arm(vehicle.vehicle_id, moved.vehicle.heard_ms + quiet.quiet_ms(moved.vehicle, rules))

    def refuse(self, vehicle: Vehicle, waiting: Waiting, refusal: Refusal) -> None:
        """Count and publish a position that is refused on arrival."""
        refused = self._refused.tell(vehicle, waiting, refusal)
        behind_ms = waiting.received_ms - waiting.fix.time_ms
        is_clock_wrong = refusal.reason is Reason.IN_FUTURE or behind_ms > _YEARS_MS
        if is_clock_wrong and not vehicle.is_clock_wrong:
            self._events.tell(refused, [_clock_wrong(waiting, behind_ms)], delayed=False)
            refused = msgspec.structs.replace(refused, is_clock_wrong=True)
        self._vehicles[vehicle.vehicle_id] = refused
        if not vehicle.received_ms and self._retired_after_ms is not None:
            # Nothing else will ever be due of a vehicle of which nothing was taken.
            self._timers.arm(vehicle.vehicle_id, waiting.received_ms + self._retired_after_ms)

    def turn_away(self, record: Record, vehicle_id: str) -> None:
        """Refuse a position of a vehicle that is not one of the fleet's, and keep nothing of it."""
        self._refused.tell_stranger(record, vehicle_id)

    def _keep_late(self, vehicle: Vehicle, track: OpenTrack, waiting: Waiting) -> None:
        repeated = duplicate(waiting.fix.time_ms) if is_repeated(track, waiting.fix) else None
        refusal = repeated or self._tracks.add_late(vehicle.vehicle_id, waiting)
        if refusal is not None:
            self.refuse(vehicle, waiting, refusal)
            return
        late = msgspec.structs.replace(
            vehicle,
            received_ms=waiting.received_ms,
            late=vehicle.late + 1,
            late_since_ms=vehicle.late_since_ms if vehicle.late else waiting.received_ms,
            is_clock_wrong=False,
        )
        self._vehicles[vehicle.vehicle_id] = late
        self._timers.arm(vehicle.vehicle_id, late.late_since_ms + REPAIR_MS)


def _clock_wrong(waiting: Waiting, behind_ms: int) -> Event:
    fix = waiting.fix
    evidence = {"time_ms": fix.time_ms, "received_ms": waiting.received_ms, "behind_s": behind_ms / 1_000}
    return Event(EventType.CLOCK_WRONG, waiting.received_ms, fix.lat, fix.lon, {**evidence})
