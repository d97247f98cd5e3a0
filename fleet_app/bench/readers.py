"""Clients that read by key over connections that stay open, one request after another, at little cost of their own.

A process serves all of its connections from one loop over `epoll`: what a client library does beside that would be
measured as if it were the worker's.
"""

import itertools
import selectors
import socket
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final
from urllib.parse import urlsplit

import msgspec

from fleet_app.bench.crew import Between, Crew, crew
from fleet_app.errors import WorkerError

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_OK: Final = b"HTTP/1.1 200 "
_RECEIVED_AT_ONCE: Final = 65_536
_ANSWERS_WITHIN_S: Final = 30.0


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection asks for, again and again.

    Attributes:
        url: The worker that is asked.
        paths: In turns.
    """

    url: str
    paths: tuple[str, ...]


class Reads(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of readers saw: for each answer when it was asked for and how long it took; and its own cost.

    Attributes:
        asked_s: By the wall clock.
        took_ms: Until the last byte of the answer was there.
        refused: Answers with a status other than 200.
        cpu_s: Processor time of the process while it read.
    """

    asked_s: list[float]
    took_ms: list[float]
    refused: int
    cpu_s: float


class _Client:
    """One connection: a request out, its answer in, the next request."""

    def __init__(self, asking: Asking, connections: ExitStack) -> None:
        parts = urlsplit(asking.url)
        assert parts.hostname is not None  # noqa: S101 - a worker's own URL
        address = parts.hostname, parts.port or 80
        self.socket = connections.enter_context(socket.create_connection(address, timeout=_ANSWERS_WITHIN_S))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = itertools.cycle(
            [f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode() for path in asking.paths]
        )
        self._received = b""
        self.asked_s = 0.0

    def ask(self) -> None:
        self._received = b""
        self.asked_s = time.time()
        self.socket.sendall(next(self._requests))

    def hear(self) -> bytes | None:
        """Return the status line of the answer under way once it is whole."""
        part = self.socket.recv(_RECEIVED_AT_ONCE)
        if not part:
            raise WorkerError("a worker has closed the connection of a reader")
        self._received += part
        return status_of(self._received)


def status_of(received: bytes) -> bytes | None:
    """Return the status line of an answer if all of it was received; a part of an answer gives None."""
    head_ends = received.find(_END_OF_HEAD)
    if head_ends < 0:
        return None
    head = received[:head_ends].lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(received) < head_ends + len(_END_OF_HEAD) + length:
        return None
    return received.split(b"\r\n", 1)[0]


def read_between(askings: Sequence[Asking], wait_for_times: Callable[[], Between]) -> Reads:
    """Read over one connection for each of `askings`, between two moments that are asked for first.

    A worker does not keep a connection for long that asks for nothing.

    Raises:
        WorkerError: A worker closes a connection, or does not answer.
    """
    between = wait_for_times()
    between.wait()
    with ExitStack() as connections:
        return _read_with([_Client(asking, connections) for asking in askings], between)


def _read_with(clients: Sequence[_Client], between: Between) -> Reads:
    asked_s, took_ms = array("d"), array("d")
    refused = 0
    began_cpu_s = time.process_time()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        while time.time() < between.until_s:
            ready = selector.select(_ANSWERS_WITHIN_S)
            if not ready:
                raise WorkerError(f"no worker has answered a reader for {_ANSWERS_WITHIN_S:g} s")
            for key, _ in ready:
                client = key.data
                status = client.hear()
                if status is None:
                    continue
                asked_s.append(client.asked_s)
                took_ms.append((time.time() - client.asked_s) * 1_000)
                refused += not status.startswith(_OK)
                client.ask()
    return Reads(
        asked_s=asked_s.tolist(),
        took_ms=took_ms.tolist(),
        refused=refused,
        cpu_s=time.process_time() - began_cpu_s,
    )


@contextmanager
def readers(shares: Sequence[Sequence[Asking]]) -> Iterator[Crew[Sequence[Asking], Reads]]:
    """Give readers, a process for each share."""
    with crew(read_between, shares, Reads) as reading:
        yield reading
