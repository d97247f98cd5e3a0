"""Changes of geofences over HTTP: `POST`, `PUT` and `DELETE /api/geofences`, and many at once from GeoJSON."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec
from litestar import Request as HttpRequest
from litestar import Response, Router, delete, post, put
from litestar.exceptions import ClientException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.geofence import Geofence, GeofenceId
from fleet_app.domain.geofences.geojson import FeatureCollection
from fleet_app.domain.revisions import Request
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.ingest.changes import (
    ANSWERS,
    Change,
    InjectedDoor,
    NewId,
    Wait,
    door_of,
    seen_revision,
    send_and_answer,
)
from fleet_app.ingest.drafts import Draft, RawBody, read_draft
from fleet_app.ingest.geofences_import import MAX_FEATURES, MAX_IMPORT_BYTES, ImportReceipt, import_geojson
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.tenants import check_not_others, check_own, check_tenant
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.topics import GEOFENCE_CHANGES

MAX_BODY_BYTES: Final = 512 * 1024
"""The largest geofence takes a third of it."""
_MADE: Final = ResponseSpec(
    Geofence, generate_examples=False, description="Made, and shown by this worker. `ETag` has its revision."
)
_CHANGED: Final = ResponseSpec(
    Geofence, generate_examples=False, description="Changed, and shown by this worker. `ETag` has its revision."
)
_DELETED: Final = ResponseSpec(
    None, generate_examples=False, description="Deleted, or not there in the first place; this worker shows it no more."
)
_TOO_LARGE: Final = ResponseSpec(None, generate_examples=False, description="The body is too large. Nothing was sent.")


class _GeofenceBody(RawBody):
    documented = Geofence
    id_field = "geofence_id"


class _GeoJsonBody(RawBody):
    documented = FeatureCollection


@post(
    "/api/geofences",
    opt=needs(Right.CHANGE),
    dto=_GeofenceBody,
    return_dto=None,
    request_max_body_size=MAX_BODY_BYTES,
    status_code=HTTPStatus.ACCEPTED,
    operation_id="post_geofence",
    summary="Make a geofence",
    description="Without `geofence_id` in the body an id is made; with it, there must be none of that id yet.",
    responses={**ANSWERS, HTTPStatus.CREATED: _MADE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE},
    raises=[],
)
async def post_geofence(
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    data: JSONBody[bytes | None] = None,
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that makes it."""
    draft = _read(data, door.new_id(), caller)
    key = draft.value.geofence_id
    check_not_others(GEOFENCE_CHANGES, key, caller, door.outcomes)
    change = _change(key, Request(door.new_id(), seen_revision(request, 0, draft.revision), draft.value, caller.tenant))
    answer = await send_and_answer(change, door.sender, door.outcomes, wait=wait)
    answer.headers["Location"] = f"/api/geofences/{quote(change.key, safe='')}"
    return answer


@put(
    "/api/geofences/{geofence_id:str}",
    opt=needs(Right.CHANGE),
    dto=_GeofenceBody,
    return_dto=None,
    request_max_body_size=MAX_BODY_BYTES,
    status_code=HTTPStatus.ACCEPTED,
    operation_id="put_geofence",
    summary="Make a geofence, or put another in its place",
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
async def put_geofence(  # noqa: PLR0913 - one per part of the request
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    geofence_id: FromPath[str],
    data: JSONBody[bytes | None] = None,
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that puts it there."""
    key = _read_id(geofence_id)
    draft = _read(data, key, caller)
    if draft.value.geofence_id != key:
        raise ClientException(f"the body is of geofence {draft.value.geofence_id!r}, the path of {key!r}")
    check_not_others(GEOFENCE_CHANGES, key, caller, door.outcomes)
    change = _change(key, Request(door.new_id(), seen_revision(request, draft.revision), draft.value, caller.tenant))
    return await send_and_answer(change, door.sender, door.outcomes, wait=wait)


@post(
    "/api/geofences/import",
    opt=needs(Right.CHANGE),
    dto=_GeoJsonBody,
    return_dto=None,
    request_max_body_size=MAX_IMPORT_BYTES,
    status_code=HTTPStatus.ACCEPTED,
    operation_id="import_geofences",
    summary="Make or change many geofences, from GeoJSON",
    description=(
        f"A FeatureCollection of up to {MAX_FEATURES} features, or one Feature. Each is put in the place of the "
        "geofence of its id, whatever its revision; one without an id is made anew. Bad ones are reported by index "
        "and the good ones kept."
    ),
    response_description="In Kafka: at least one feature, or there was none.",
    responses={
        HTTPStatus.BAD_REQUEST: ANSWERS[HTTPStatus.BAD_REQUEST],
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY: ResponseSpec(
            ImportReceipt, generate_examples=False, description="Every feature was bad. Nothing was sent."
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: ANSWERS[HTTPStatus.SERVICE_UNAVAILABLE],
    },
    raises=[],
)
async def import_geofences(
    door: InjectedDoor, caller: InjectedCaller, data: JSONBody[bytes | None] = None
) -> Response[ImportReceipt]:
    """Send a change for each feature that is a geofence."""
    receipt = await import_geojson(
        data or b"",
        door,
        caller,
        change_of=lambda geofence: _change(geofence.geofence_id, Request(door.new_id(), None, geofence, caller.tenant)),
    )
    all_bad = bool(receipt.rejected) and not receipt.accepted
    return Response(receipt, status_code=HTTPStatus.UNPROCESSABLE_ENTITY if all_bad else HTTPStatus.ACCEPTED)


@delete(
    "/api/geofences/{geofence_id:str}",
    opt=needs(Right.CHANGE),
    status_code=HTTPStatus.ACCEPTED,
    operation_id="delete_geofence",
    summary="Delete a geofence",
    description="With `If-Match`, only if that is still the revision there is. What is not there is deleted.",
    responses={**ANSWERS, HTTPStatus.NO_CONTENT: _DELETED},
    raises=[],
)
async def delete_geofence(
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    geofence_id: FromPath[str],
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that deletes it."""
    key = _read_id(geofence_id)
    check_own(GEOFENCE_CHANGES, key, caller, door.outcomes)
    change = _change(key, Request(door.new_id(), seen_revision(request), None, caller.tenant))
    return await send_and_answer(change, door.sender, door.outcomes, wait=wait)


def geofences_router(sender: Sender, new_id: NewId) -> Router:
    """Return the routes that send changes of geofences to `sender`."""
    return Router(
        "/",
        route_handlers=[post_geofence, import_geofences, put_geofence, delete_geofence],
        dependencies={"door": door_of(sender, new_id)},
        tags=["geofences"],
    )


def _read(body: bytes | None, default_id: str, caller: Caller) -> Draft[Geofence]:
    draft = read_draft(body or b"", Geofence, id_field="geofence_id", default_id=default_id, tenant=caller.tenant)
    check_tenant(draft.value.tenant, caller)
    fault = fault_of(draft.value)
    if fault is not None:
        raise ClientException(f"the geofence cannot be used, nothing was sent: {fault}")
    return draft


def _read_id(segment: str) -> str:
    """Return the id behind one percent-encoded segment of a path."""
    try:
        geofence_id: str = msgspec.convert(unquote(segment, errors="strict"), GeofenceId)
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ClientException(f"{segment!r} in the path is no geofence's id: {error}") from error
    return geofence_id


def _change(geofence_id: str, request: Request[Geofence]) -> Change[Geofence]:
    record = GeofenceChange(
        request_id=request.request_id,
        seen_revision=request.seen_revision,
        geofence=request.value,
        tenant=request.tenant,
    )
    return Change(topic=GEOFENCE_CHANGES, key=geofence_id, request=request, record=msgspec.json.encode(record))
