"""A vehicle's state, and what moves it on: a fix that arrives, or silence."""

from typing import Final

import msgspec

from fleet_app.domain.advance import advance
from fleet_app.domain.course import QUIET, Course, Happened
from fleet_app.domain.fix import Fix, identity_of
from fleet_app.domain.plausibility import is_reachable
from fleet_app.domain.refusals import Reason, Refusal, duplicate
from fleet_app.domain.reorder import Buffer, Waiting, passed, with_one_more
from fleet_app.domain.rules import Rules
from fleet_app.domain.track import entries_of, is_full, is_kept, pack_fix

DEFAULT_TENANT: Final = "default"
REPAIR_MS: Final = 5_000
"""Fixes later than the watermark are gathered for so long, and worked in together."""


class Vehicle(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of one vehicle.

    Attributes:
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        received_ms: Receive time of the newest position that was not refused on arrival, ms since 1970.
        heard_ms: Receive time of the position with the newest event time.
        newest_ms: That event time.
        refused: Positions refused so far, by reason code, in the order of the codes.
        course: What follows from the fixes that have left the reorder buffer; None before the first.
        told_until_ms: Event time up to which was told what time alone brings about, because the vehicle was silent.
        is_flushed: Whether the reorder buffer was emptied because the vehicle was silent.
        is_silent: Whether it was told that the vehicle is offline.
        is_clock_wrong: Whether its last position had a time that cannot be.
        late: How many fixes wait to be worked in that came later than the watermark.
        late_since_ms: Receive time of the first of them.
    """

    vehicle_id: str
    tenant: str = DEFAULT_TENANT
    received_ms: int = 0
    heard_ms: int = 0
    newest_ms: int = 0
    refused: dict[str, int] = {}
    course: Course | None = None
    told_until_ms: int = 0
    is_flushed: bool = False
    is_silent: bool = False
    is_clock_wrong: bool = False
    late: int = 0
    late_since_ms: int = 0

    @property
    def accepted(self) -> int:
        """How many fixes were accepted so far."""
        return 0 if self.course is None else self.course.totals.fixes


class OpenTrack(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The end of a vehicle's track: the chunk that grows, and the fixes that are not judged yet.

    Attributes:
        start_ms: Event time of the growing chunk's first fix, which is the chunk's number.
        fixes: The growing chunk.
        judged_ms: Event time of the last fix that was judged.
        buffer: The reorder buffer.
    """

    start_ms: int = 0
    fixes: bytes = b""
    judged_ms: int = -1
    buffer: Buffer = ()


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A fix that has left the reorder buffer: the course after it, and why it was refused, if it was."""

    waiting: Waiting
    course: Course
    refusal: Refusal | None


class ChunkStart(msgspec.Struct, frozen=True, gc=False):
    """A chunk that begins, and the course before its first fix."""

    start_ms: int
    course: Course | None


class ChunkEnd(msgspec.Struct, frozen=True, gc=False):
    """A chunk that is full."""

    start_ms: int
    fixes: bytes


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A vehicle that has moved on, its track, the fixes that were judged, and what came to an end with them."""

    vehicle: Vehicle
    track: OpenTrack
    judged: list[Judged]
    chunks: list[ChunkStart | ChunkEnd]
    happened: list[Happened]


def is_late(track: OpenTrack, fix: Fix) -> bool:
    """Return whether fixes from after this one were judged already."""
    return fix.time_ms <= track.judged_ms


def is_repeated(track: OpenTrack, fix: Fix) -> bool:
    """Return whether a late fix stands in the chunk that grows."""
    return any(identity_of(entry.fix) == identity_of(fix) for entry in entries_of(track.fixes))


def receive(vehicle: Vehicle, track: OpenTrack, waiting: Waiting, rules: Rules) -> Moved | Refusal:
    """Return the vehicle after one more fix that is not late; the refusal of one that waits already."""
    fix, received_ms = waiting.fix, waiting.received_ms
    buffer = with_one_more(track.buffer, waiting)
    if buffer is None:
        return duplicate(fix.time_ms)
    is_newest = fix.time_ms >= vehicle.newest_ms
    newest_ms = fix.time_ms if is_newest else vehicle.newest_ms
    heard = Vehicle(
        vehicle.vehicle_id,
        vehicle.tenant,
        received_ms,
        received_ms if is_newest else vehicle.heard_ms,
        newest_ms,
        vehicle.refused,
        vehicle.course,
        0,
        False,  # noqa: FBT003 - as above, by position
        False if is_newest else vehicle.is_silent,
        False,  # noqa: FBT003
        vehicle.late,
        vehicle.late_since_ms,
    )
    count = passed(buffer, min(newest_ms, received_ms) - rules.reorder_ms)
    return _judge(heard, track, buffer, count, rules)


def flush(vehicle: Vehicle, track: OpenTrack, rules: Rules) -> Moved:
    """Return the vehicle after all fixes have left the reorder buffer, but for one that only the next can judge."""
    flushed = msgspec.structs.replace(vehicle, is_flushed=True)
    return _judge(flushed, track, track.buffer, len(track.buffer), rules)


def _judge(vehicle: Vehicle, track: OpenTrack, buffer: Buffer, count: int, rules: Rules) -> Moved:
    """Return the vehicle after the first `count` fixes of the buffer."""
    course, start_ms, fixes, judged_ms = vehicle.course, track.start_ms, track.fixes, track.judged_ms
    judged: list[Judged] = []
    chunks: list[ChunkStart | ChunkEnd] = []
    happened: list[Happened] = []
    for number in range(count):
        waiting = buffer[number]
        fix = waiting.fix
        outcome = advance(course, fix, _following(buffer, number, count), rules)
        if outcome is None:
            break
        refusal = outcome.refusal
        reason = None if refusal is None else refusal.reason
        if is_kept(reason):
            if not fixes or is_full(fixes, start_ms, fix.time_ms):
                if fixes:
                    chunks.append(ChunkEnd(start_ms, fixes))
                chunks.append(ChunkStart(fix.time_ms, course))
                start_ms, fixes = fix.time_ms, b""
            fixes += pack_fix(fix, waiting.offset, reason)
        course, judged_ms = outcome.course, fix.time_ms
        judged.append(Judged(waiting, course, refusal))
        if outcome.happened is not QUIET:
            happened.append(outcome.happened)
    if not judged:
        return Moved(vehicle, OpenTrack(start_ms, fixes, judged_ms, buffer), judged, chunks, happened)
    # What silence has brought about was told without them.
    moved = msgspec.structs.replace(vehicle, course=course, told_until_ms=0, is_silent=False)
    return Moved(moved, OpenTrack(start_ms, fixes, judged_ms, buffer[len(judged) :]), judged, chunks, happened)


def _following(buffer: Buffer, number: int, count: int) -> Fix | None:
    """Return the first of the first `count` fixes that is of a later time than one of them.

    Another one of the same time would not do: a track does not keep it, and run over again would judge otherwise.
    """
    time_ms = buffer[number].fix.time_ms
    for later in range(number + 1, count):
        if buffer[later].fix.time_ms > time_ms:
            return buffer[later].fix
    return None


def shown_fix(vehicle: Vehicle, track: OpenTrack, rules: Rules) -> Fix | None:
    """Return where the vehicle is shown: at its newest fix that a plain test of speed does not refuse.

    One that has not left the reorder buffer yet is provisional.
    """
    if vehicle.course is None:
        return track.buffer[-1].fix if track.buffer else None
    last = vehicle.course.last
    for waiting in reversed(track.buffer):
        if waiting.fix.time_ms <= last.time_ms:
            break
        if is_reachable(last, waiting.fix, rules.limits.max_speed_mps):
            return waiting.fix
    return last


def count_refusal(vehicle: Vehicle, reason: Reason, by: int = 1) -> Vehicle:
    """Return the vehicle with so many more positions refused for a reason."""
    counts = {**vehicle.refused, reason.value: vehicle.refused.get(reason.value, 0) + by}
    return msgspec.structs.replace(vehicle, refused={code: counts[code] for code in sorted(counts) if counts[code]})
