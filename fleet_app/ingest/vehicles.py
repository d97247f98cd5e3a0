"""`DELETE /api/vehicles/{vehicle_id}`: a vehicle is forgotten, and its profile deleted."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final, Protocol

import msgspec
from litestar import Response, Router, delete
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, SkipValidation
from msgspec import Meta

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.forgetting import FORGET
from fleet_app.domain.revisions import Request
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.ingest.changes import (
    LONGEST_WAIT_S,
    NewId,
    Outcomes,
    Taken,
    Wait,
    outcome_within,
    send,
)
from fleet_app.ingest.http import NOT_CONFIRMED, not_confirmed
from fleet_app.ingest.producer import Outgoing, Placed, Sender
from fleet_app.ingest.profiles import read_id
from fleet_app.ingest.profiles_import import change_of
from fleet_app.ingest.tenants import Owners, tenant_of_vehicle
from fleet_app.stream.declarations import Topic
from fleet_app.topics import POSITIONS

_PAUSE_S: Final = 0.05


class Progress(Outcomes, Protocol):
    """Where this worker learns how far others are."""

    async def position(self, topic: Topic, partition: int) -> int | None:
        """Return the offset of the next record that the owner of a partition handles; None if that is not known."""


InjectedProgress = NamedDependency[SkipValidation[Progress]]
"""A handler's `outcomes` parameter, where it is to tell how far others are, too."""


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """Where the request that a vehicle be forgotten stands, safe in Kafka; it is done in the order of its partition."""

    vehicle_id: Annotated[str, Meta(description="The vehicle.")]
    topic: Annotated[str, Meta(description="Where the request stands.")]
    partition: Annotated[int, Meta(description="Its partition.")]
    offset: Annotated[int, Meta(description="Its offset: done once the partition's position is above it.")]
    profile: Annotated[Taken, Meta(description="Where the deletion of its profile stands.")]


def vehicles_router(sender: Sender, new_id: NewId, *, longest_wait_s: float = LONGEST_WAIT_S) -> Router:
    """Return the route that sends to `sender` that a vehicle be forgotten, and waits so long if it is asked to."""

    @delete(
        "/api/vehicles/{vehicle_id:str}",
        opt=needs(Right.ADMINISTER),
        status_code=HTTPStatus.ACCEPTED,
        operation_id="delete_vehicle",
        summary="Forget a vehicle, and delete its profile",
        description="Everything in tables, and its records on compacted topics. Records on other topics stay until "
        "their retention is over. A position that comes in afterwards begins the vehicle anew.",
        responses={
            HTTPStatus.ACCEPTED: ResponseSpec(
                Forgetting, generate_examples=False, description="In Kafka, and not done yet, as far as is known."
            ),
            HTTPStatus.NO_CONTENT: ResponseSpec(
                None, generate_examples=False, description="Forgotten, or never known; somebody waited for it."
            ),
            HTTPStatus.BAD_REQUEST: ResponseSpec(
                None, generate_examples=False, description="No vehicle can have such an id. Nothing was sent."
            ),
            HTTPStatus.NOT_FOUND: ResponseSpec(
                None,
                generate_examples=False,
                description="To a key of one tenant: it is not a vehicle that it knows of. Nothing was sent.",
            ),
            HTTPStatus.SERVICE_UNAVAILABLE: NOT_CONFIRMED,
        },
        raises=[],
    )
    async def delete_vehicle(
        outcomes: InjectedProgress, caller: InjectedCaller, vehicle_id: FromPath[str], *, wait: Wait = False
    ) -> Response[Any]:
        key = read_id(vehicle_id)
        await _check_own(key, caller, outcomes)
        change = change_of(key, Request(new_id(), None, None, caller.tenant))
        (profile,) = await send([change], sender)
        placed = await _ask_to_forget(key, sender)
        if wait:
            outcome, is_gone = await asyncio.gather(
                outcome_within(change, profile.offset, outcomes, limit_s=longest_wait_s),
                _is_done_within(outcomes, placed, longest_wait_s),
            )
            if outcome is not None and is_gone:
                return Response(None, status_code=HTTPStatus.NO_CONTENT)
        forgetting = Forgetting(
            vehicle_id=key, topic=POSITIONS.name, partition=placed.partition, offset=placed.offset, profile=profile
        )
        return Response(forgetting, status_code=HTTPStatus.ACCEPTED)

    return Router("/", route_handlers=[delete_vehicle], tags=["vehicles"])


async def _check_own(vehicle_id: str, caller: Caller, owners: Owners) -> None:
    """Refuse a caller of one tenant to touch what is not its tenant's vehicle, by its profile or its positions.

    Raises:
        ApiError: 404, it is not; 503, that cannot be told now.
    """
    if caller.tenant is not None and await tenant_of_vehicle(vehicle_id, owners) != caller.tenant:
        raise not_found(Code.UNKNOWN_VEHICLE, f"no position of a vehicle {shown(vehicle_id)} has come in")


async def _ask_to_forget(vehicle_id: str, sender: Sender) -> Placed:
    try:
        (placed,) = await sender.send_all([Outgoing(vehicle_id, None, headers=((FORGET, b""),))])
    except (BrokerError, TopicsError) as error:
        raise not_confirmed(error) from error
    return placed


async def _is_done_within(outcomes: Progress, placed: Placed, limit_s: float) -> bool:
    """Return whether a record of fleet.positions was handled before that took too long."""
    try:
        async with asyncio.timeout(limit_s):
            while not await _is_done(outcomes, placed):  # noqa: ASYNC110 - on another worker
                await asyncio.sleep(_PAUSE_S)
            return True
    except TimeoutError:
        return False


async def _is_done(outcomes: Progress, placed: Placed) -> bool:
    position = await outcomes.position(POSITIONS, placed.partition)
    return position is not None and position > placed.offset
