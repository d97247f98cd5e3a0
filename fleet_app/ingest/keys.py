"""API keys over HTTP: made, rotated and revoked. A secret is told once, to whoever made it, and kept by nobody here."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Request as HttpRequest
from litestar import Response, Router, delete, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, SkipValidation
from msgspec import Meta

from fleet_app.domain.access.api_key import MOST_DEVICES, ApiKey, KeyId, Secret
from fleet_app.domain.access.checks import fault_of
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.rights import Right, Role
from fleet_app.domain.access.rotation import rotated
from fleet_app.domain.access.shown_key import ShownKey, shown_key
from fleet_app.domain.access.tokens import digest_of, token_of
from fleet_app.domain.position import LATEST_TIME_MS, VehicleId
from fleet_app.domain.revisions import Request
from fleet_app.global_views import API_KEYS
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.problems import ApiError, Code, unavailable
from fleet_app.ingest.changes import (
    ANSWERS,
    LONGEST_WAIT_S,
    Change,
    Door,
    InjectedDoor,
    NewId,
    Wait,
    check_accepted,
    door_of,
    etag,
    outcome_within,
    seen_revision,
    send,
    send_and_answer,
)
from fleet_app.ingest.drafts import RawBody
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.tenants import check_own, check_tenant, unknown
from fleet_app.records.api_key_change import ApiKeyChange
from fleet_app.stream.reads import LocalViews
from fleet_app.topics import API_KEY_CHANGES

MAX_BODY_BYTES: Final = 512 * 1024
"""The ids of the most devices take a quarter of it."""
DAY_S: Final = 86_400
LONGEST_OVERLAP_S: Final = 30 * DAY_S

Expiry = Annotated[int, Meta(ge=0, le=LATEST_TIME_MS)] | None


class KeyDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a key shall be.

    Attributes:
        name: What people call it.
        role: What its owner may do.
        tenant: Whose it is; without, the tenant of whoever makes it, and for one of all tenants all of them.
        devices: Of a device key, the ids of devices or vehicles whose positions it may send.
        expires_ms: From when on its secret is refused, ms since 1970; without, never.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    role: Role
    tenant: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    devices: Annotated[tuple[VehicleId, ...], Meta(min_length=1, max_length=MOST_DEVICES)] | None = None
    expires_ms: Expiry = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a key gets another secret.

    Attributes:
        overlap_s: How long the old secret is good beside the new one, seconds; 0 ends it at once.
        expires_ms: From when on the new secret is refused, ms since 1970; without, never.
    """

    overlap_s: Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP_S)] = DAY_S
    expires_ms: Expiry = None


T = TypeVar("T", KeyDraft, Rotation)


class HandedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its new secret, as its owner sends it. The secret is told this once."""

    key: Annotated[str, Meta(description="What its owner sends, as `Authorization: Bearer <key>`. Keep it safe.")]
    api_key: Annotated[ShownKey, Meta(description="What is kept of it.")]


class Keys(NamedTuple):
    """What handlers of keys work with, beside the door.

    Attributes:
        now: Returns the keys that there are.
        new_secret: Makes a secret that nobody can guess: at least 256 random bits, safe in a header.
        clock: Now, in seconds since 1970.
        longest_wait_s: How long an answer waits for what becomes of a key.
    """

    now: Callable[[], Keyring]
    new_secret: Callable[[], str]
    clock: Callable[[], float]
    longest_wait_s: float = LONGEST_WAIT_S

    def secret(self, text: str, expires_ms: int | None) -> Secret:
        """Return what is kept of a secret that is made now.

        Raises:
            ClientException: It would have expired already.
        """
        now_ms = int(self.clock() * 1000)
        if expires_ms is not None and expires_ms <= now_ms:
            raise ClientException(f"expires_ms {expires_ms} is not after now, {now_ms}; nothing was sent")
        return Secret(sha256=digest_of(text), created_ms=now_ms, expires_ms=expires_ms)


InjectedKeys = NamedDependency[SkipValidation[Keys]]
"""A handler's `keys` parameter."""


class _KeyBody(RawBody):
    documented = KeyDraft


class _RotationBody(RawBody):
    documented = Rotation


_NOT_CONFIRMED: Final = ResponseSpec(
    None,
    generate_examples=False,
    description="It was not confirmed in time: the key, or its new secret, may be there, and nobody was told it.",
)
_HANDED_OUT: Final[Mapping[int, ResponseSpec]] = {
    HTTPStatus.BAD_REQUEST: ANSWERS[HTTPStatus.BAD_REQUEST],
    HTTPStatus.FORBIDDEN: ANSWERS[HTTPStatus.FORBIDDEN],
    HTTPStatus.CONFLICT: ANSWERS[HTTPStatus.CONFLICT],
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ResponseSpec(
        None, generate_examples=False, description="The body is too large. Nothing was sent."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: _NOT_CONFIRMED,
}


@post(
    "/api/keys",
    opt=needs(Right.ADMINISTER),
    dto=_KeyBody,
    return_dto=None,
    request_max_body_size=MAX_BODY_BYTES,
    status_code=HTTPStatus.CREATED,
    operation_id="post_key",
    summary="Make an API key, and be told its secret once",
    description="The answer waits until this worker knows the key; the others follow within a second.",
    response_description="Made. `key` is told this once.",
    responses=_HANDED_OUT,
    raises=[],
)
async def post_key(
    door: InjectedDoor, keys: InjectedKeys, caller: InjectedCaller, data: JSONBody[bytes | None] = None
) -> Response[HandedOut]:
    """Send the change that makes it, and wait."""
    draft = _read(data or b"", KeyDraft)
    tenant = caller.tenant if draft.tenant is None else draft.tenant
    check_tenant(tenant, caller)
    secret = keys.new_secret()
    key = ApiKey(
        key_id=door.new_id(),
        name=draft.name,
        role=draft.role,
        tenant=tenant,
        devices=draft.devices,
        secrets=(keys.secret(secret, draft.expires_ms),),
    )
    fault = fault_of(key)
    if fault is not None:
        raise ClientException(f"the key cannot be used, nothing was sent: {fault}")
    request = Request(door.new_id(), 0, key, caller.tenant)
    made = await _hand_out(key, secret, request, door, limit_s=keys.longest_wait_s)
    return Response(made, headers={"ETag": etag(made.api_key.revision), "Location": f"/api/keys/{made.api_key.key_id}"})


@post(
    "/api/keys/{key_id:str}/rotate",
    opt=needs(Right.ADMINISTER),
    dto=_RotationBody,
    return_dto=None,
    request_max_body_size=MAX_BODY_BYTES,
    status_code=HTTPStatus.OK,
    operation_id="rotate_key",
    summary="Give an API key another secret, and be told it once",
    description="The newest secret before it stays good for `overlap_s`, any other ends at once.",
    response_description="It has another secret. `key` is told this once.",
    responses={
        **_HANDED_OUT,
        HTTPStatus.NOT_FOUND: ResponseSpec(None, generate_examples=False, description="There is no such key."),
    },
    raises=[],
)
async def rotate_key(
    door: InjectedDoor,
    keys: InjectedKeys,
    caller: InjectedCaller,
    key_id: FromPath[str],
    data: JSONBody[bytes | None] = None,
) -> Response[HandedOut]:
    """Send the change that gives it one, and wait."""
    rotation = _read(data or b"{}", Rotation)
    asked = _read_id(key_id)
    key = keys.now().get(asked)
    if key is None or not caller.sees(key.tenant):
        raise unknown(API_KEY_CHANGES, asked)
    secret = keys.new_secret()
    fresh = keys.secret(secret, rotation.expires_ms)
    after = rotated(key, fresh, overlap_ms=rotation.overlap_s * 1000)
    request = Request(door.new_id(), key.revision, after, caller.tenant)
    handed_out = await _hand_out(after, secret, request, door, limit_s=keys.longest_wait_s)
    return Response(handed_out, headers={"ETag": etag(handed_out.api_key.revision)})


@delete(
    "/api/keys/{key_id:str}",
    opt=needs(Right.ADMINISTER),
    status_code=HTTPStatus.ACCEPTED,
    operation_id="delete_key",
    summary="Revoke an API key",
    description="It is refused from then on, within a second at every worker. With `If-Match`, only if that is still "
    "the revision there is.",
    responses={
        **ANSWERS,
        HTTPStatus.NO_CONTENT: ResponseSpec(
            None, generate_examples=False, description="Revoked, or not there in the first place."
        ),
    },
    raises=[],
)
async def delete_key(
    request: HttpRequest[Any, Any, Any],
    door: InjectedDoor,
    caller: InjectedCaller,
    key_id: FromPath[str],
    *,
    wait: Wait = False,
) -> Response[Any]:
    """Send the change that revokes it."""
    key = _read_id(key_id)
    check_own(API_KEY_CHANGES, key, caller, door.outcomes)
    change = _change(key, Request(door.new_id(), seen_revision(request), None, caller.tenant))
    return await send_and_answer(change, door.sender, door.outcomes, wait=wait)


def keys_router(sender: Sender, new_id: NewId, keys: Keys) -> Router:
    """Return the routes that send changes of keys to `sender`; `new_id` makes the ids of keys and changes."""
    return Router(
        "/",
        route_handlers=[post_key, rotate_key, delete_key],
        dependencies={
            "door": door_of(sender, new_id),
            "keys": Provide(lambda: keys, sync_to_thread=False),
        },
        tags=["access"],
    )


def keyring_now(views: LocalViews) -> Keyring:
    """Return all keys as this worker knows them.

    Raises:
        ApiError: 503, they have not been read yet.
    """
    if not views.is_whole(API_KEYS):
        raise unavailable(Code.NOT_RUNNING, "this worker has not read the API keys yet: nothing was done, ask again")
    return views.now(API_KEYS)


async def _hand_out(key: ApiKey, secret: str, request: Request[ApiKey], door: Door, *, limit_s: float) -> HandedOut:
    """Put a key in its place, and return it with its secret once this worker knows it.

    Raises:
        ApiError: 404, it is not the caller's; 503, Kafka or the agent did not confirm it in time.
        HTTPException: 409, it was changed meanwhile.
    """
    change = _change(key.key_id, request)
    (taken,) = await send([change], door.sender)
    outcome = await outcome_within(change, taken.offset, door.outcomes, limit_s=limit_s)
    if outcome is None:
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, Code.NOT_CONFIRMED, _in_doubt(key))
    check_accepted(change, outcome)
    shown = msgspec.structs.replace(shown_key(key), revision=outcome.revision)
    return HandedOut(key=token_of(key.key_id, secret), api_key=shown)


def _in_doubt(key: ApiKey) -> str:
    if key.revision == 0:
        return (
            f"API key {key.key_id!r} may exist: that was not confirmed in time, and its secret is lost. Revoke it, "
            "then make another"
        )
    return f"API key {key.key_id!r} may have another secret: that was not confirmed in time. Rotate it once more"


def _read(body: bytes, kind: type[T]) -> T:
    """Return what a body says.

    Raises:
        ClientException: It cannot be used; the message names the field and the rule.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException(f"the body cannot be used, nothing was sent: {error}") from error


def _read_id(segment: str) -> str:
    """Return the id behind one percent-encoded segment of a path."""
    try:
        key_id: str = msgspec.convert(unquote(segment, errors="strict"), KeyId)
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ClientException(f"{segment!r} in the path is no key's id: {error}") from error
    return key_id


def _change(key_id: str, request: Request[ApiKey]) -> Change[ApiKey]:
    record = ApiKeyChange(
        request_id=request.request_id,
        seen_revision=request.seen_revision,
        api_key=request.value,
        tenant=request.tenant,
    )
    return Change(topic=API_KEY_CHANGES, key=key_id, request=request, record=msgspec.json.encode(record))
