"""Silence: what is due of a vehicle of which nothing comes."""

from collections.abc import Callable

import msgspec

from agents.keeping.archive import Archive
from agents.keeping.repairs import Repairs
from agents.keeping.rulings import Rulings
from agents.keeping.telling import Telling, is_delayed
from fleet_app.domain import quiet
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import OpenTrack, Vehicle, flush
from fleet_app.stream.declarations import AgentTask
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES


class Silence:
    """Does what is due, in one task, each vehicle's by its timer.

    Args:
        task: The task.
        archive: What is kept of the past.
        telling: Keeps what has moved on.
        rulings: What holds for each vehicle.
        retired_after_ms: After so long without a position a vehicle is forgotten; None keeps it for ever.
        forget: Forgets a vehicle.

    Attributes:
        timers: One per vehicle.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that a vehicle may meet in silence
        self,
        task: AgentTask,
        archive: Archive,
        telling: Telling,
        rulings: Rulings,
        retired_after_ms: int | None,
        forget: Callable[[str], None],
    ) -> None:
        self._vehicles, self._archive, self._telling, self._rulings = task.table(VEHICLES), archive, telling, rulings
        self._repairs = Repairs(task, archive)
        self._retired_after_ms, self._forget = retired_after_ms, forget
        self.timers = task.timers(VEHICLE_TIMERS, self._wake)

    def _wake(self, vehicle_id: str, now_ms: int) -> None:
        """Do what is due for a vehicle of which nothing came, and arm its timer for what is due next."""
        vehicle, track = self._vehicles.get(vehicle_id), self._archive.tracks.get(vehicle_id)
        if vehicle is None:
            return
        ruling = self._rulings.of(vehicle_id)
        flush_ms = quiet.flush_due_ms(vehicle, track, ruling.rules)
        if flush_ms is not None and flush_ms > now_ms and not vehicle.late:
            # Of most vehicles something newer has come since the timer was armed.
            self.timers.arm(vehicle_id, flush_ms)
            return
        vehicle, track = self._work_off(ruling.claim(vehicle), track, now_ms, ruling.rules)
        self._wait_on(vehicle, track, now_ms, ruling.rules)

    def _work_off(self, vehicle: Vehicle, track: OpenTrack, now_ms: int, rules: Rules) -> tuple[Vehicle, OpenTrack]:
        """Return a vehicle and its track after everything that was due."""
        if _is_due(quiet.flush_due_ms(vehicle, track, rules), now_ms):
            vehicle, track = self._flush(vehicle, track, rules)
        if _is_due(quiet.repair_due_ms(vehicle), now_ms):
            vehicle, track = self._repairs.repair(vehicle, track, rules)
            if vehicle.is_flushed or _is_due(quiet.flush_due_ms(vehicle, track, rules), now_ms):
                # A doubtful fix that waits for the next one may be none any more, and whoever reports more often than
                # it seemed is quiet sooner.
                vehicle, track = self._flush(vehicle, track, rules)
            else:
                self._telling.put(vehicle, track, rules)
        return self._fall_silent(vehicle, track, now_ms, rules), track

    def _flush(self, vehicle: Vehicle, track: OpenTrack, rules: Rules) -> tuple[Vehicle, OpenTrack]:
        """Return a vehicle and its track after its reorder buffer has been worked off and told."""
        moved = flush(vehicle, track, rules)
        return self._telling.keep(moved, rules), moved.track

    def _fall_silent(self, vehicle: Vehicle, track: OpenTrack, now_ms: int, rules: Rules) -> Vehicle:
        """Tell what is over though no fix has said so, and that the vehicle is offline, once."""
        passed = quiet.passed(vehicle, now_ms, rules)
        if passed is not None:
            self._archive.panes.tell(vehicle, passed.panes)
            self._archive.events.tell(vehicle, passed.events, delayed=is_delayed(vehicle))
            vehicle = msgspec.structs.replace(vehicle, told_until_ms=passed.until_ms)
            self._vehicles[vehicle.vehicle_id] = vehicle
        offline_ms = quiet.offline_due_ms(vehicle)
        if offline_ms is None or offline_ms > now_ms or vehicle.course is None:
            return vehicle
        # Where a doubtful fix waits for the next one, that one also says when the silence began.
        if not track.buffer:
            silence = quiet.silence_of(vehicle.course)
            self._archive.legs.tell(vehicle, track, silence.legs)
            self._archive.events.tell(vehicle, silence.events, delayed=is_delayed(vehicle))
        vehicle = msgspec.structs.replace(vehicle, is_silent=True)
        self._telling.put(vehicle, track, rules)
        return vehicle

    def _wait_on(self, vehicle: Vehicle, track: OpenTrack, now_ms: int, rules: Rules) -> None:
        """Arm the vehicle's timer for what is due next; forget it if nothing came for too long."""
        retire_ms = self._retire_due_ms(vehicle, now_ms)
        if _is_due(retire_ms, now_ms):
            self._forget(vehicle.vehicle_id)
            return
        dues_ms = [each for each in (quiet.due_ms(vehicle, track, rules), retire_ms) if each is not None]
        if dues_ms:
            self.timers.arm(vehicle.vehicle_id, min(dues_ms))

    def _retire_due_ms(self, vehicle: Vehicle, now_ms: int) -> int | None:
        after_ms = self._retired_after_ms
        due_ms = quiet.retire_due_ms(vehicle, after_ms)
        if after_ms is None or due_ms is None or due_ms > now_ms:
            return due_ms
        # Only now is it worth a look whether something was refused since: that is a position, too.
        return max(due_ms, self._archive.refused.newest_ms(vehicle.vehicle_id) + after_ms)


def _is_due(due_ms: int | None, now_ms: int) -> bool:
    """Return whether something was due by now; None never is."""
    return due_ms is not None and due_ms <= now_ms
