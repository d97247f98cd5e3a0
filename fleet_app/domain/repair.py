"""Fixes that came later than the watermark: the track is run over again with them, from a chunk before the first.

Both are run, the track as it was and as it is now. What differs between the two is what is to be told anew.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from fleet_app.domain.advance import advance
from fleet_app.domain.course import QUIET, Course
from fleet_app.domain.events import Event
from fleet_app.domain.fix import Fix, Identity, identity_of
from fleet_app.domain.legs import Ending, Leg, LegKind, numbered
from fleet_app.domain.panes import Sized
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting, order_of
from fleet_app.domain.rules import Rules
from fleet_app.domain.track import (
    Chunk,
    Entry,
    entries_in_columns,
    entries_of,
    in_columns,
    is_full,
    is_kept,
    pack_fix,
)
from fleet_app.domain.turning_points import closed_by


class Told(NamedTuple):
    """What came to an end along a stretch of a track."""

    panes: list[Sized]
    legs: list[Leg]
    events: list[Event]


class Judgement(NamedTuple):
    """A fix of a track that was run over: the course after it, and why it was refused, if it was."""

    entry: Entry
    course: Course
    refusal: Refusal | None


class Stretch(NamedTuple):
    """A stretch of a track to run over: its chunks with their numbers, the last of which grows."""

    chunks: Sequence[tuple[int, Chunk]]
    growing: bytes

    def entries(self) -> list[Entry]:
        """Return its fixes, in order."""
        packed = [entry for _, chunk in self.chunks for entry in entries_in_columns(chunk.fixes)]
        return packed + entries_of(self.growing)


class Repaired(NamedTuple):
    """A stretch of a track with late fixes worked in.

    Attributes:
        course: The course after all of it.
        chunks: Its chunks, by number; the last one grows.
        growing: The fixes of that one.
        late: What became of the late fixes that are no repeats, in order.
        repeated: Those that are.
        changed: Fixes of before that are now judged otherwise.
        before: What came to an end along the stretch as it was.
        after: What does so now; its legs under the numbers by which they are known.
        gone: Legs that were told and are no more.
    """

    course: Course
    chunks: list[tuple[int, Chunk]]
    growing: bytes
    late: list[tuple[Waiting, Judgement]]
    repeated: list[Waiting]
    changed: list[tuple[Reason | None, Judgement]]
    before: Told
    after: Told
    gone: list[Leg]


def repair(stretch: Stretch, late: Sequence[Waiting], course: Course, told: Sequence[Leg], rules: Rules) -> Repaired:
    """Work late fixes into a stretch that begins before all of them.

    `course` is the vehicle's course after the stretch, `told` the legs that were told of it so far.
    """
    entries = stretch.entries()
    start = stretch.chunks[0][1].course if stretch.chunks else None
    known = {_order(entry) for entry in entries}
    repeated = [waiting for waiting in late if order_of(waiting) in known]
    fresh = {order_of(waiting): waiting for waiting in late if order_of(waiting) not in known}
    merged = sorted([*entries, *(Entry(each.fix, each.offset, None) for each in fresh.values())], key=_order)
    _, before = _run(start, entries, rules)
    judgements, after = _run(start, merged, rules)
    repaired = judgements[-1].course
    legs, gone = numbered(_known_legs(start, course, told), [*after.legs, *_open_leg(repaired)])
    numbers = {(leg.kind, leg.start_ms): leg.number for leg in legs}
    chunks, growing = _in_chunks(start, judgements, numbers)
    return Repaired(
        course=_renumbered(_with_all_of_last(repaired, course.last), numbers),
        chunks=chunks,
        growing=growing,
        late=[(fresh[_order(each.entry)], each) for each in judgements if _order(each.entry) in fresh],
        repeated=repeated,
        changed=_changed(judgements, known),
        before=before,
        after=Told(after.panes, legs[: len(after.legs)], after.events),
        gone=gone,
    )


def _order(entry: Entry) -> Identity:
    return identity_of(entry.fix)


def _run(course: Course | None, entries: Sequence[Entry], rules: Rules) -> tuple[list[Judgement], Told]:
    """Run over fixes from a course on. The last one has nobody after it that could make it doubtful."""
    judgements: list[Judgement] = []
    told = Told([], [], [])
    following, last = 0, len(entries) - 1
    for entry in entries:
        while following < last and entries[following].fix.time_ms <= entry.fix.time_ms:
            following += 1
        outcome = advance(course, entry.fix, entries[following].fix, rules)
        assert outcome is not None  # noqa: S101 - it is where the following fix is not known
        course = outcome.course
        judgements.append(Judgement(entry, course, outcome.refusal))
        if outcome.happened is not QUIET:
            told.panes.extend(outcome.happened.panes)
            told.legs.extend(outcome.happened.legs)
            told.events.extend(outcome.happened.events)
    return judgements, told


def _known_legs(start: Course | None, course: Course, told: Sequence[Leg]) -> list[Leg]:
    """Return the legs that were told along a stretch and the one that is open after it, by the rules of their time."""
    open_legs = _open_leg(course)
    known = {leg.number: leg for leg in (*told, *open_legs) if _ends_along(start, leg)}
    return sorted(known.values(), key=lambda leg: leg.start_ms)


def _ends_along(start: Course | None, leg: Leg) -> bool:
    if start is None:
        return True
    return leg.end_ms > start.last.time_ms if start.leg is None else leg.start_ms >= start.leg.start_ms


def _open_leg(course: Course) -> list[Leg]:
    return closed_by(course, Ending.SILENCE)[0]


def _renumbered(course: Course, numbers: Mapping[tuple[LegKind, int], int]) -> Course:
    leg = course.leg
    if leg is None or (leg.kind, leg.start_ms) not in numbers:
        return course
    number = numbers[leg.kind, leg.start_ms]
    return msgspec.structs.replace(course, leg=msgspec.structs.replace(leg, number=number))


def _with_all_of_last(course: Course, last: Fix) -> Course:
    """Return the course with all that is known of its last fix: a track keeps less."""
    return msgspec.structs.replace(course, last=last) if identity_of(course.last) == identity_of(last) else course


def _changed(judgements: Sequence[Judgement], known: AbstractSet[Identity]) -> list[tuple[Reason | None, Judgement]]:
    return [
        (each.entry.reason, each)
        for each in judgements
        if _order(each.entry) in known and each.entry.reason is not _reason(each)
    ]


def _reason(judgement: Judgement) -> Reason | None:
    return None if judgement.refusal is None else judgement.refusal.reason


def _in_chunks(
    course: Course | None, judgements: Sequence[Judgement], numbers: Mapping[tuple[LegKind, int], int]
) -> tuple[list[tuple[int, Chunk]], bytes]:
    """Return the chunks of a stretch that begins with a course, by number, and the fixes of the one that grows."""
    chunks: list[tuple[int, Chunk]] = []
    growing = b""
    for judgement in judgements:
        fix = judgement.entry.fix
        if is_kept(_reason(judgement)):
            if not growing or is_full(growing, chunks[-1][0], fix.time_ms):
                if growing:
                    chunks[-1] = chunks[-1][0], Chunk(chunks[-1][1].course, in_columns(growing))
                chunks.append((fix.time_ms, Chunk(course and _renumbered(course, numbers))))
                growing = b""
            growing += pack_fix(fix, judgement.entry.offset, _reason(judgement))
        course = judgement.course
    return chunks, growing
