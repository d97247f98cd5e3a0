"""Vehicles: what is known of each, and what is told when a fix, or silence, moves one on."""

from typing import Final

import msgspec

from agents.keeping import legs, panes, tracks
from agents.keeping.events import Events
from agents.keeping.legs import Legs
from agents.keeping.panes import ClosedPanes
from agents.keeping.refused import RefusedPositions
from agents.keeping.repairs import Repairs
from agents.keeping.tracks import Tracks
from fleet_app import topics
from fleet_app.domain import quiet
from fleet_app.domain.course import Happened
from fleet_app.domain.edges import Size
from fleet_app.domain.events import DELAYED_MS, Event, EventType
from fleet_app.domain.refusals import Reason, Refusal, duplicate
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import (
    REPAIR_MS,
    Moved,
    OpenTrack,
    Vehicle,
    flush,
    is_late,
    is_repeated,
    receive,
    shown_fix,
)
from fleet_app.metrics import POSITIONS_ACCEPTED
from fleet_app.records.accepted_fix import accepted_fix
from fleet_app.records.vehicle_now import vehicle_now
from fleet_app.stream.declarations import AgentTask
from tables.refused_positions import REFUSED_POSITIONS
from tables.told_events import TOLD_EVENTS
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES

TABLES: Final = (
    VEHICLES, VEHICLE_TIMERS, TOLD_EVENTS, REFUSED_POSITIONS, *legs.TABLES, *panes.TABLES, *tracks.TABLES
)  # fmt: skip
SENDS: Final = (topics.FIXES, topics.VEHICLES, topics.WINDOWS, topics.TRIPS, topics.EVENTS, topics.REJECTED)
_YEARS_MS: Final = 2 * 365 * 86_400_000
"""A clock that is so far behind has lost its date; younger than that is a backlog."""


class Vehicles:
    """The vehicles of one task. What is put here and what is told of it on the output topics go together."""

    def __init__(self, task: AgentTask, rules: Rules) -> None:
        self._rules = rules
        self._vehicles, self._send = task.table(VEHICLES), task.send
        self._timers = task.timers(VEHICLE_TIMERS, self._wake)
        self._tracks, self._panes, self._events = Tracks(task), ClosedPanes(task), Events(task)
        self._refused, self._legs = RefusedPositions(task), Legs(task, self._tracks)
        self._repairs = Repairs(task, rules, self._tracks, self._panes, self._legs, self._events, self._refused)

    def get(self, vehicle_id: str) -> Vehicle | None:
        """Return what is known of a vehicle."""
        return self._vehicles.get(vehicle_id)

    def receive(self, vehicle: Vehicle, waiting: Waiting) -> None:
        """Move a vehicle on by a fix that passed the gates on arrival."""
        track = self._tracks.get(vehicle.vehicle_id)
        if is_late(track, waiting.fix):
            self._keep_late(vehicle, track, waiting)
            return
        moved = receive(vehicle, track, waiting, self._rules)
        if isinstance(moved, Refusal):
            self.refuse(vehicle, waiting, moved)
            return
        self._keep(moved)
        self._timers.arm(vehicle.vehicle_id, moved.vehicle.heard_ms + quiet.quiet_ms(moved.vehicle, self._rules))

    def refuse(self, vehicle: Vehicle, waiting: Waiting, refusal: Refusal) -> None:
        """Count and publish a position that is refused on arrival."""
        refused = self._refused.tell(vehicle, waiting, refusal)
        behind_ms = waiting.received_ms - waiting.fix.time_ms
        is_clock_wrong = refusal.reason is Reason.IN_FUTURE or behind_ms > _YEARS_MS
        if is_clock_wrong and not vehicle.is_clock_wrong:
            self._events.tell(refused, [_clock_wrong(waiting, behind_ms)], delayed=False)
            refused = msgspec.structs.replace(refused, is_clock_wrong=True)
        self._vehicles[vehicle.vehicle_id] = refused

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

    def _keep(self, moved: Moved) -> Vehicle:
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
        self._put(vehicle, track)
        return vehicle

    def _put(self, vehicle: Vehicle, track: OpenTrack) -> None:
        self._vehicles[vehicle.vehicle_id] = vehicle
        shown = shown_fix(vehicle, track, self._rules)
        if shown is not None:
            self._send(topics.VEHICLES, vehicle.vehicle_id, vehicle_now(vehicle, shown))

    def _tell(self, vehicle: Vehicle, track: OpenTrack, happened: Happened) -> None:
        self._panes.tell(vehicle, happened.panes)
        self._legs.tell(vehicle, track, happened.legs)
        self._events.tell(vehicle, happened.events, delayed=_is_delayed(vehicle))
        if happened.panes:
            # Last: what ends with a long silence may be old, and must find what was told of it.
            self._expire(vehicle, {size for size, _ in happened.panes})

    def _expire(self, vehicle: Vehicle, closed: set[Size]) -> None:
        """Forget what is old, when an hour or a day has closed: a range delete is not for every minute."""
        if Size.HOUR in closed:
            self._panes.expire(vehicle, Size.MINUTE)
            self._tracks.expire(vehicle)
        if Size.DAY in closed:
            self._panes.expire(vehicle, Size.HOUR)
            self._panes.expire(vehicle, Size.DAY)
            self._legs.expire(vehicle)
            self._events.expire(vehicle)

    def _wake(self, vehicle_id: str, now_ms: int) -> None:
        """Do what is due for a vehicle of which nothing came, and arm its timer for what is due next."""
        vehicle, track = self._vehicles.get(vehicle_id), self._tracks.get(vehicle_id)
        if vehicle is None:
            return
        flush_ms = quiet.flush_due_ms(vehicle, track, self._rules)
        if flush_ms is not None and flush_ms > now_ms and not vehicle.late:
            # Of most vehicles something newer has come since the timer was armed.
            self._timers.arm(vehicle_id, flush_ms)
            return
        if flush_ms is not None and flush_ms <= now_ms:
            moved = flush(vehicle, track, self._rules)
            vehicle, track = self._keep(moved), moved.track
        repair_ms = quiet.repair_due_ms(vehicle)
        if repair_ms is not None and repair_ms <= now_ms:
            vehicle, track = self._repairs.repair(vehicle, track)
            self._put(vehicle, track)
        vehicle = self._fall_silent(vehicle, track, now_ms)
        due_ms = quiet.due_ms(vehicle, track, self._rules)
        if due_ms is not None:
            self._timers.arm(vehicle_id, due_ms)

    def _fall_silent(self, vehicle: Vehicle, track: OpenTrack, now_ms: int) -> Vehicle:
        """Tell the panes that are over though no fix has closed them, and that the vehicle is offline, once."""
        over = quiet.panes_over(vehicle, now_ms, self._rules)
        if over:
            self._panes.tell(vehicle, over)
            vehicle = msgspec.structs.replace(vehicle, told_until_ms=max(pane.end_ms for _, pane in over))
            self._vehicles[vehicle.vehicle_id] = vehicle
        offline_ms = quiet.offline_due_ms(vehicle)
        if offline_ms is None or offline_ms > now_ms or vehicle.course is None:
            return vehicle
        # Where a doubtful fix waits for the next one, that one also says when the silence began.
        if not track.buffer:
            silence = quiet.silence_of(vehicle.course)
            self._legs.tell(vehicle, track, silence.legs)
            self._events.tell(vehicle, silence.events, delayed=_is_delayed(vehicle))
        vehicle = msgspec.structs.replace(vehicle, is_silent=True)
        self._put(vehicle, track)
        return vehicle


def _is_delayed(vehicle: Vehicle) -> bool:
    """Return whether the vehicle's newest fix was history when it came in."""
    return vehicle.heard_ms - vehicle.newest_ms > DELAYED_MS


def _clock_wrong(waiting: Waiting, behind_ms: int) -> Event:
    fix = waiting.fix
    evidence = {"time_ms": fix.time_ms, "received_ms": waiting.received_ms, "behind_s": behind_ms / 1_000}
    return Event(EventType.CLOCK_WRONG, waiting.received_ms, fix.lat, fix.lon, {**evidence})
