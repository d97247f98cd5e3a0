"""Clients of the live feed that keep what they are told, lose their connection and go on elsewhere."""

import socket
import threading
from contextlib import suppress
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_CLOSES_WITHIN_S: Final = 10.0
_RECEIVED_AHEAD_BYTES: Final = 4_096


class _Frame(msgspec.Struct, frozen=True):
    kind: Literal["delta", "reset", "heartbeat"]
    token: str
    gone: list[str]
    vehicles: list[dict[str, Any]]


class Watcher:
    """A client that asks for everything and keeps it, in a thread of its own.

    Attributes:
        vehicles: What it shows now, by id; without what a vehicle is called.
        token: Where to go on from; empty for the start.
        resets: How often it was told to forget everything.
        gone: Every vehicle that it was told to take off.
        went_back: Every time that a vehicle's time went back, as a sentence.
    """

    def __init__(self, url: str, **query: str) -> None:
        self.vehicles: dict[str, dict[str, Any]] = {}
        self.token = ""
        self.resets = 0
        self.gone: list[str] = []
        self.went_back: list[str] = []
        self._query = query
        self._newest_ms: dict[str, int] = {}
        self._reads = threading.Event()
        self._reads.set()
        self._connection, self._thread = self._connect(url)

    def go_on_at(self, url: str) -> None:
        """Connect to a worker with the token, once the connection before has ended."""
        self._thread.join()
        self._connection, self._thread = self._connect(url)

    def is_cut(self) -> bool:
        """Return whether the connection has ended."""
        return not self._thread.is_alive()

    def stop_reading(self) -> None:
        """Leave what comes where it is."""
        self._reads.clear()

    def go_on_reading(self) -> None:
        """Read again."""
        self._reads.set()

    def close(self) -> None:
        """End."""
        self._reads.set()
        self._connection.close()
        self._thread.join(_CLOSES_WITHIN_S)

    def _connect(self, url: str) -> tuple[ClientConnection, threading.Thread]:
        query = {"format": "json", "fields": "full", **self._query, **({"token": self.token} if self.token else {})}
        worker = urlsplit(url)
        assert worker.hostname is not None
        carrier = socket.socket()
        # Little is on its way to a client that does not read.
        carrier.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AHEAD_BYTES)
        carrier.connect((worker.hostname, worker.port))
        connection = connect(
            f"ws://{worker.netloc}/live?{urlencode(query)}",
            sock=carrier,
            compression=None,
            max_size=None,
            # No more than this is read ahead of who does not take it.
            max_queue=1,
            # Who does not read does not hear the answer to a ping either.
            ping_interval=None,
        )
        thread = threading.Thread(target=self._read, args=(connection,), daemon=True)
        thread.start()
        return connection, thread

    def _read(self, connection: ClientConnection) -> None:
        with suppress(ConnectionClosed), connection:
            while True:
                self._reads.wait()
                self._take(msgspec.json.decode(connection.recv(), type=_Frame))

    def _take(self, frame: _Frame) -> None:
        if frame.kind == "heartbeat":
            self.token = frame.token or self.token
            return
        if frame.kind == "reset":
            self.resets += 1
        before = {} if frame.kind == "reset" else self.vehicles
        told = {vehicle["vehicle_id"]: vehicle for vehicle in frame.vehicles}
        for vehicle_id, vehicle in told.items():
            self._look_back(vehicle_id, vehicle["time_ms"])
            vehicle.pop("profile", None)
        gone = set(frame.gone)
        self.gone += frame.gone
        # Put in place at once: whoever looks from another thread sees a whole frame.
        self.vehicles = {name: value for name, value in before.items() if name not in gone} | told
        self.token = frame.token if frame.kind == "reset" else frame.token or self.token

    def _look_back(self, vehicle_id: str, time_ms: int) -> None:
        before_ms = self._newest_ms.get(vehicle_id, time_ms)
        if time_ms < before_ms:
            self.went_back.append(f"{vehicle_id}: {time_ms} after {before_ms}")
        self._newest_ms[vehicle_id] = time_ms
