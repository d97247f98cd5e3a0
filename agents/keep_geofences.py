"""keep_geofences: fleet.geofence-changes → geofences → fleet.geofences, which every worker looks things up in."""

from functools import partial
from typing import Final

import msgspec

from agents.keeping.changes import Changes
from fleet_app import topics
from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.geofence import Geofence, GeofenceId
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.revisions import Request
from fleet_app.records.change import check_same_key, read_change, read_key
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.records.rejected import UnreadableError, dead_letter
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, Record
from tables.geofences import GEOFENCES

_decode = msgspec.json.Decoder(GeofenceChange).decode
_check_id = partial(msgspec.convert, type=GeofenceId)


class _Keeper:
    def __init__(self, task: AgentTask) -> None:
        self._task = task
        self._changes = Changes(task, GEOFENCES, topics.GEOFENCES)

    def keep(self, record: Record) -> None:
        """Do what a change asks for, refuse it, or send it on to its home.

        A change that was written past the API is held to the same rules: what stands here, every worker takes over.
        """
        geofence_id = read_key(record, _check_id)
        change = read_change(record, _decode)
        if change.geofence is not None:
            check_same_key(geofence_id, change.geofence.geofence_id)
            _check(change.geofence)
        if not self._task.is_home(geofence_id):
            self._task.rekey(record, geofence_id)
            return
        self._changes.decide(
            geofence_id, Request(change.request_id, change.seen_revision, change.geofence, change.tenant)
        )


def _check(geofence: Geofence) -> None:
    fault = fault_of(geofence)
    if fault is not None:
        raise UnreadableError(Refusal(Reason.OUT_OF_RANGE, fault))


KEEP_GEOFENCES: Final = Agent(
    name="keep_geofences",
    reads=topics.GEOFENCE_CHANGES,
    owns=(GEOFENCES,),
    sends=(topics.GEOFENCES,),
    dead_letters=DeadLetters(topic=topics.REJECTED, write=dead_letter),
    bind=lambda task: _Keeper(task).keep,
)
