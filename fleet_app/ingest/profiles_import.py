"""Many profiles at once: what is not so already is sent, and each is told what became of it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from litestar.exceptions import ClientException
from msgspec import Meta

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.profiles.checks import fault_of
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.revisions import Outcome, Request, Verdict, outcome_of
from fleet_app.ingest.changes import Change, Door, Outcomes, send
from fleet_app.ingest.drafts import Draft, read_draft
from fleet_app.ingest.tenants import Owners, tenant_fault, unknown
from fleet_app.records.profile_change import ProfileChange
from fleet_app.topics import VEHICLE_PROFILE_CHANGES

LONGEST_WAIT_S: Final = 10.0
_PAUSE_S: Final = 0.05
_PROFILES_BETWEEN_PAUSES: Final = 500
"""Reading a profile takes some 10 µs; after this many, the rest of the process gets a turn."""
_QUESTIONS_AT_ONCE: Final = 16


_REFUSALS: Final = {
    Verdict.STALE: "it was changed since it was seen; look at it, and send it with the revision that there is",
    Verdict.OTHER_TENANT: "it is another tenant's; delete it first to give it away",
    Verdict.OVERTAKEN: "others have changed or deleted it meanwhile; look at it",
}


class Became(StrEnum):
    """What became of a profile that was sent with others."""

    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It was so already: nothing was sent, and its revision is what it was."""
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """It is in Kafka, and will be decided; that took too long to wait for."""


class ImportedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one profile of a request."""

    index: Annotated[int, Meta(description="Its place in the request, from 0.")]
    vehicle_id: Annotated[str | None, Meta(description="Its vehicle; null where it could not be read that far.")]
    became: Annotated[Became, Meta(description="What became of it.")]
    revision: Annotated[int | None, Meta(description="The revision that there is, 0 for none; null if not known.")]
    detail: Annotated[str | None, Meta(description="Why it was refused, in words.")]


class Imported(msgspec.Struct, frozen=True):
    """What became of each profile of a request, in its order."""

    items: list[ImportedProfile]


_Draft = Draft[VehicleProfile]


def read_profile(body: bytes, caller: Caller, default_id: str = "") -> Draft[VehicleProfile]:
    """Return the profile in a body, the caller's tenant's if it does not say, and the revision that it says was seen.

    Raises:
        ClientException: It is none; the message says what is wrong.
    """
    draft = read_draft(body, VehicleProfile, id_field="vehicle_id", default_id=default_id, tenant=caller.tenant)
    fault = fault_of(draft.value)
    if fault is not None:
        raise ClientException(f"{fault}; nothing was sent")
    return draft


def change_of(vehicle_id: str, request: Request[VehicleProfile]) -> Change[VehicleProfile]:
    """Return what is sent for a request that a vehicle's profile be changed."""
    record = ProfileChange(
        request_id=request.request_id,
        seen_revision=request.seen_revision,
        profile=request.value,
        tenant=request.tenant,
    )
    return Change(topic=VEHICLE_PROFILE_CHANGES, key=vehicle_id, request=request, record=msgspec.json.encode(record))


async def import_profiles(  # noqa: PLR0913 - one per part that meets here
    elements: Sequence[bytes],
    caller: Caller,
    door: Door,
    *,
    fleet_now: Callable[[], Fleet],
    limit_s: float = LONGEST_WAIT_S,
    pause_s: float = _PAUSE_S,
) -> Imported:
    """Send those of many profiles that are not so already, and wait for what becomes of them.

    Args:
        elements: Each profile as JSON.
        caller: Who asks.
        door: Where changes go, what makes their ids, and what became of those that are not shown in time.
        fleet_now: Returns all profiles as this worker shows them.
        limit_s: How long to wait until all are shown.
        pause_s: How long to wait before looking again.

    Raises:
        ApiError: 503, Kafka did not confirm all of them in time, or whose a vehicle is cannot be told; in that case
            nothing was sent.
    """
    judged = await _judge_all(elements, fleet_now(), caller)
    if caller.tenant is not None:
        judged = await _without_others(judged, fleet_now(), caller.tenant, door.outcomes)
    asked = {index: one for index, one in enumerate(judged) if isinstance(one, Draft)}
    changes = {
        index: change_of(one.value.vehicle_id, Request(door.new_id(), one.revision, one.value, caller.tenant))
        for index, one in asked.items()
    }
    taken = await send([*changes.values()], door.sender) if changes else []
    await _wait_until_shown([one.value for one in asked.values()], fleet_now, limit_s, pause_s)
    fleet, questions = fleet_now(), asyncio.Semaphore(_QUESTIONS_AT_ONCE)
    became = await asyncio.gather(
        *(
            _find_out(index, change, place.offset, fleet, door.outcomes, questions)
            for (index, change), place in zip(changes.items(), taken, strict=True)
        )
    )
    found = {one.index: one for one in became}
    return Imported([found[index] if isinstance(one, Draft) else one for index, one in enumerate(judged)])


async def _judge_all(elements: Iterable[bytes], fleet: Fleet, caller: Caller) -> list[_Draft | ImportedProfile]:
    """Return what has to be sent, and of the rest what is already known."""
    judged: list[_Draft | ImportedProfile] = []
    named: set[str] = set()
    for index, element in enumerate(elements):
        judged.append(_judge(index, element, named, fleet, caller))
        if index % _PROFILES_BETWEEN_PAUSES == 0:
            await asyncio.sleep(0)
    return judged


def _judge(index: int, element: bytes, named: set[str], fleet: Fleet, caller: Caller) -> _Draft | ImportedProfile:
    try:
        draft = read_profile(element, caller)
    except ClientException as error:
        return _refused(index, None, None, error.detail)
    profile = draft.value
    vehicle_id = profile.vehicle_id
    fault = tenant_fault(profile.tenant, caller)
    if fault is not None:
        return _refused(index, vehicle_id, None, fault)
    before = fleet.get(vehicle_id)
    if before is not None and not caller.sees(before.tenant):
        return _not_known(index, vehicle_id)
    return _beside(before, index, draft, named)


def _beside(before: VehicleProfile | None, index: int, draft: _Draft, named: set[str]) -> _Draft | ImportedProfile:
    """Return what a profile is beside the one that there is, and those that the request named already."""
    profile, vehicle_id = draft.value, draft.value.vehicle_id
    revision = 0 if before is None else before.revision
    if vehicle_id in named:
        return _refused(index, vehicle_id, revision, "the request names this vehicle before")
    named.add(vehicle_id)
    if is_same(before, profile):
        return ImportedProfile(
            index=index, vehicle_id=vehicle_id, became=Became.UNCHANGED, revision=revision, detail=None
        )
    # The agent would refuse these as well; here it can be told without waiting for it.
    if draft.revision not in (None, revision):
        return _refused(index, vehicle_id, revision, _REFUSALS[Verdict.STALE])
    if before is not None and before.tenant != profile.tenant:
        return _refused(index, vehicle_id, revision, _REFUSALS[Verdict.OTHER_TENANT])
    return draft


async def _without_others(
    judged: Sequence[_Draft | ImportedProfile], fleet: Fleet, tenant: str, owners: Owners
) -> list[_Draft | ImportedProfile]:
    """Refuse the first profiles of vehicles that are another tenant's by their positions.

    Raises:
        ApiError: 503, that cannot be told now.
    """
    questions = asyncio.Semaphore(_QUESTIONS_AT_ONCE)

    async def checked(index: int, one: _Draft | ImportedProfile) -> _Draft | ImportedProfile:
        if isinstance(one, ImportedProfile) or fleet.get(one.value.vehicle_id) is not None:
            return one
        async with questions:
            known = await owners.tenant_of(one.value.vehicle_id)
        return one if known in (None, tenant) else _not_known(index, one.value.vehicle_id)

    return await asyncio.gather(*(checked(index, one) for index, one in enumerate(judged)))


async def _wait_until_shown(
    wanted: Iterable[VehicleProfile], fleet_now: Callable[[], Fleet], limit_s: float, pause_s: float
) -> None:
    """Return once this worker shows all profiles as they are wanted, or after a time."""
    missing = _not_shown(wanted, fleet_now())
    try:
        async with asyncio.timeout(limit_s):
            while missing:
                await asyncio.sleep(pause_s)
                missing = _not_shown(missing, fleet_now())
    except TimeoutError:
        return


def _not_shown(wanted: Iterable[VehicleProfile], fleet: Fleet) -> list[VehicleProfile]:
    return [profile for profile in wanted if not is_same(fleet.get(profile.vehicle_id), profile)]


async def _find_out(  # noqa: PLR0913, PLR0917 - what was asked, and where to look
    index: int,
    change: Change[VehicleProfile],
    offset: int,
    fleet: Fleet,
    outcomes: Outcomes,
    questions: asyncio.Semaphore,
) -> ImportedProfile:
    shown = fleet.get(change.key)
    if shown is not None and is_same(shown, change.request.value):
        return _accepted(index, change.key, shown.revision)
    async with questions:
        standing = await outcomes.standing(change.topic, change.key)
    outcome = None if standing is None else outcome_of(change.request, offset, standing)
    if outcome is None:
        return ImportedProfile(index=index, vehicle_id=change.key, became=Became.UNDECIDED, revision=None, detail=None)
    if outcome.verdict is Verdict.ACCEPTED:
        return _accepted(index, change.key, outcome.revision)
    return _refused_later(index, change, outcome)


def _refused_later(index: int, change: Change[VehicleProfile], outcome: Outcome) -> ImportedProfile:
    """Return what became of a change that its agent refused; of another tenant's profile nothing is told."""
    is_of_tenant = change.request.tenant is not None
    if is_of_tenant and outcome.verdict is Verdict.OTHER_TENANT:
        return _not_known(index, change.key)
    revision = None if is_of_tenant and outcome.verdict is Verdict.OVERTAKEN else outcome.revision
    return _refused(index, change.key, revision, _REFUSALS[outcome.verdict])


def is_same(one: VehicleProfile | None, other: VehicleProfile | None) -> bool:
    """Return whether two profiles say the same, whatever their revisions."""
    if one is None or other is None:
        return one is other
    return msgspec.structs.replace(one, revision=other.revision) == other


def _accepted(index: int, vehicle_id: str, revision: int) -> ImportedProfile:
    became = Became.MADE if revision == 1 else Became.CHANGED
    return ImportedProfile(index=index, vehicle_id=vehicle_id, became=became, revision=revision, detail=None)


def _not_known(index: int, vehicle_id: str) -> ImportedProfile:
    """Return what is told of a profile that is another tenant's: no more than of one that there is not."""
    return _refused(index, vehicle_id, 0, unknown(VEHICLE_PROFILE_CHANGES, vehicle_id).problem.detail)


def _refused(index: int, vehicle_id: str | None, revision: int | None, detail: str) -> ImportedProfile:
    return ImportedProfile(index=index, vehicle_id=vehicle_id, became=Became.REFUSED, revision=revision, detail=detail)
