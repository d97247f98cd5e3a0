"""Sending a recording: on time, in order, and counted."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

import msgspec

from fleet_app.domain.position import Position
from fleet_app.ingest.producer import Outgoing, Sender
from fleet_app.ingest.replay.files import PositionsFile
from fleet_app.ingest.replay.schedule import Chunk

SHOWN_BAD_ROWS: Final = 20


class Tally(msgspec.Struct):
    """What became of the rows read so far.

    Attributes:
        rows: Rows read.
        bad: Rows that are no position.
        shown: The first of those, in words.
        sent: Positions confirmed by Kafka.
        too_old: Those among them that were older than workers accept by default when they were sent.
    """

    rows: int = 0
    bad: int = 0
    shown: list[str] = msgspec.field(default_factory=list)
    sent: int = 0
    too_old: int = 0


def read_counted(name: str, file: PositionsFile, tally: Tally) -> Iterator[Position]:
    """Return the positions of a file in its order; rows that are none are counted, the first of them noted."""
    for row in file.rows():
        tally.rows += 1
        if isinstance(row, Position):
            yield row
            continue
        tally.bad += 1
        if len(tally.shown) < SHOWN_BAD_ROWS:
            tally.shown.append(f"{name} {row.place}: {row.problem}")


async def send(
    chunks: Iterable[Chunk],
    positions: Sender,
    *,
    clock: Callable[[], float],
    stop: asyncio.Event,
    on_sent: Callable[[Chunk], None],
) -> None:
    """Send each chunk when it is due, the next one after the one before is confirmed, until `stop` is set.

    Args:
        chunks: What to send, in the order of their due times.
        positions: Where to.
        clock: Seconds, from any start, never going back.
        stop: Ends the sending before the next chunk.
        on_sent: Told of each chunk that was confirmed.

    Raises:
        BrokerError: Kafka did not confirm a chunk.
    """
    start_s = clock()
    for chunk in chunks:
        await _until(start_s + chunk.due_s - clock(), stop)
        if stop.is_set():
            return
        await positions.send_all(_outgoing(chunk))
        on_sent(chunk)


async def _until(wait_s: float, stop: asyncio.Event) -> None:
    if wait_s > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait_s)


def _outgoing(chunk: Chunk) -> list[Outgoing]:
    encode = msgspec.json.encode
    return [Outgoing(position.vehicle_id, encode(position)) for position in chunk.positions]
