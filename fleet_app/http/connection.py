"""One client's connection, as uvicorn speaks HTTP with httptools, within limits that uvicorn does not have.

Slow clients, endless heads and crowds cost memory and sockets before anybody has asked who sends them.
"""

import asyncio
import time
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from fleet_app.http.problems import CONTENT_TYPE, RETRY_AFTER_S, Code, Problem

MAX_HEAD_BYTES: Final = 65_536
MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 16
"""How many requests may be sent ahead of their answers."""
MAX_UNREAD_BYTES: Final = 1_048_576
"""How much of a body is thrown away after its request was answered, so that the client gets to read the answer."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may take, and how many connections there may be.

    Attributes:
        head_s: From a connection's beginning, or from the first byte of a later request, to the end of its headers.
        body_s: From there to the end of the body; longer as long as it comes faster than `body_bytes_per_s`.
        body_bytes_per_s: See there.
        connections: Open connections in all.
        connections_per_address: Open connections of one IP address.
    """

    head_s: float = 10.0
    body_s: float = 30.0
    body_bytes_per_s: int = 1_000
    connections: int = 4_096
    connections_per_address: int = 1_024


class LimitedConfig(uvicorn.Config):
    """Uvicorn's configuration, with limits."""

    limits: Limits = Limits()


class _Phase(Enum):
    """What the server waits for."""

    HEAD = auto()
    """A request, or the rest of its headers."""
    BODY = auto()
    """The rest of a request's body."""
    NOTHING = auto()
    """The request is whole; how long the connection is kept without another, uvicorn counts."""


class _RefusedError(Exception):
    """Ends the parsing of a request."""


class Connection(HttpToolsProtocol):
    """An HTTP connection that closes on clients that take too long, and takes in no head of any size."""

    config: LimitedConfig

    def __init__(
        self,
        config: LimitedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._await(_Phase.HEAD)
        self._head_bytes = 0
        self._unfinished_bytes = 0
        self._body_bytes = 0
        self._unread_bytes = 0
        self._refusal = HTTPStatus.BAD_REQUEST

    def close_if_overdue(self, now_s: float) -> None:
        """Close the connection if its client takes too long; now as `time.monotonic` tells it."""
        limits = self.config.limits
        allowed_s = {
            _Phase.HEAD: limits.head_s,
            _Phase.BODY: limits.body_s + self._body_bytes / limits.body_bytes_per_s,
            _Phase.NOTHING: float("inf"),
        }
        if now_s - self._since_s > allowed_s[self._phase]:
            self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin; refuse at once where there are too many."""
        super().connection_made(transport)
        limits = self.config.limits
        address = _address_of(self)
        neighbours = sum(1 for each in self.connections if _address_of(each) == address)
        if len(self.connections) > limits.connections or neighbours > limits.connections_per_address:
            self._answer_and_close(HTTPStatus.SERVICE_UNAVAILABLE, Code.UNAVAILABLE, "too many open connections")

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        if self._phase is _Phase.NOTHING:
            self._await(_Phase.HEAD)
        super().data_received(data)
        # Of a header that goes on and on, the parser tells nothing before it ends.
        self._unfinished_bytes = self._unfinished_bytes + len(data) if self._phase is _Phase.HEAD else 0
        if self._unfinished_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._await(_Phase.HEAD)
        self._head_bytes = 0
        self._body_bytes = 0
        self._unread_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take in a part of the target."""
        self._count_head(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header."""
        self._count_head(name + value)
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        """Hand the request over; its body may follow."""
        if len(self.pipeline) >= MAX_PIPELINED:
            raise _RefusedError
        self._await(_Phase.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take in a part of the body; throw it away, up to a point, where nobody reads it any more."""
        self._body_bytes += len(body)
        super().on_body(body)
        if self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > MAX_UNREAD_BYTES:
                self.transport.close()

    def on_message_complete(self) -> None:
        """End a request."""
        super().on_message_complete()
        self._await(_Phase.NOTHING)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse what is no request, or too much of one."""
        details = {
            HTTPStatus.BAD_REQUEST: "this is not HTTP/1.1 as RFC 9112 has it, or too many requests ahead of answers",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"more than {MAX_HEADERS} headers, or {MAX_HEAD_BYTES} bytes",
        }
        self._answer_and_close(self._refusal, Code.BAD_REQUEST, details[self._refusal])

    def _await(self, phase: _Phase) -> None:
        self._phase = phase
        self._since_s = time.monotonic()

    def _count_head(self, part: bytes) -> None:
        self._head_bytes += len(part)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()

    def _refuse_head(self) -> None:
        self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise _RefusedError

    def _answer_and_close(self, status: HTTPStatus, code: Code, detail: str) -> None:
        problem = Problem(title=status.phrase, status=status.value, detail=detail, code=code)
        body = msgspec.json.encode(problem)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {CONTENT_TYPE}\r\n"
            f"content-length: {len(body)}\r\nretry-after: {RETRY_AFTER_S}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def _address_of(connection: object) -> str | None:
    """Return the IP address of a connection's other end, if it is still there."""
    if isinstance(connection, Connection | WebSocketsSansIOProtocol) and connection.client is not None:
        return connection.client[0]
    return None
