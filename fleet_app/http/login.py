"""Logging in and out, and who one is: `POST /login`, `POST /logout`, `GET /api/session`.

The form of `/login` works without a script: it is answered by going on to where the user wanted to, or back to the form
with a fragment that makes it say what is wrong. Programs send JSON and get a status.
"""

from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta

from fleet_app.domain.access.rights import Right, Role
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import answers
from fleet_app.http.audit import Author, author, set_author
from fleet_app.http.authentication import Authentication, WrongCredentialsError
from fleet_app.http.head import head_of
from fleet_app.http.problems import ApiError, Code, bad_request
from fleet_app.http.sessions import set_cookie

PAGE: Final = "/login"
HOME: Final = "/"
_MAX_BODY_BYTES: Final = 16_384
_FORM: Final = "application/x-www-form-urlencoded"
_WRONG: Final = "wrong"
FRAGMENTS: Final = {Code.TOO_MANY_FAILURES: "later", Code.NOT_RUNNING: "starting", Code.FORBIDDEN: "forbidden"}
"""What the form says, by what kept its user out; the page has an element of each name, and one `wrong`."""

AnyRequest = Request[Any, Any, Any]
Next = Annotated[
    str, QueryParameter(name="next", description="Where to go on to after the form, if it is a path of this worker.")
]


class LoginDesk(msgspec.Struct, frozen=True):
    """What handlers of sessions work with: who proves keys, and whether cookies travel over TLS alone."""

    authentication: Authentication
    is_https: bool


InjectedDesk = NamedDependency[SkipValidation[LoginDesk]]
"""A handler's `desk` parameter."""


def desk_of(authentication: Authentication, *, is_https: bool) -> Provide:
    """Return what gives handlers their `desk`."""
    desk = LoginDesk(authentication, is_https)
    return Provide(lambda: desk, sync_to_thread=False)


class Credentials(msgspec.Struct, frozen=True):
    """The body of a login."""

    key: str


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and, of a session, what else its pages need."""

    name: Annotated[str, Meta(description="The key's id, or `operator`; `local` where nobody is asked for a key.")]
    role: Role
    tenant: Annotated[str | None, Meta(description="Whose vehicles are seen; null for all tenants'.")]
    expires_ms: Annotated[int | None, Meta(description="When the session ends; null without one.")]
    csrf_token: Annotated[
        str | None, Meta(description="What changes send along in `Fleet-CSRF`; null without a session.")
    ]


@get(
    "/api/session",
    tags=["access"],
    opt=needs(Right.SEE),
    operation_id="get_session",
    summary="Who am I?",
    responses=answers(SessionView),
)
async def get_session(request: AnyRequest, caller: InjectedCaller, desk: InjectedDesk) -> SessionView:
    """Return who asks: by key, by session, or, where no key is asked for, as everybody."""
    session = desk.authentication.session(head_of(request.scope))
    return SessionView(
        name=caller.name,
        role=caller.role,
        tenant=caller.tenant,
        expires_ms=None if session is None else session.expires_ms,
        csrf_token=None if session is None else session.csrf_token,
    )


@post(
    PAGE,
    opt=needs(Right.OPEN),
    status_code=HTTPStatus.NO_CONTENT,
    request_max_body_size=_MAX_BODY_BYTES,
    include_in_schema=False,
)
async def log_in(request: AnyRequest, desk: InjectedDesk, go_to: Next = HOME) -> Response[None]:
    """Begin a session with a key: `{"key": "…"}`, or a form with the field `key`."""
    is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    body = await request.body()
    if not is_form:
        return Response(None, status_code=HTTPStatus.NO_CONTENT, headers=_begin(request, desk, _key_in_json(body)))
    try:
        cookie = _begin(request, desk, _key_in_form(body))
    except ApiError as error:
        fragment = FRAGMENTS.get(error.problem.code, _WRONG)
        return _go_to(f"{PAGE}?{urlencode({'next': go_to})}#{fragment}", {})
    return _go_to(go_to if _is_local(go_to) else HOME, cookie)


@post("/logout", opt=needs(Right.OPEN), status_code=HTTPStatus.SEE_OTHER, include_in_schema=False)
async def log_out(desk: InjectedDesk) -> Response[None]:
    """End the browser's session, and show the form again."""
    return _go_to(PAGE, {"Set-Cookie": set_cookie("", lifetime_s=0, is_secure=desk.is_https)})


def _begin(request: AnyRequest, desk: LoginDesk, key: str) -> dict[str, str]:
    """Return the header that begins a session; the attempt goes into the audit, whatever comes of it."""
    try:
        login = desk.authentication.log_in(head_of(request.scope), key)
    except WrongCredentialsError as error:
        set_author(request.scope, Author(error.tried, status=HTTPStatus.UNAUTHORIZED))
        raise
    caller = login.caller
    set_author(request.scope, author(caller))
    if not caller.may(Right.SEE):
        set_author(request.scope, Author(caller.name, caller.role, caller.tenant, HTTPStatus.FORBIDDEN))
        raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, f"{caller.name!r} is a {caller.role} key: it sees nothing")
    return {"Set-Cookie": set_cookie(login.cookie, lifetime_s=login.lifetime_s, is_secure=desk.is_https)}


def _key_in_json(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Credentials).key
    except msgspec.DecodeError as error:
        raise bad_request(f'the body is not {{"key": "<key>"}}: {error}') from error


def _key_in_form(body: bytes) -> str:
    """Return the field `key`; empty, which is no key, where there is none."""
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return fields.get("key", [""])[0]


def _go_to(place: str, headers: dict[str, str]) -> Response[None]:
    return Response(None, status_code=HTTPStatus.SEE_OTHER, headers={"Location": place, **headers})


def _is_local(place: str) -> bool:
    """Return whether a redirect leads to this worker; to browsers, `//` and a backslash mean another."""
    return place.isascii() and place.isprintable() and place.startswith("/") and not place.startswith(("//", "/\\"))


HANDLERS: Final = (get_session, log_in, log_out)
