"""Late fixes worked into a vehicle's track, and everything told anew that has changed by it."""

from itertools import chain

import msgspec

from agents.keeping.archive import Archive
from fleet_app import topics
from fleet_app.domain.course import Course
from fleet_app.domain.events import Event
from fleet_app.domain.geofences.presence import MOVEMENTS, Cause
from fleet_app.domain.panes import open_by_size
from fleet_app.domain.quiet import silence_of
from fleet_app.domain.refusals import Reason, Refusal, duplicate
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.repair import Judgement, Repaired, Stretch, repair
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import OpenTrack, Vehicle, count_refusal
from fleet_app.metrics import POSITIONS_ACCEPTED
from fleet_app.records.accepted_fix import accepted_fix
from fleet_app.stream.declarations import AgentTask


class Repairs:
    """Works late fixes in, in one task."""

    def __init__(self, task: AgentTask, archive: Archive) -> None:
        self._send, self._tracks, self._panes = task.send, archive.tracks, archive.panes
        self._legs, self._events, self._refused = archive.legs, archive.events, archive.refused

    def repair(self, vehicle: Vehicle, track: OpenTrack, rules: Rules) -> tuple[Vehicle, OpenTrack]:
        """Return a vehicle and its track after its late fixes were worked in."""
        late = self._tracks.take_late(vehicle.vehicle_id)
        vehicle = msgspec.structs.replace(vehicle, late=0, late_since_ms=0)
        if vehicle.course is None or not late:
            return vehicle, track
        stretch = self._tracks.stretch_around(vehicle.vehicle_id, track, late[0].fix.time_ms)
        vehicle, late = self._refuse_forgotten(vehicle, stretch, late)
        if not late or vehicle.course is None:
            return vehicle, track
        told = self._legs.told(vehicle, late[0].fix.time_ms)
        repaired = repair(stretch, late, vehicle.course, told, rules)
        track = OpenTrack(repaired.chunks[-1][0], repaired.growing, track.judged_ms, track.buffer)
        self._tracks.replace(vehicle.vehicle_id, stretch, repaired.chunks, track)
        repaired_vehicle = msgspec.structs.replace(vehicle, course=repaired.course, told_until_ms=0)
        repaired_vehicle = self._judge_anew(repaired_vehicle, repaired)
        self._tell_panes(repaired_vehicle, repaired, vehicle.course)
        self._tell_changes(repaired_vehicle, track, repaired)
        return repaired_vehicle, track

    def _refuse_forgotten(
        self, vehicle: Vehicle, stretch: Stretch, late: list[Waiting]
    ) -> tuple[Vehicle, list[Waiting]]:
        """Refuse late fixes from before the track that is kept: what they would change is not known any more."""
        start = stretch.chunks[0][1].course if stretch.chunks else None
        if start is None:
            return vehicle, late
        detail = f"before the vehicle's track, which is kept from time_ms {start.last.time_ms} on"
        for waiting in late:
            if waiting.fix.time_ms <= start.last.time_ms:
                vehicle = self._refused.tell(vehicle, waiting, Refusal(Reason.TOO_OLD, detail))
        return vehicle, [waiting for waiting in late if waiting.fix.time_ms > start.last.time_ms]

    def _judge_anew(self, vehicle: Vehicle, repaired: Repaired) -> Vehicle:
        """Tell what became of the late fixes, and of those before that are judged otherwise with them."""
        for waiting in repaired.repeated:
            vehicle = self._refused.tell(vehicle, waiting, duplicate(waiting.fix.time_ms))
        for waiting, judgement in repaired.late:
            if judgement.refusal is None:
                self._accept(vehicle, waiting.received_ms, judgement)
            else:
                vehicle = self._refused.tell(vehicle, waiting, judgement.refusal)
        for reason, judgement in repaired.changed:
            if reason is not None:
                vehicle = count_refusal(vehicle, reason, -1)
            if judgement.refusal is None:
                self._accept(vehicle, vehicle.received_ms, judgement)
            else:
                # The record is not at hand any more; it stands at its offset.
                entry = judgement.entry
                waiting = Waiting(entry.fix, entry.offset, vehicle.received_ms, None, None)
                vehicle = self._refused.tell(vehicle, waiting, judgement.refusal)
        return vehicle

    def _accept(self, vehicle: Vehicle, received_ms: int, judgement: Judgement) -> None:
        fix = accepted_fix(vehicle.vehicle_id, vehicle.tenant, received_ms, judgement.course, is_late=True)
        self._send(topics.FIXES, vehicle.vehicle_id, fix)
        POSITIONS_ACCEPTED.inc()

    def _tell_panes(self, vehicle: Vehicle, repaired: Repaired, earlier: Course) -> None:
        open_before = open_by_size(earlier.panes, earlier.totals)
        open_now = open_by_size(repaired.course.panes, repaired.course.totals)
        still = {(size, pane.start_ms) for size, pane in chain(repaired.after.panes, open_now)}
        # An open one was told too, if the vehicle has been silent since its end.
        before = chain(repaired.before.panes, open_before)
        self._panes.tell_empty(vehicle, [each for each in before if (each.size, each.pane.start_ms) not in still])
        self._panes.tell(vehicle, repaired.after.panes)

    def _tell_changes(self, vehicle: Vehicle, track: OpenTrack, repaired: Repaired) -> None:
        self._legs.withdraw(vehicle, repaired.gone)
        self._legs.tell(vehicle, track, repaired.after.legs)
        if vehicle.is_silent:
            self._legs.tell(vehicle, track, silence_of(repaired.course).legs)
        self._events.tell(vehicle, filter(_is_news, repaired.after.events), delayed=True)


def _is_news(event: Event) -> bool:
    """Return whether late fixes can have brought an event about: what somebody drew was told when it was drawn."""
    return event.geofence_id is None or event.evidence.get("cause", Cause.CROSSED) in MOVEMENTS
