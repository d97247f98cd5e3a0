"""keep_vehicle_profiles: fleet.vehicle-profile-changes → vehicle_profiles → fleet.vehicle-profiles, for all."""

from functools import partial
from typing import Final

import msgspec

from agents.keeping.changes import Changes
from fleet_app import topics
from fleet_app.domain.position import VehicleId
from fleet_app.domain.profiles.checks import fault_of
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.revisions import Request
from fleet_app.records.change import check_same_key, read_change, read_key
from fleet_app.records.profile_change import ProfileChange
from fleet_app.records.rejected import UnreadableError, dead_letter
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, Record
from tables.vehicle_profiles import VEHICLE_PROFILES

_decode = msgspec.json.Decoder(ProfileChange).decode
_check_id = partial(msgspec.convert, type=VehicleId)


class _Keeper:
    def __init__(self, task: AgentTask) -> None:
        self._task = task
        self._changes = Changes(task, VEHICLE_PROFILES, topics.VEHICLE_PROFILES)

    def keep(self, record: Record) -> None:
        """Do what a change asks for, refuse it, or send it on to its home.

        A change that was written past the API is held to the same rules: what stands here, every worker takes over.
        """
        vehicle_id = read_key(record, _check_id)
        change = read_change(record, _decode)
        profile = change.profile
        if profile is not None:
            check_same_key(vehicle_id, profile.vehicle_id)
            fault = fault_of(profile)
            if fault is not None:
                raise UnreadableError(Refusal(Reason.OUT_OF_RANGE, fault))
        if not self._task.is_home(vehicle_id):
            self._task.rekey(record, vehicle_id)
            return
        self._changes.decide(vehicle_id, Request(change.request_id, change.seen_revision, profile, change.tenant))


KEEP_VEHICLE_PROFILES: Final = Agent(
    name="keep_vehicle_profiles",
    reads=topics.VEHICLE_PROFILE_CHANGES,
    owns=(VEHICLE_PROFILES,),
    sends=(topics.VEHICLE_PROFILES,),
    dead_letters=DeadLetters(topic=topics.REJECTED, write=dead_letter),
    bind=lambda task: _Keeper(task).keep,
)
