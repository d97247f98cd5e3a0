"""Changes on their way in: sent as records, and, where somebody waits for it, what became of them.

Whether a change counts is decided by the agent that owns its key, in the order of the log. What it decided is looked
up there; after that, whoever asked is told once the readers of this very worker are shown it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, NamedTuple, Protocol

import msgspec
from litestar import Request as HttpRequest
from litestar import Response
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta

from fleet_app.domain.revisions import Outcome, Request, Standing, V, Verdict, outcome_of
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.ingest.http import NOT_CONFIRMED, not_confirmed
from fleet_app.ingest.producer import Outgoing, Sender
from fleet_app.ingest.tenants import Owners, unknown
from fleet_app.stream.declarations import Topic

LONGEST_WAIT_S: Final = 5.0
_PAUSE_S: Final = 0.05
_ETAG: Final = re.compile(r'"?([0-9]{1,18})"?', re.ASCII)

Wait = Annotated[
    bool,
    QueryParameter(
        description=f"Wait up to {LONGEST_WAIT_S:g} s until it is decided, and until this worker's views show it."
    ),
]
NewId = Callable[[], str]
"""Makes an id that nobody has made before: short, and safe in a URL."""


class Outcomes(Owners, Protocol):
    """Where this worker learns what became of changes."""

    async def standing(self, topic: Topic, key: str) -> Standing | None:
        """Return how a key stands at the owner of its changes on `topic`; None if that cannot be asked now."""

    def shown_revision(self, topic: Topic, key: str) -> int | None:
        """Return the revision of a key that this worker's readers are shown, 0 for none; None before they see any."""


InjectedOutcomes = NamedDependency[SkipValidation[Outcomes]]
"""A handler's `outcomes` parameter."""


class Door(NamedTuple):
    """What handlers of changes work with: where changes go, what makes ids, and what tells what became of them."""

    sender: Sender
    new_id: NewId
    outcomes: Outcomes


InjectedDoor = NamedDependency[SkipValidation[Door]]
"""A handler's `door` parameter."""


def door_of(sender: Sender, new_id: NewId) -> Provide:
    """Return what gives handlers their `door`."""

    def door(outcomes: InjectedOutcomes) -> Door:
        return Door(sender, new_id, outcomes)

    return Provide(door, sync_to_thread=False)


class Change(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """A change as it is sent.

    Attributes:
        topic: The topic of changes that it goes to.
        key: What it changes.
        request: What it asks for.
        record: The value of its record, JSON.
    """

    topic: Topic
    key: str
    request: Request[V]
    record: bytes


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is safe in Kafka, and will be decided in the order of its partition."""

    key: Annotated[str, Meta(description="What it changes.")]
    topic: Annotated[str, Meta(description="Where its record stands.")]
    partition: Annotated[int, Meta(description="The record's partition.")]
    offset: Annotated[int, Meta(description="The record's offset.")]
    request_id: Annotated[str, Meta(description="What the change is known by.")]


async def send(changes: Sequence[Change[V]], sender: Sender) -> list[Taken]:
    """Append changes and return where each stands.

    Raises:
        HTTPException: 503, Kafka did not confirm all of them in time.
    """
    try:
        placed = await sender.send_all([Outgoing(each.key, each.record, each.topic.name) for each in changes])
    except (BrokerError, TopicsError) as error:
        raise not_confirmed(error) from error
    return [
        Taken(
            key=change.key,
            topic=change.topic.name,
            partition=place.partition,
            offset=place.offset,
            request_id=change.request.request_id,
        )
        for change, place in zip(changes, placed, strict=True)
    ]


async def send_and_answer(change: Change[V], sender: Sender, outcomes: Outcomes, *, wait: bool) -> Response[Any]:
    """Append a change and answer: 202 with its place, or, if somebody waits, what became of it.

    Raises:
        ApiError: 404, it is another tenant's, whom the caller does not know of; 503, Kafka did not confirm it in time.
        HTTPException: 409, it was refused or overtaken.
    """
    (taken,) = await send([change], sender)
    outcome = await outcome_within(change, taken.offset, outcomes) if wait else None
    if outcome is None:
        return Response(taken, status_code=HTTPStatus.ACCEPTED)
    check_accepted(change, outcome)
    value = change.request.value
    if value is None:
        return Response(None, status_code=HTTPStatus.NO_CONTENT)
    return Response(
        msgspec.structs.replace(value, revision=outcome.revision),
        status_code=HTTPStatus.CREATED if outcome.revision == 1 else HTTPStatus.OK,
        headers={"ETag": etag(outcome.revision)},
    )


def check_accepted(change: Change[V], outcome: Outcome) -> None:
    """Tell whoever waits for a change that it was not accepted, if it was not.

    Raises:
        ApiError: 404, it is another tenant's, whom the caller does not know of.
        HTTPException: 409, it was refused or overtaken.
    """
    if outcome.verdict is Verdict.ACCEPTED:
        return
    if change.request.tenant is None:
        raise _conflict(change.key, outcome.verdict, outcome.revision)
    if outcome.verdict is Verdict.OTHER_TENANT:
        raise unknown(change.topic, change.key)
    # What has overtaken it may be another tenant's.
    raise _conflict(change.key, outcome.verdict, None if outcome.verdict is Verdict.OVERTAKEN else outcome.revision)


async def outcome_within(
    change: Change[V], offset: int, outcomes: Outcomes, *, limit_s: float = LONGEST_WAIT_S, pause_s: float = _PAUSE_S
) -> Outcome | None:
    """Return what became of a change, once this worker's readers are shown it; None if that takes too long."""
    try:
        async with asyncio.timeout(limit_s):
            while (outcome := await _decided(change, offset, outcomes)) is None:  # noqa: ASYNC110 - on another worker
                await asyncio.sleep(pause_s)
            while not _is_shown(change, outcome, outcomes):  # noqa: ASYNC110 - a view tells nobody that it changed
                await asyncio.sleep(pause_s)
            return outcome
    except TimeoutError:
        return None


async def _decided(change: Change[V], offset: int, outcomes: Outcomes) -> Outcome | None:
    standing = await outcomes.standing(change.topic, change.key)
    return None if standing is None else outcome_of(change.request, offset, standing)


def _is_shown(change: Change[V], outcome: Outcome, outcomes: Outcomes) -> bool:
    if outcome.verdict is not Verdict.ACCEPTED:
        return True
    shown = outcomes.shown_revision(change.topic, change.key)
    if shown is None:
        return False
    return shown == 0 if outcome.revision == 0 else shown >= outcome.revision


_REFUSALS: Final = {
    Verdict.STALE: "it was changed since, nothing was done; look at it, and send the change with that revision",
    Verdict.OTHER_TENANT: "it is another tenant's, nothing was done; delete it first, or choose another id",
    Verdict.OVERTAKEN: "others have changed or deleted it meanwhile, and whether this change was there for a moment is "
    "not known any more",
}


def _conflict(key: str, verdict: Verdict, revision: int | None) -> HTTPException:
    if revision is None:
        return HTTPException(f"of {key!r}: {_REFUSALS[verdict]}", status_code=HTTPStatus.CONFLICT)
    there = f"revision {revision}" if revision else "none"
    return HTTPException(
        f"of {key!r} there is {there}: {_REFUSALS[verdict]}",
        status_code=HTTPStatus.CONFLICT,
        extra={"revision": revision},
    )


def etag(revision: int) -> str:
    """Return a revision as it stands in the headers `ETag` and `If-Match`."""
    return f'"{revision}"'


def seen_revision(request: HttpRequest[Any, Any, Any], *besides: int | None) -> int | None:
    """Return the revision that a change saw, by its headers and `besides`; None if it overwrites whatever there is.

    `If-Match: "3"` and `revision: 3` in the body ask for revision 3, `If-None-Match: *` and `revision: 0` for none.

    Raises:
        ClientException: A header cannot be used, or what is said disagrees.
    """
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    told = {revision for revision in besides if revision is not None}
    if match is not None:
        told.add(_read_etag(match))
    if none_match is not None:
        if none_match.strip() != "*":
            raise ClientException(f"If-None-Match: {none_match!r} is not *, which asks that there be none")
        told.add(0)
    if len(told) > 1:
        seen = " and ".join(map(str, sorted(told)))
        raise ClientException(f"the request asks for revisions {seen} (0: that there be none); send one of them")
    return told.pop() if told else None


def _read_etag(header: str) -> int:
    found = _ETAG.fullmatch(header.strip())
    if found is None:
        raise ClientException(f'If-Match: {header!r} is no revision as ETag tells it, "3" for example')
    return int(found[1])


ANSWERS: Final[Mapping[int, ResponseSpec]] = {
    HTTPStatus.ACCEPTED: ResponseSpec(
        Taken,
        generate_examples=False,
        description="In Kafka, and not decided yet: nobody waited, or it took too long.",
    ),
    HTTPStatus.BAD_REQUEST: ResponseSpec(
        None, generate_examples=False, description="The request cannot be used: `detail` says why. Nothing was sent."
    ),
    HTTPStatus.FORBIDDEN: ResponseSpec(
        None, generate_examples=False, description="It shall be another tenant's than the key's. Nothing was sent."
    ),
    HTTPStatus.NOT_FOUND: ResponseSpec(
        None,
        generate_examples=False,
        description="To a key of one tenant: there is none of this id, or not that it may know of.",
    ),
    HTTPStatus.CONFLICT: ResponseSpec(
        None,
        generate_examples=False,
        description="Refused, or overtaken by others: `revision` is the one that there is, 0 for none.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: NOT_CONFIRMED,
}
"""What every change may be answered with, beside success."""
