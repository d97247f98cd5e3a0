"""What every request passes before it is routed: who asks, under which name, and what its answer carries.

It stands around the whole application, so that it also sees requests that no route matches.
"""

import hmac
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send, WebSocketScope

from fleet_app.domain.access.caller import LOCAL
from fleet_app.http.problems import CONTENT_TYPE, ApiError, Code, headers_for, shown
from fleet_app.metrics import HTTP_REQUESTS, HTTP_SECONDS
from fleet_app.settings import is_loopback

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_RAW_SECURITY_HEADERS: Final = [
    (name.lower().encode(), value.encode())
    for name, value in (*SECURITY_HEADERS.items(), ("Cache-Control", "no-store"))
]
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COUNTED_METHODS: Final = frozenset({*_SAFE_METHODS, "POST", "PUT", "PATCH", "DELETE"})
_UNROUTED: Final = "(none)"


class Gate:
    """ASGI application around another: authentication, host check, security headers, metrics.

    With a key, every request outside `open_paths` must carry it. Without one the worker listens on loopback only,
    and what remains is a web page on the same machine that talks to it behind its user's back: so the Host header
    must name this machine (else a foreign name was made to point here), and a page may change something only from
    the worker's own origin.

    Args:
        app: The application inside.
        api_key: The bearer token, or None.
        own_url: The worker's advertised URL, whose host is accepted beside loopback names.
        open_paths: Paths served without the key.
    """

    def __init__(self, app: ASGIApp, *, api_key: str | None, own_url: str, open_paths: frozenset[str]) -> None:
        self._app = app
        self._expected = None if api_key is None else f"Bearer {api_key}".encode()
        self._own_host = urlsplit(own_url).hostname
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._websocket(scope, receive, send)
        if scope["type"] != ScopeType.HTTP:
            return
        answer = _Answer(scope, send)
        started_s = time.perf_counter()
        # Routed as it was sent, still percent-encoded: `%2F` in a key is not a slash of the path.
        scope["path"] = scope["raw_path"].decode("latin-1")
        try:
            self._check(scope)
            scope["auth"] = LOCAL
        except ApiError as error:
            await _refuse(error, answer)
        else:
            await self._app(scope, receive, answer)
        finally:
            answer.count(time.perf_counter() - started_s)

    async def _websocket(self, scope: WebSocketScope, receive: Receive, send: Send) -> None:
        scope["path"] = scope["raw_path"].decode("latin-1")
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        try:
            if self._expected is not None:
                self._check_key(scope["path"], headers.get(b"authorization", b""))
            else:
                self._check_host(host)
            _check_origin(headers.get(b"origin", b"").decode("latin-1"), host)
        except ApiError:
            # Before it was accepted, a close is an answer with status 403.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        scope["auth"] = LOCAL
        await self._app(scope, receive, send)

    def _check(self, scope: HTTPScope) -> None:
        headers = dict(scope["headers"])
        if self._expected is not None:
            self._check_key(scope["path"], headers.get(b"authorization", b""))
            return
        host = headers.get(b"host", b"").decode("latin-1")
        self._check_host(host)
        if scope["method"] not in _SAFE_METHODS:
            _check_origin(headers.get(b"origin", b"").decode("latin-1"), host)

    def _check_key(self, path: str, given: bytes) -> None:
        assert self._expected is not None  # noqa: S101 - the caller looked
        if path in self._open_paths or hmac.compare_digest(given, self._expected):
            return
        raise ApiError(
            HTTPStatus.UNAUTHORIZED, Code.UNAUTHORIZED, "send the header `Authorization: Bearer <FLEET_API_KEY>`"
        )

    def _check_host(self, host: str) -> None:
        name = _host_name(host)
        if name is not None and (is_loopback(name) or name == self._own_host):
            return
        raise ApiError(
            HTTPStatus.MISDIRECTED_REQUEST,
            Code.WRONG_HOST,
            f"this worker answers to localhost, not to {shown(host)}; to be reached by another name it needs "
            "FLEET_API_KEY, or that name in FLEET_ADVERTISED_URL",
        )


def _check_origin(origin: str, host: str) -> None:
    """Refuse a change that a browser sends for a page of another origin; other clients send no Origin."""
    if origin in ("", f"http://{host}", f"https://{host}"):
        return
    raise ApiError(
        HTTPStatus.FORBIDDEN, Code.FORBIDDEN, f"a page of {shown(origin)} may not change anything here without a key"
    )


def _host_name(host: str) -> str | None:
    """Return the name in a Host header, or None if it is not one."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


async def _refuse(error: ApiError, send: Send) -> None:
    problem = error.problem
    body = msgspec.json.encode(problem)
    headers = [(name.lower().encode(), value.encode()) for name, value in headers_for(problem).items()]
    headers += [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class _Answer:
    """A send that puts the security headers on the answer and remembers its status."""

    def __init__(self, scope: HTTPScope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._status = HTTPStatus.INTERNAL_SERVER_ERROR.value

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            present = {name for name, _ in message["headers"]}
            missing = [header for header in _RAW_SECURITY_HEADERS if header[0] not in present]
            message["headers"] = [*message["headers"], *missing]
        await self._send(message)

    def count(self, seconds: float) -> None:
        """Count the request under its route's template; hostile paths and methods do not become labels."""
        route = self._scope.get("path_template") or _UNROUTED
        asked = str(self._scope["method"])
        method = asked if asked in _COUNTED_METHODS else "other"
        HTTP_REQUESTS.labels(method, route, str(self._status)).inc()
        HTTP_SECONDS.labels(route).observe(seconds)
