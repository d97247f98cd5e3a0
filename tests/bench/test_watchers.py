import asyncio
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.bench.crew import Between
from fleet_app.bench.watchers import Told, Watching, take_message, told, watch_between
from fleet_app.errors import WorkerError
from fleet_app.live.fleet import LiveFleet, Place, number_of
from fleet_app.live.frames import Changes, Fields, Gone, Head, Kind
from fleet_app.live.packed import PackedEncoder
from fleet_app.records.vehicle_now import VehicleNow


def message(payload: bytes, opcode: int = 2) -> bytes:
    """Return a message as a server writes it."""
    if len(payload) <= 125:
        return struct.pack(">BB", 0x80 | opcode, len(payload)) + payload
    if len(payload) < 65_536:
        return struct.pack(">BBH", 0x80 | opcode, 126, len(payload)) + payload
    return struct.pack(">BBQ", 0x80 | opcode, 127, len(payload)) + payload


def frame(times_ms: dict[str, int], fields: Fields, gone: list[str]) -> bytes:
    """Return a frame of the feed."""
    fleet = LiveFleet("topic", 1)
    for offset, (vehicle_id, time_ms) in enumerate(times_ms.items()):
        value = VehicleNow(
            vehicle_id=vehicle_id,
            tenant="default",
            time_ms=time_ms,
            received_ms=time_ms,
            lat=52.0,
            lon=13.0,
            odometer_m=0.0,
            fixes=1,
        )
        fleet.put(Place(0, offset), value)
    rows = fleet.rows_since(0)
    encoder = PackedEncoder(fields)
    changes = Changes(rows, rows, [Gone(number_of(vehicle_id), vehicle_id) for vehicle_id in gone])
    return encoder.frame(Head(Kind.DELTA, 0, None, "token"), [encoder.changes(changes)])


@given(
    st.dictionaries(st.text(min_size=1), st.integers(0, 2**40), max_size=20), st.sampled_from(Fields), st.integers(0, 3)
)
def test_the_vehicles_of_a_frame_are_those_that_the_feed_has_written(
    times_ms: dict[str, int], fields: Fields, gone: int
) -> None:
    written = frame(times_ms, fields, [f"gone-{number}" for number in range(gone)])

    assert sorted(told(written)) == sorted(Told(number_of(name), time_ms) for name, time_ms in times_ms.items())


@given(st.lists(st.binary(max_size=300) | st.just(bytes(70_000)), max_size=4), st.integers(1, 5_000))
def test_messages_are_taken_whole_however_they_come(payloads: list[bytes], step: int) -> None:
    stream = b"".join(map(message, payloads))
    received, taken = bytearray(), []
    for start in range(0, len(stream), step):
        received += stream[start : start + step]
        while (found := take_message(received)) is not None:
            taken.append(found)

    assert taken == [(2, payload) for payload in payloads]
    assert not received


async def watched(head: bytes, *messages: bytes) -> tuple[list[bytes], object]:
    """Return what a client of a server that says just this wrote after its request, and what it saw."""
    wrote: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"".join(messages))
        while part := await reader.read(100):
            wrote.append(part)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        watching = Watching(url=url, query="format=packed", times=True)
        now_s = time.time()
        seen = await asyncio.to_thread(watch_between, [watching], lambda: Between(now_s, now_s + 0.5))
    return wrote, seen


SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


@pytest.mark.anyio
async def test_a_newer_position_is_timed_and_an_older_one_counted() -> None:
    times_ms = [1_000, 2_000, 2_000, 1_500]
    frames = [message(frame({"a": time_ms}, Fields.MAP, [])) for time_ms in times_ms]
    _, found = await watched(SWITCHED, *frames)
    (seen,) = found.seen  # type: ignore[attr-defined]

    assert (seen.frames, seen.went_back, len(seen.age_ms)) == (4, 1, 1)
    assert seen.age_ms[0] == pytest.approx(seen.seen_s[0] * 1_000 - 2_000)


@pytest.mark.anyio
async def test_a_ping_is_answered() -> None:
    wrote, _ = await watched(SWITCHED, message(b"", opcode=9))

    assert wrote == [b"\x8a\x80\x00\x00\x00\x00"]


@pytest.mark.anyio
async def test_a_feed_that_is_refused_or_ended_is_said() -> None:
    with pytest.raises(WorkerError, match="refuses"):
        await watched(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(WorkerError, match="ends the feed of a watcher: full"):
        await watched(SWITCHED, message(b"\x03\xf5full", opcode=8))
