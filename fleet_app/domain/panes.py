"""Tumbling panes by event time: a minute, an hour and a day are open at a time, and close when a fix passes their end.

Fixes come here in order (`reorder`), so a pane is complete when it closes; what comes later still runs over the track
again (`repair`) and gives the same panes anew, to be compared with those that were told. A fix costs no more than a
comparison: an open pane remembers the vehicle's running sums at its start, and what happened in it is a difference.
"""

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from fleet_app.domain.edges import RETENTION_MS, Size, edges_between
from fleet_app.domain.totals import NOTHING, Totals, between, say_the_same, since


class Pane(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What happened in [start_ms, end_ms) of event time.

    Attributes:
        start_ms: Its start, ms since 1970.
        end_ms: Its end.
        sums: What was counted in it; a step between two fixes is split at the edges by time.
        max_speed_mps: The highest known speed of a fix in it, m/s; None without any.
        revision: 0 for what is open, 1 for a pane when it closes, and one more for each time it changes after that.
    """

    start_ms: int
    end_ms: int
    sums: Totals = NOTHING
    max_speed_mps: float | None = None
    revision: int = 0


class OpenPane(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A pane that the newest fix lies in: the vehicle's sums at its start, and its highest speed so far, m/s."""

    start_ms: int
    end_ms: int
    at_start: Totals
    max_speed_mps: float | None = None


class OpenPanes(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The minute, hour and day of the newest fix. Speeds of the open minute are not in the longer ones yet."""

    minute: OpenPane
    hour: OpenPane
    day: OpenPane


class Sized(NamedTuple):
    """A closed pane and its size."""

    size: Size
    pane: Pane


def open_at(time_ms: int, at_start: Totals, zone: tzinfo) -> OpenPanes:
    """Return the panes that hold an instant; `at_start` are the sums then."""
    minute, hour, day = (
        OpenPane(*next(iter(edges_between(size, time_ms, time_ms, zone))), at_start)
        for size in (Size.MINUTE, Size.HOUR, Size.DAY)
    )
    return OpenPanes(minute, hour, day)


def with_speed(panes: OpenPanes, speed_mps: float) -> OpenPanes:
    """Return the panes after a fix in them with a speed."""
    minute = panes.minute
    if minute.max_speed_mps is not None and minute.max_speed_mps >= speed_mps:
        return panes
    return OpenPanes(OpenPane(minute.start_ms, minute.end_ms, minute.at_start, speed_mps), panes.hour, panes.day)


class Step(NamedTuple):
    """From one fix to the next one: their times, ms since 1970, and the vehicle's sums at each."""

    since_ms: int
    until_ms: int
    before: Totals
    after: Totals

    def at(self, time_ms: int) -> Totals:
        """Return the sums at an instant of the step."""
        return between(self.before, self.after, (time_ms - self.since_ms) / (self.until_ms - self.since_ms))


def roll(panes: OpenPanes, step: Step, zone: tzinfo) -> tuple[OpenPanes, list[Sized]]:
    """Return the panes that hold the end of a step beyond the open minute, and those that closed, shortest first.

    Panes in which nothing happened are left out, and those that start further back than their size is kept for.
    """
    minute, hour, day = panes.minute, panes.hour, panes.day
    hour, day = _faster(hour, minute.max_speed_mps), _faster(day, minute.max_speed_mps)
    closed: list[Sized] = []
    minute = _roll(Size.MINUTE, minute, step, zone, closed)
    if step.until_ms >= hour.end_ms:
        hour = _roll(Size.HOUR, hour, step, zone, closed)
    if step.until_ms >= day.end_ms:
        day = _roll(Size.DAY, day, step, zone, closed)
    return OpenPanes(minute, hour, day), closed


def _faster(pane: OpenPane, speed_mps: float | None) -> OpenPane:
    if speed_mps is None or (pane.max_speed_mps is not None and pane.max_speed_mps >= speed_mps):
        return pane
    return OpenPane(pane.start_ms, pane.end_ms, pane.at_start, speed_mps)


def _roll(size: Size, pane: OpenPane, step: Step, zone: tzinfo, closed: list[Sized]) -> OpenPane:
    left_ms, kept_ms = pane.end_ms, step.until_ms - RETENTION_MS[size]
    _close(size, pane, step.at(left_ms), closed)
    # After a step along which nothing was counted there is nothing to split.
    is_empty = step.at(step.until_ms) == step.before
    since_ms = step.until_ms if is_empty else max(left_ms, kept_ms)
    for start_ms, end_ms in edges_between(size, since_ms, step.until_ms, zone):
        # In another zone than before, a pane may begin before the end of the one that is left.
        pane = OpenPane(start_ms, end_ms, step.at(max(start_ms, left_ms)))
        if step.until_ms >= end_ms and start_ms >= kept_ms:
            _close(size, pane, step.at(end_ms), closed)
    return pane


def _close(size: Size, pane: OpenPane, at_end: Totals, closed: list[Sized]) -> None:
    if at_end != pane.at_start:
        closed.append(Sized(size, _pane(pane, at_end)))


def _pane(pane: OpenPane, at_end: Totals) -> Pane:
    return Pane(pane.start_ms, pane.end_ms, since(at_end, pane.at_start), pane.max_speed_mps)


def open_by_size(panes: OpenPanes, now: Totals) -> Iterator[Sized]:
    """Yield the open panes as what happened in them so far, shortest first."""
    fastest_mps = panes.minute.max_speed_mps
    yield Sized(Size.MINUTE, _pane(panes.minute, now))
    yield Sized(Size.HOUR, _pane(_faster(panes.hour, fastest_mps), now))
    yield Sized(Size.DAY, _pane(_faster(panes.day, fastest_mps), now))


def revised(told: Pane | None, pane: Pane) -> Pane | None:
    """Return what is to be told of a closed pane; None where `told`, what was told of it before, says the same."""
    if told is None:
        return msgspec.structs.replace(pane, revision=1)
    if told.max_speed_mps == pane.max_speed_mps and say_the_same(told.sums, pane.sums):
        return None
    return msgspec.structs.replace(pane, revision=told.revision + 1)


def with_open(rows: Iterable[Pane], open_pane: Pane) -> list[Pane]:
    """Return closed panes and the open one, in order; a row of the open one's start was told too early."""
    return [*(row for row in rows if row.start_ms != open_pane.start_ms), open_pane]
