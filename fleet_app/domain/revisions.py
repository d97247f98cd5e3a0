"""Changes that say which revision they saw: which are accepted, and what whoever asked can find out.

Revisions of a key count up by one from 1, as long as the key is there. Beside its value stands what became of the last
requests. A delete leaves nothing at all, so a key that is made again begins at 1 again; what became of the delete
follows from where its record stood: once the records up to there are decided and there is nothing, it is done.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.profiles.profile import VehicleProfile

V = TypeVar("V", Geofence, VehicleProfile, ApiKey)

RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
Revision = Annotated[int, Meta(ge=0, lt=2**53)]

MOST_OUTCOMES: Final = 8
"""Of a key: whoever asked looks within seconds."""


class Verdict(StrEnum):
    """What became of a request."""

    ACCEPTED = "accepted"
    """What it asked for was so from then on; of a delete, also when there was nothing."""
    STALE = "stale"
    """Refused: there was another revision than the one that it saw."""
    OTHER_TENANT = "other_tenant"
    """Refused: the key is another tenant's."""
    OVERTAKEN = "overtaken"
    """Not known any more: it is decided, and others have changed or deleted the value since."""


class Outcome(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What became of a request.

    Attributes:
        request_id: The request.
        verdict: What became of it.
        revision: The revision that there was then, 0 for none.
    """

    request_id: str
    verdict: Verdict
    revision: int


class Kept(msgspec.Struct, Generic[V], frozen=True, array_like=True):
    """What is kept of a key that is there.

    Attributes:
        value: What it is, with its revision.
        outcomes: What became of the last requests, newest last.
    """

    value: V
    outcomes: tuple[Outcome, ...]


class Request(msgspec.Struct, Generic[V], frozen=True, gc=False):
    """A change that somebody wants.

    Attributes:
        request_id: What it is known by.
        seen_revision: The revision that whoever asks had seen, 0 for none; None overwrites whatever there is.
        value: What the key shall be, whatever its revision says; None deletes it.
        tenant: Whose whoever asks is: what there is of another tenant's stays as it is. None for all tenants'.
    """

    request_id: str
    seen_revision: int | None
    value: V | None
    tenant: str | None = None


class Decision(msgspec.Struct, Generic[V], frozen=True, gc=False):
    """What follows from a request.

    Attributes:
        outcome: What becomes of it.
        kept: What is kept of the key from now on; None for nothing.
        is_change: Whether the value is another now.
    """

    outcome: Outcome
    kept: Kept[V] | None
    is_change: bool


def decide(kept: Kept[V] | None, request: Request[V]) -> Decision[V]:
    """Return what follows from a request. One that was decided before changes nothing, as long as that is known."""
    earlier = None if kept is None else _find(kept.outcomes, request.request_id)
    if earlier is not None:
        return Decision(earlier, kept, is_change=False)
    verdict = _judge(kept, request)
    if verdict is not Verdict.ACCEPTED:
        outcome = Outcome(request.request_id, verdict, _revision(kept))
        return Decision(outcome, None if kept is None else _with(kept.value, kept, outcome), is_change=False)
    if request.value is None:
        return Decision(Outcome(request.request_id, verdict, 0), None, is_change=kept is not None)
    outcome = Outcome(request.request_id, verdict, _revision(kept) + 1)
    value = msgspec.structs.replace(request.value, revision=outcome.revision)
    return Decision(outcome, _with(value, kept, outcome), is_change=True)


def _judge(kept: Kept[V] | None, request: Request[V]) -> Verdict:
    # Before anything else: of what is another tenant's not even the revision is told.
    if kept is not None and request.tenant not in (None, kept.value.tenant):
        return Verdict.OTHER_TENANT
    if kept is None and request.value is None:
        return Verdict.ACCEPTED
    if request.seen_revision is not None and request.seen_revision != _revision(kept):
        return Verdict.STALE
    if kept is not None and request.value is not None and request.value.tenant != kept.value.tenant:
        return Verdict.OTHER_TENANT
    return Verdict.ACCEPTED


def _revision(kept: Kept[V] | None) -> int:
    return 0 if kept is None else kept.value.revision


def _with(value: V, kept: Kept[V] | None, outcome: Outcome) -> Kept[V]:
    before: tuple[Outcome, ...] = () if kept is None else kept.outcomes
    return Kept(value, (*before, outcome)[-MOST_OUTCOMES:])


def _find(outcomes: Iterable[Outcome], request_id: str) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.request_id == request_id), None)


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How a key stands where its changes are decided.

    Attributes:
        position: Offset of the first change of its partition that is not decided yet.
        revision: The revision that there is, 0 for none.
        outcomes: What became of the last requests.
    """

    position: int
    revision: int
    outcomes: tuple[Outcome, ...]


def standing_of(kept: Kept[V] | None, position: int) -> Standing:
    """Return how a key stands."""
    return Standing(position, _revision(kept), () if kept is None else kept.outcomes)


def outcome_of(request: Request[V], offset: int, standing: Standing) -> Outcome | None:
    """Return what became of a request whose record stands at `offset`; None while it is not decided."""
    known = _find(standing.outcomes, request.request_id)
    if known is not None or standing.position <= offset:
        return known
    is_done = request.value is None and standing.revision == 0
    return Outcome(request.request_id, Verdict.ACCEPTED if is_done else Verdict.OVERTAKEN, standing.revision)
