"""When each position of a recording is sent."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

import msgspec

from fleet_app.domain.position import Position

CHUNK: Final = 5_000
"""Positions sent, and confirmed, together at most: large enough for full batches, small enough to stop quickly."""

TICK_S: Final = 0.1
"""Positions due within the same tick leave together."""


class Chunk(msgspec.Struct, frozen=True):
    """Positions that leave together, `due_s` seconds after the start."""

    due_s: float
    positions: Sequence[Position]


def at_once(positions: Iterable[Position]) -> Iterator[Chunk]:
    """Return all positions in the order given, due at once."""
    chunk: list[Position] = []
    for position in positions:
        chunk.append(position)
        if len(chunk) == CHUNK:
            yield Chunk(0.0, chunk)
            chunk = []
    if chunk:
        yield Chunk(0.0, chunk)


def paced(positions: Sequence[Position], pace: float, max_pause_s: float) -> list[Chunk]:
    """Return the positions in the order of their times, `pace` times as fast as they were recorded.

    Positions of one vehicle keep their order: one that is older than its predecessor leaves right after it. A
    silence of the whole fleet that would take longer than `max_pause_s` is shortened to that.
    """
    due_ms = _due_ms(positions)
    order = sorted(range(len(positions)), key=due_ms.__getitem__)
    leaves_s = [0.0] * len(order)
    for place, (before, after) in enumerate(pairwise(order), 1):
        pause_s = (due_ms[after] - due_ms[before]) / 1_000 / pace
        leaves_s[place] = leaves_s[place - 1] + min(pause_s, max_pause_s)
    ticks = groupby(zip(leaves_s, order, strict=True), key=lambda leaving: int(leaving[0] / TICK_S))
    return [
        Chunk(tick * TICK_S, part)
        for tick, leaving in ticks
        for part in _parts([positions[place] for _, place in leaving])
    ]


def shifted(chunks: Iterable[Chunk], start_ms: int) -> list[Chunk]:
    """Return the chunks with all times moved by the same amount: as late as leaves none in the future when sent.

    So a recording sent at its own pace is as fresh as it was, and one sent at once ends now. `start_ms` is when the
    first chunk leaves, ms since 1970.
    """
    planned = list(chunks)
    moved_ms = min(
        (start_ms + int(chunk.due_s * 1_000) - position.time_ms for chunk in planned for position in chunk.positions),
        default=0,
    )
    return [
        Chunk(
            chunk.due_s,
            [msgspec.structs.replace(position, time_ms=position.time_ms + moved_ms) for position in chunk.positions],
        )
        for chunk in planned
    ]


def _due_ms(positions: Iterable[Position]) -> list[int]:
    """Return for each position the newest time its vehicle has had up to it."""
    newest: dict[str, int] = {}
    due_ms = []
    for position in positions:
        due = max(position.time_ms, newest.get(position.vehicle_id, position.time_ms))
        newest[position.vehicle_id] = due
        due_ms.append(due)
    return due_ms


def _parts(positions: Sequence[Position]) -> Iterator[Sequence[Position]]:
    return (positions[start : start + CHUNK] for start in range(0, len(positions), CHUNK))
