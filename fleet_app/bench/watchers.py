"""Clients of the live feed, many to a process, that cost little themselves: bytes are counted, few frames are read.

The WebSocket protocol is spoken by hand, without a library: a server's frames are not masked, so that a client has
nothing to do but to find where each ends.
"""

import contextlib
import os
import selectors
import socket
import struct
import time
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from fleet_app.bench.crew import Between, Crew, crew
from fleet_app.errors import WorkerError

_END_OF_HEAD: Final = b"\r\n\r\n"
_SWITCHED: Final = b"HTTP/1.1 101 "
_RECEIVED_AT_ONCE: Final = 262_144
_CONNECTS_WITHIN_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.1

_BINARY: Final = 0x2
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG_UNMASKED: Final = b"\x8a\x80\x00\x00\x00\x00"
"""A pong without a payload, masked with zeros."""
_SHORT: Final = 125
_TWO_BYTES: Final = 126

# A packed frame, as docs/live.md has it byte by byte.
_HEADER: Final = struct.Struct("<BBBxIqII")
_CHUNK: Final = struct.Struct("<IIIIIxxxxq")
_RESET: Final = 1


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """What one client wants.

    Attributes:
        url: The worker.
        query: Of `/live`.
        times: Whether every vehicle in its frames is looked at, to say how old it is.
    """

    url: str
    query: str
    times: bool


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one client saw while it was measured.

    Attributes:
        query: What it wanted.
        frames: Messages, heartbeats included.
        bytes: Of all of them.
        seen_s: When each newer position was seen that it looked at, by the wall clock.
        age_ms: How old that was: since it was due to be sent.
        went_back: Vehicles shown at an earlier time than before.
    """

    query: str
    frames: int
    bytes: int
    seen_s: list[float]
    age_ms: list[float]
    went_back: int


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the clients of a process saw, and what they cost."""

    seen: list[Seen]
    cpu_s: float


class Told(NamedTuple):
    """A vehicle in a frame: the number that stands for it, and its time, ms since 1970."""

    number: int
    time_ms: int


def told(frame: bytes) -> Iterator[Told]:
    """Yield the vehicles of a packed frame."""
    *_, gone, token_bytes = _HEADER.unpack_from(frame)
    at = _HEADER.size + token_bytes + -token_bytes % 8 + 8 * gone
    while at < len(frame):
        size, rows, _names, _name_bytes, _detail_bytes, base_ms = _CHUNK.unpack_from(frame, at)
        columns = at + _CHUNK.size
        numbers = struct.unpack_from(f"<{rows}Q", frame, columns)
        times_ms = struct.unpack_from(f"<{rows}i", frame, columns + rows * (8 + 4 + 4))
        yield from (Told(number, base_ms + time_ms) for number, time_ms in zip(numbers, times_ms, strict=True))
        at += size


class _Client:
    """One connection."""

    def __init__(self, watching: Watching, connections: contextlib.ExitStack) -> None:
        self._watching = watching
        self.socket = connections.enter_context(shake_hands(watching))
        self._received = bytearray()
        self._newest_ms: dict[int, int] = {}
        self._frames = self._bytes = self._went_back = 0
        self._seen_s, self._age_ms = array("d"), array("d")
        self._is_measured = False

    def begin(self) -> None:
        """Measure from now on."""
        self._is_measured = True

    def read(self) -> None:
        """Take what has come."""
        part = self.socket.recv(_RECEIVED_AT_ONCE)
        now_s = time.time()
        if not part:
            raise WorkerError("a worker has closed the connection of a watcher")
        self._received += part
        while (message := take_message(self._received)) is not None:
            self._take(*message, now_s)

    def _take(self, opcode: int, payload: bytes, now_s: float) -> None:
        if opcode == _PING:
            self.socket.sendall(_PONG_UNMASKED)
        if opcode == _CLOSE:
            raise WorkerError(f"a worker ends the feed of a watcher: {payload[2:].decode(errors='replace')}")
        if opcode != _BINARY:
            return
        if self._is_measured:
            self._frames += 1
            self._bytes += len(payload)
        if self._watching.times:
            self._look(payload, now_s)

    def _look(self, frame: bytes, now_s: float) -> None:
        newest_ms = self._newest_ms
        for number, time_ms in told(frame):
            before_ms = newest_ms.get(number, 0)
            self._went_back += time_ms < before_ms
            newest_ms[number] = time_ms
            if self._is_measured and 0 < before_ms < time_ms:
                self._seen_s.append(now_s)
                self._age_ms.append(now_s * 1_000 - time_ms)

    def seen(self) -> Seen:
        """Return what it saw."""
        return Seen(
            query=self._watching.query,
            frames=self._frames,
            bytes=self._bytes,
            seen_s=self._seen_s.tolist(),
            age_ms=self._age_ms.tolist(),
            went_back=self._went_back,
        )


def shake_hands(watching: Watching) -> socket.socket:
    """Return a connection to the feed.

    Raises:
        WorkerError: The worker refuses.
    """
    parts = urlsplit(watching.url)
    assert parts.hostname is not None  # noqa: S101 - a worker's own URL
    key = b64encode(os.urandom(16)).decode()
    request = (
        f"GET /live?{watching.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with contextlib.ExitStack() as undo:
        address = parts.hostname, parts.port or 80
        connection = undo.enter_context(socket.create_connection(address, timeout=_CONNECTS_WITHIN_S))
        connection.sendall(request.encode())
        head = b""
        # Byte by byte, for what follows the head is the first frame's.
        while not head.endswith(_END_OF_HEAD) and (byte := connection.recv(1)):
            head += byte
        if not head.startswith(_SWITCHED):
            raise WorkerError(f"{watching.url} refuses /live?{watching.query}: {head[:200]!r}")
        undo.pop_all()
        return connection


def take_message(received: bytearray) -> tuple[int, bytes] | None:
    """Take the first message off what was received and return its kind and payload; None if it is not whole."""
    if len(received) < 2:  # noqa: PLR2004 - the shortest head
        return None
    opcode, length = received[0] & 0x0F, received[1] & 0x7F
    head = 2
    if length > _SHORT:
        head = 4 if length == _TWO_BYTES else 10
        if len(received) < head:
            return None
        length = int.from_bytes(received[2:head], "big")
    if len(received) < head + length:
        return None
    payload = bytes(received[head : head + length])
    del received[: head + length]
    return opcode, payload


def watch_between(watchings: Sequence[Watching], wait_for_times: Callable[[], Between]) -> Watched:
    """Watch over one connection for each of `watchings`, and note what is seen between two moments.

    These are asked for once all are connected; what comes meanwhile, snapshots above all, is taken afterwards.

    Raises:
        WorkerError: The worker refuses, or ends a connection.
    """
    with contextlib.ExitStack() as connections:
        clients = [_Client(watching, connections) for watching in watchings]
        return _watch_with(clients, wait_for_times())


def _watch_with(clients: Sequence[_Client], between: Between) -> Watched:
    began_cpu_s: float | None = None
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while (now_s := time.time()) < between.until_s:
            if began_cpu_s is None and now_s >= between.begins_s:
                began_cpu_s = time.process_time()
                for client in clients:
                    client.begin()
            for key, _ in selector.select(_LOOKS_EVERY_S):
                key.data.read()
    cpu_s = time.process_time() - (began_cpu_s or 0.0)
    return Watched(seen=[client.seen() for client in clients], cpu_s=cpu_s)


@contextlib.contextmanager
def watchers(shares: Sequence[Sequence[Watching]]) -> Iterator[Crew[Sequence[Watching], Watched]]:
    """Give watchers, a process for each share."""
    with crew(watch_between, shares, Watched) as watching:
        yield watching
