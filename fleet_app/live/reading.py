"""Reads the feed: packed frames, the state that they add up to, and a client that goes on where it was cut off.

`docs/live.md` describes the bytes. This is what the tests, the benchmarks and programs in Python read them with.
"""

import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fleet_app.domain.states import State
from fleet_app.live.frames import Fields, Kind
from fleet_app.live.packed import (
    CHUNK,
    FIELD_CODES,
    FORMAT,
    HEADER,
    IGNITION_IS_KNOWN,
    IGNITION_IS_ON,
    IS_PROVISIONAL,
    STATE_CODES,
    UNKNOWN_BEHIND,
    UNKNOWN_I16,
    UNKNOWN_U16,
)

MOST_BYTES: Final = 16 << 20
_STATES: Final = {code: state for state, code in STATE_CODES.items()}
_FIELDS: Final = {code: fields for fields, code in FIELD_CODES.items()}


class Names(NamedTuple):
    """What people know a vehicle by."""

    vehicle_id: str
    tenant: str
    name: str | None
    plate: str | None
    driver: str | None
    group: str | None
    tags: Sequence[str]


class Details(NamedTuple):
    """What `fields=full` tells beside what a map shows."""

    odometer_m: float
    received_ms: int
    fixes: int
    accuracy_m: float | None
    altitude_m: float | None
    trip_id: str | None
    geofence_ids: Sequence[str]


class Seen(NamedTuple):
    """A vehicle as a frame tells it; `details` are None with `fields=map`."""

    number: int
    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None
    heading_deg: float | None
    state: State | None
    is_provisional: bool
    ignition: bool | None
    details: Details | None = None


class Read(msgspec.Struct, frozen=True):
    """A frame.

    Attributes:
        kind: What it asks for.
        fields: How much it tells of each vehicle.
        time_ms: When it was made, by the worker's clock, ms since 1970.
        behind_ms: How old what the worker knew may have been; None before it knew anything.
        token: Where to go on from; empty in the middle of something.
        gone: Vehicles to forget, before the others are applied.
        seen: Newest states.
        names: What vehicles are called, by number.
    """

    kind: Kind
    fields: Fields
    time_ms: int
    behind_ms: int | None
    token: str
    gone: Sequence[int]
    seen: Sequence[Seen]
    names: Mapping[int, Names]


def read_frame(data: bytes) -> Read:
    """Return what a packed frame says.

    Raises:
        ValueError: It is not a frame, or one of another format.
    """
    try:
        return _read(memoryview(data))
    except (struct.error, KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{len(data)} bytes are no packed frame: {error!r}") from error


def _read(data: memoryview) -> Read:
    format_, kind, fields, behind_ms, time_ms, gone_count, token_bytes = HEADER.unpack_from(data)
    if format_ != FORMAT:
        raise ValueError(f"the frame is of format {format_}, this reads {FORMAT}")
    at = HEADER.size
    token = str(data[at : at + token_bytes], "ascii")
    at += _padded(token_bytes)
    gone = struct.unpack_from(f"<{gone_count}Q", data, at)
    at += 8 * gone_count
    seen: list[Seen] = []
    names: dict[int, Names] = {}
    while at < len(data):
        size = _read_chunk(data[at:], _FIELDS[fields], seen, names)
        at += size
    behind = None if behind_ms == UNKNOWN_BEHIND else behind_ms
    return Read(Kind(kind), _FIELDS[fields], time_ms, behind, token, gone, seen, names)


def _read_chunk(data: memoryview, fields: Fields, seen: list[Seen], names: dict[int, Names]) -> int:
    """Read one chunk and return its length."""
    size, rows, named, names_bytes, details_bytes, base_ms = CHUNK.unpack_from(data)
    if not CHUNK.size <= size <= len(data):
        raise ValueError(f"a chunk of {size} bytes where {len(data)} are left: they are no packed frame")
    at = CHUNK.size
    numbers, lats, lons, times, speeds, headings, states, flags = _columns(data, at, rows, "QiiiHHBB")
    at += _padded(26 * rows)
    details: Sequence[Details | None] = [None] * rows
    if fields is Fields.FULL:
        details = _details(data, at, rows, details_bytes)
        at += 24 * rows + _padded(details_bytes)
    seen.extend(
        Seen(
            numbers[row],
            base_ms + times[row],
            lats[row] / 1e7,
            lons[row] / 1e7,
            None if speeds[row] == UNKNOWN_U16 else speeds[row] / 100,
            None if headings[row] == UNKNOWN_U16 else headings[row] / 100,
            _STATES[states[row]],
            bool(flags[row] & IS_PROVISIONAL),
            bool(flags[row] & IGNITION_IS_ON) if flags[row] & IGNITION_IS_KNOWN else None,
            details[row],
        )
        for row in range(rows)
    )
    named_numbers = struct.unpack_from(f"<{named}Q", data, at)
    at += 8 * named
    if named:
        called = msgspec.json.decode(data[at : at + names_bytes], type=list[Names])
        names.update(zip(named_numbers, called, strict=True))
    return int(size)


def _columns(data: memoryview, at: int, rows: int, kinds: str) -> list[tuple[Any, ...]]:
    columns = []
    for kind in kinds:
        columns.append(struct.unpack_from(f"<{rows}{kind}", data, at))
        at += rows * struct.calcsize(kind)
    return columns


def _details(data: memoryview, at: int, rows: int, text_bytes: int) -> list[Details]:
    text_at = at + 24 * rows
    texts = msgspec.json.decode(data[text_at : text_at + text_bytes], type=list[tuple[str | None, list[str]]])
    return [
        Details(
            odometer_m,
            received_ms,
            fixes,
            None if accuracy == UNKNOWN_U16 else accuracy / 10,
            None if altitude == UNKNOWN_I16 else float(altitude),
            trip_id,
            geofence_ids,
        )
        for odometer_m, received_ms, fixes, accuracy, altitude, (trip_id, geofence_ids) in zip(
            *_columns(data, at, rows, "dqIHh"), texts, strict=True
        )
    ]


def _padded(size: int) -> int:
    return size + -size % 8


class Watched:
    """What the frames of a feed add up to.

    Attributes:
        seen: Every vehicle that is there, by number.
        names: What they are called, by number.
        token: Where to go on from; None for a snapshot.
    """

    def __init__(self) -> None:
        self.seen: dict[int, Seen] = {}
        self.names: dict[int, Names] = {}
        self.token: str | None = None

    def apply(self, frame: Read) -> None:
        """Take the next frame in."""
        if frame.kind is Kind.RESET:
            self.seen.clear()
            self.names.clear()
            self.token = None
        for number in frame.gone:
            self.seen.pop(number, None)
            self.names.pop(number, None)
        for one in frame.seen:
            self.seen[one.number] = one
        self.names.update(frame.names)
        self.token = frame.token or self.token

    def by_id(self) -> dict[str, Seen]:
        """Return the vehicles by their ids."""
        return {self.names[number].vehicle_id: one for number, one in self.seen.items()}


class LiveConnection:
    """A connection to a feed."""

    def __init__(self, socket: ClientConnection, watched: Watched) -> None:
        self._socket = socket
        self.watched = watched

    async def read(self) -> Read:
        """Return the next frame; it has been applied to what is watched.

        Raises:
            websockets.ConnectionClosed: The worker has ended the connection; its `rcvd.code` says why.
        """
        frame = read_frame(await self._socket.recv(decode=False))
        self.watched.apply(frame)
        return frame

    async def want(self, *, bbox: Sequence[float] | None = None, groups: Sequence[str] | None = None) -> None:
        """Watch this part of the fleet from now on."""
        await self._socket.send(msgspec.json.encode({"bbox": bbox, "groups": groups}).decode())

    async def __aiter__(self) -> AsyncIterator[Read]:
        """Read until the connection ends, however it does; `close_code` says why."""
        with suppress(ConnectionClosed):
            while True:
                yield await self.read()

    @property
    def close_code(self) -> int | None:
        """Why the worker ended the connection; None while it has not."""
        return self._socket.close_code


@asynccontextmanager
async def watch(
    url: str, watched: Watched | None = None, *, key: str | None = None, **query: str | int | Sequence[str]
) -> AsyncIterator[LiveConnection]:
    """Connect to the feed of a worker; what was watched before goes on where it was cut off, on any worker.

    Args:
        url: The worker's, as `http://host:8080` or `ws://host:8080`.
        watched: What to go on with; None begins with a snapshot.
        key: The API key, where one is needed.
        query: `bbox`, `group`, `tenant`, `fields`, `rate`: the same as before, or it begins with a snapshot.
    """
    watched = watched or Watched()
    asked = {**query, "token": watched.token} if watched.token else query
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    address = f"ws{url.removeprefix('http').removeprefix('ws')}/live?{urlencode(asked, doseq=True)}"
    async with connect(address, additional_headers=headers, compression=None, max_size=MOST_BYTES) as socket:
        yield LiveConnection(socket, watched)
