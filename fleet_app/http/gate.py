"""What every request passes before it is routed: who asks, under which name, and what its answer carries.

It stands around the whole application, so that it also sees requests that no route matches.
"""

import time
from collections.abc import Container
from typing import Final

import msgspec
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
    WebSocketScope,
)

from fleet_app.domain.access.caller import Caller
from fleet_app.http.audit import Audit
from fleet_app.http.authentication import Authentication
from fleet_app.http.head import SAFE_METHODS, Head, head_of
from fleet_app.http.headers import AnswerHeaders, RawHeaders, raw
from fleet_app.http.lasting import RECHECK_S, Sending, Welcome
from fleet_app.http.origins import Origins
from fleet_app.http.problems import CONTENT_TYPE, ApiError, bad_request
from fleet_app.http.workers import WORKERS_OWN
from fleet_app.metrics import HTTP_REQUESTS, HTTP_SECONDS

_COUNTED_METHODS: Final = frozenset({*SAFE_METHODS, "POST", "PUT", "PATCH", "DELETE"})
_UNROUTED: Final = "(none)"
_CAN_ANSWER: Final = "websocket.http.response"


class Gate:
    """ASGI application around another: authentication, origin and host, audit, answers' headers, metrics.

    Args:
        app: The application inside.
        authentication: Finds out who asks.
        origins: Tells own pages from others.
        headers: Completes answers.
        audit: Keeps who changed what.
        open_paths: Paths served to anybody.
        recheck_s: How long a caller is believed to be who it was, where an answer lasts.
    """

    def __init__(  # noqa: PLR0913 - one per part that meets here
        self,
        app: ASGIApp,
        *,
        authentication: Authentication,
        origins: Origins,
        headers: AnswerHeaders,
        audit: Audit,
        open_paths: Container[str],
        recheck_s: float = RECHECK_S,
    ) -> None:
        self._app = app
        self._authentication = authentication
        self._origins = origins
        self._headers = headers
        self._audit = audit
        self._open_paths = open_paths
        self._recheck_s = recheck_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] == ScopeType.HTTP:
            await self._http(scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            await self._websocket(scope, receive, send)

    async def _http(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        answer = _Answer(scope, send, self._headers, self._audit)
        started_s = time.perf_counter()
        try:
            _route_as_sent(scope)
            answer.head = head = head_of(scope)
            preflight = self._headers.preflight(head)
            sending = answer if preflight is not None else self._admit(scope, head, answer)
        except ApiError as error:
            await _refuse(error, answer, "http.response")
        else:
            if preflight is None:
                await self._app(scope, _Body(receive), sending)
            else:
                await _answer(204, preflight, b"", answer, "http.response")
        finally:
            answer.count(time.perf_counter() - started_s)

    def _admit(self, scope: HTTPScope | WebSocketScope, head: Head, send: Send) -> Send:
        """Put into the scope who asks; return how to answer for as long as it is the same.

        Raises:
            ApiError: Nobody who may.
        """
        if head.path in self._open_paths:
            self._authentication.admit(head)
            return send
        caller = self._authentication.identify(head)
        scope["auth"] = caller
        _take_from_workers_alone(scope, caller)
        return Sending(send, Welcome(self._authentication, head, caller, self._recheck_s))

    async def _websocket(self, scope: WebSocketScope, receive: Receive, send: Send) -> None:
        try:
            _route_as_sent(scope)
            head = head_of(scope)
            # A page of any origin can open a WebSocket, and the browser sends the cookie along.
            self._origins.check(head)
            sending = self._admit(scope, head, send)
        except ApiError as error:
            await _refuse_websocket(error, scope, send)
        else:
            await self._app(scope, receive, sending)


def _route_as_sent(scope: HTTPScope | WebSocketScope) -> None:
    """Route by the path as it was sent, still percent-encoded: `%2F` in a key is not a slash of the path."""
    scope["path"] = scope["raw_path"].decode("latin-1")


def _take_from_workers_alone(scope: HTTPScope | WebSocketScope, caller: Caller) -> None:
    """Drop the headers by which workers tell each other things, where no worker sent them."""
    if not caller.is_worker:
        scope["headers"] = [header for header in scope["headers"] if header[0] not in WORKERS_OWN]


async def _refuse(error: ApiError, send: Send, kind: str) -> None:
    headers = {**error.headers, "Content-Type": CONTENT_TYPE}
    await _answer(error.problem.status, raw(headers.items()), msgspec.json.encode(error.problem), send, kind)


async def _answer(status: int, headers: RawHeaders, body: bytes, send: Send, kind: str) -> None:
    sized = headers if status == 204 else [*headers, (b"content-length", str(len(body)).encode())]  # noqa: PLR2004 - no content
    await send({"type": f"{kind}.start", "status": status, "headers": sized})  # type: ignore[misc, arg-type] # of two kinds
    await send({"type": f"{kind}.body", "body": body, "more_body": False})  # type: ignore[misc, arg-type] # of two kinds


async def _refuse_websocket(error: ApiError, scope: WebSocketScope, send: Send) -> None:
    """Refuse before the WebSocket is accepted: with the answer that HTTP has for it, where the server can send one."""
    if _CAN_ANSWER in (scope.get("extensions") or {}):
        await _refuse(error, send, _CAN_ANSWER)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})


class _Body:
    """A receive that takes a client which goes away in the middle of its request for what it is: no defect."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_whole = False

    async def __call__(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        message = await self._receive()
        if message["type"] == "http.request":
            self._is_whole = not message["more_body"]
        elif message["type"] == "http.disconnect" and not self._is_whole:
            raise bad_request("the client has gone before its request was whole")
        return message


class _Answer:
    """A send that audits the request, completes the answer's headers, and remembers its status."""

    def __init__(self, scope: HTTPScope, send: Send, headers: AnswerHeaders, audit: Audit) -> None:
        self.head: Head | None = None
        self._scope = scope
        self._send = send
        self._headers = headers
        self._audit = audit
        self._status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            given = list(message["headers"])
            allowed = [] if self.head is None else self._headers.for_origin(self.head)
            message["headers"] = [*given, *self._headers.missing(given), *allowed]
            if self.head is not None:
                await self._audit.answered(self._scope, self.head, self._status)
        await self._send(message)

    def count(self, seconds: float) -> None:
        """Count the request under its route's template; hostile paths and methods do not become labels."""
        route = self._scope.get("path_template") or _UNROUTED
        asked = str(self._scope["method"])
        method = asked if asked in _COUNTED_METHODS else "other"
        HTTP_REQUESTS.labels(method, route, str(self._status)).inc()
        HTTP_SECONDS.labels(route).observe(seconds)
