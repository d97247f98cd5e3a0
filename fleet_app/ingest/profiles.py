"""Changes of vehicle profiles over HTTP: one by `PUT` or `DELETE`, many by `POST`."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from litestar import Request as HttpRequest
from litestar import Response, Router, delete, post, put
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, SkipValidation

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.position import VehicleId
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.revisions import Request
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.ingest.changes import (
    ANSWERS,
    InjectedDoor,
    NewId,
    Wait,
    door_of,
    seen_revision,
    send_and_answer,
)
from fleet_app.ingest.drafts import RawBody
from fleet_app.ingest.http import NOT_CONFIRMED
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.profiles_import import Imported, change_of, import_profiles, read_profile
from fleet_app.ingest.tenants import Owners, check_own, check_tenant, tenant_of_vehicle, unknown
from fleet_app.topics import VEHICLE_PROFILE_CHANGES

FleetNow = Callable[[], Fleet]
InjectedFleetNow = NamedDependency[SkipValidation[FleetNow]]
"""A handler's `fleet_now` parameter: returns the profiles that this worker knows."""
MOST_PROFILES: Final = 10_000
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
MAX_PROFILE_BYTES: Final = 512 * 1024
"""The largest profile takes a third of it."""
_MADE: Final = ResponseSpec(
    VehicleProfile, generate_examples=False, description="Made, and shown by this worker. `ETag` has its revision."
)
_CHANGED: Final = ResponseSpec(
    VehicleProfile, generate_examples=False, description="Changed, and shown by this worker. `ETag` has its revision."
)
_DELETED: Final = ResponseSpec(
    None, generate_examples=False, description="Deleted, or not there in the first place; this worker shows it no more."
)
_TOO_LARGE: Final = ResponseSpec(None, generate_examples=False, description="The body is too large. Nothing was sent.")


class _ProfileBody(RawBody):
    documented = VehicleProfile
    id_field = "vehicle_id"


class _ProfilesBody(RawBody):
    documented = list[VehicleProfile]


@put(
    "/api/vehicle-profiles/{vehicle_id:str}",
    opt=needs(Right.CHANGE),
    dto=_ProfileBody,
    return_dto=None,
    request_max_body_size=MAX_PROFILE_BYTES,
    status_code=HTTPStatus.ACCEPTED,
    operation_id="put_vehicle_profile",
    summary="Make a vehicle's profile, or put another in its place",
    description="With `If-Match`, or `revision` in the body, only if that is still the revision there is (0, or "
    "`If-None-Match: *`: only if there is none); without, whatever there is.",
    responses={
        **ANSWERS,
        HTTPStatus.OK: _CHANGED,
        HTTPStatus.CREATED: _MADE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE,
    },
    raises=[],
)
async def put_profile(  # noqa: PLR0913 - one per part of the request
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    vehicle_id: FromPath[str],
    data: JSONBody[bytes | None] = None,
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that puts it there."""
    key = read_id(vehicle_id)
    draft = read_profile(data or b"", caller, key)
    check_tenant(draft.value.tenant, caller)
    if draft.value.vehicle_id != key:
        raise ClientException(f"the body is of vehicle {draft.value.vehicle_id!r}, the path of {key!r}")
    await _check_not_others(key, caller, door.outcomes)
    seen = seen_revision(request, draft.revision)
    change = change_of(key, Request(door.new_id(), seen, draft.value, caller.tenant))
    return await send_and_answer(change, door.sender, door.outcomes, wait=wait)


@delete(
    "/api/vehicle-profiles/{vehicle_id:str}",
    opt=needs(Right.CHANGE),
    status_code=HTTPStatus.ACCEPTED,
    operation_id="delete_vehicle_profile",
    summary="Delete a vehicle's profile",
    description="What is known of the vehicle by its positions stays. With `If-Match`, only if that is still the "
    "revision there is. What is not there is deleted.",
    responses={**ANSWERS, HTTPStatus.NO_CONTENT: _DELETED},
    raises=[],
)
async def delete_profile(
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    vehicle_id: FromPath[str],
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that deletes it."""
    key = read_id(vehicle_id)
    check_own(VEHICLE_PROFILE_CHANGES, key, caller, door.outcomes)
    change = change_of(key, Request(door.new_id(), seen_revision(request), None, caller.tenant))
    return await send_and_answer(change, door.sender, door.outcomes, wait=wait)


@post(
    "/api/vehicle-profiles",
    opt=needs(Right.CHANGE),
    dto=_ProfilesBody,
    return_dto=None,
    request_max_body_size=MAX_BODY_BYTES,
    status_code=HTTPStatus.OK,
    operation_id="post_vehicle_profiles",
    summary="Make or change many profiles, and learn what became of each",
    description=(
        f"An array of up to {MOST_PROFILES} profiles, each with the `revision` that was seen, if any. What is so "
        "already is left alone; of the rest, the answer waits until it is decided and shown."
    ),
    response_description="What became of each.",
    responses={
        HTTPStatus.BAD_REQUEST: ResponseSpec(
            None, generate_examples=False, description="The body is no array. Nothing was sent."
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ResponseSpec(
            None, generate_examples=False, description="Too many bytes or profiles. Nothing was sent."
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: NOT_CONFIRMED,
    },
    raises=[],
)
async def post_profiles(
    door: InjectedDoor,
    caller: InjectedCaller,
    fleet_now: InjectedFleetNow,
    data: JSONBody[bytes | None] = None,
) -> Imported:
    """Send the changes that are some, and find out what became of each."""
    return await import_profiles(_split(data or b""), caller, door, fleet_now=fleet_now)


def profiles_router(sender: Sender, new_id: NewId, fleet_now: FleetNow) -> Router:
    """Return the routes that send changes of profiles to `sender`; `fleet_now` returns those there are."""
    return Router(
        "/",
        route_handlers=[put_profile, delete_profile, post_profiles],
        dependencies={
            "door": door_of(sender, new_id),
            "fleet_now": Provide(lambda: fleet_now, sync_to_thread=False),
        },
        tags=["vehicles"],
    )


async def _check_not_others(vehicle_id: str, caller: Caller, owners: Owners) -> None:
    """Refuse a profile of a vehicle that is another tenant's, by its profile or, without one, by its positions.

    Raises:
        ApiError: 404, it is; 503, that cannot be told now.
    """
    if caller.tenant is not None and await tenant_of_vehicle(vehicle_id, owners) not in (None, caller.tenant):
        raise unknown(VEHICLE_PROFILE_CHANGES, vehicle_id)


def read_id(segment: str) -> str:
    """Return the id behind one percent-encoded segment of a path."""
    try:
        vehicle_id: str = msgspec.convert(unquote(segment, errors="strict"), VehicleId)
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ClientException(f"{segment!r} in the path is no vehicle's id: {error}") from error
    return vehicle_id


def _split(body: bytes) -> list[bytes]:
    """Return the JSON of each element of an array.

    Raises:
        ClientException: The body is none.
        HTTPException: It has more than `MOST_PROFILES` elements (413).
    """
    try:
        elements = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ClientException(f"the body is no array of profiles, nothing was sent: {error}") from error
    if len(elements) > MOST_PROFILES:
        raise HTTPException(
            f"{len(elements)} profiles in one request, at most {MOST_PROFILES} allowed; nothing was sent",
            status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return [bytes(element) for element in elements]
