"""Tumbling panes by event time: how a fix fills them, when they close, and what a late fix adds to a closed one.

A fix costs one pane of each size, however many windows overlap; those are composed when they are read.
"""

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Final

import msgspec

from fleet_app.domain.edges import RETENTION_MS, Size, edges_between


class Pane(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What happened in [start_ms, end_ms) of event time. Panes of the same start add up.

    Attributes:
        start_ms: Its start, ms since 1970.
        end_ms: Its end.
        fixes: Accepted fixes in it.
        distance_m: Metres driven in it; a step between two fixes is split at the edges by time.
        speed_fixes: Fixes that reported a speed.
        speed_sum_mps: Sum of those speeds, m/s.
        max_speed_mps: The highest of them, or None without any.
        revision: 0 for what is open, 1 for a pane when it closes, and one more for each time it changes after that.
    """

    start_ms: int
    end_ms: int
    fixes: int = 0
    distance_m: float = 0.0
    speed_fixes: int = 0
    speed_sum_mps: float = 0.0
    max_speed_mps: float | None = None
    revision: int = 0


Panes = tuple[Pane, ...]
"""Panes of one size, oldest first, no two with the same start."""


class PaneSet(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle's panes of each size."""

    minutes: Panes = ()
    hours: Panes = ()
    days: Panes = ()

    def by_size(self) -> tuple[tuple[Size, Panes], ...]:
        """Return the panes with their sizes, the shortest first."""
        return (Size.MINUTE, self.minutes), (Size.HOUR, self.hours), (Size.DAY, self.days)


NO_PANES: Final = PaneSet()


class PaneRules(msgspec.Struct, frozen=True):
    """How long after its end a pane waits for late fixes, ms of event time, and the zone that says what a day is."""

    grace_ms: int
    zone: tzinfo


class Step(msgspec.Struct, frozen=True, gc=False):
    """A fix at `until_ms`, and the metres since the one before, at `since_ms`. Without metres both times are one."""

    since_ms: int
    until_ms: int
    distance_m: float
    speed_mps: float | None


def add_step(panes: PaneSet, step: Step, newest_ms: int, rules: PaneRules) -> tuple[PaneSet, PaneSet]:
    """Return the open panes after a step, and what goes to closed ones.

    A pane is closed once the newest event time, `newest_ms`, is past its end by the grace. To closed panes go those
    that close now, whole, and what a late step adds to others. A pane that starts further behind the newest event time
    than its size is kept for takes nothing any more.
    """
    minutes, closed_minutes = _add(Size.MINUTE, panes.minutes, step, newest_ms, rules)
    hours, closed_hours = _add(Size.HOUR, panes.hours, step, newest_ms, rules)
    days, closed_days = _add(Size.DAY, panes.days, step, newest_ms, rules)
    if closed_minutes or closed_hours or closed_days:
        return PaneSet(minutes, hours, days), PaneSet(closed_minutes, closed_hours, closed_days)
    return PaneSet(minutes, hours, days), NO_PANES


def _add(size: Size, panes: Panes, step: Step, newest_ms: int, rules: PaneRules) -> tuple[Panes, Panes]:
    closed_ms = newest_ms - rules.grace_ms
    # Nearly every step stays within the newest pane while none closes; the calendar is not asked then.
    if panes and panes[0].end_ms > closed_ms:
        current = panes[-1]
        if current.start_ms <= step.since_ms and step.until_ms < current.end_ms:
            return (*panes[:-1], _count(current, step.distance_m, step.speed_mps)), ()
    parts = _parts(size, step, newest_ms - RETENTION_MS[size], rules.zone)
    return _close(add_panes(panes, parts), closed_ms)


def _count(pane: Pane, distance_m: float, speed_mps: float | None) -> Pane:
    """Return the pane with one more fix, and the metres to it."""
    speed_fixes, speed_sum_mps, max_speed_mps = pane.speed_fixes, pane.speed_sum_mps, pane.max_speed_mps
    if speed_mps is not None:
        speed_fixes += 1
        speed_sum_mps += speed_mps
        if max_speed_mps is None or speed_mps > max_speed_mps:
            max_speed_mps = speed_mps
    return Pane(
        pane.start_ms,
        pane.end_ms,
        pane.fixes + 1,
        pane.distance_m + distance_m,
        speed_fixes,
        speed_sum_mps,
        max_speed_mps,
        pane.revision,
    )


def _parts(size: Size, step: Step, oldest_ms: int, zone: tzinfo) -> Iterator[Pane]:
    """Yield what the step puts into each pane: metres in proportion to time, and the fix into the last."""
    duration_ms = max(1, step.until_ms - step.since_ms)
    for start_ms, end_ms in edges_between(size, max(step.since_ms, oldest_ms), step.until_ms, zone):
        if start_ms < oldest_ms:
            continue
        shared_ms = min(end_ms, step.until_ms) - max(start_ms, step.since_ms)
        distance_m = step.distance_m * shared_ms / duration_ms
        if step.until_ms < end_ms:
            yield _count(Pane(start_ms, end_ms), distance_m, step.speed_mps)
        else:
            yield Pane(start_ms, end_ms, 0, distance_m)


def add_panes(panes: Iterable[Pane], more: Iterable[Pane]) -> Panes:
    """Return both, oldest first, those of the same start added up.

    Given the rows of closed panes and a vehicle's open ones, that is all that is known: a pane that a timer has closed
    may be open once more for what came later.
    """
    found = {pane.start_ms: pane for pane in panes}
    for pane in more:
        known = found.get(pane.start_ms)
        found[pane.start_ms] = pane if known is None else _sum(known, pane)
    return tuple(found[start_ms] for start_ms in sorted(found))


def _sum(pane: Pane, more: Pane) -> Pane:
    speeds_mps = [speed_mps for speed_mps in (pane.max_speed_mps, more.max_speed_mps) if speed_mps is not None]
    return Pane(
        pane.start_ms,
        pane.end_ms,
        pane.fixes + more.fixes,
        pane.distance_m + more.distance_m,
        pane.speed_fixes + more.speed_fixes,
        pane.speed_sum_mps + more.speed_sum_mps,
        max(speeds_mps, default=None),
        pane.revision,
    )


def close_panes(panes: PaneSet, closed_ms: int) -> tuple[PaneSet, PaneSet]:
    """Return the panes that end after `closed_ms`, and those that do not."""
    minutes, closed_minutes = _close(panes.minutes, closed_ms)
    hours, closed_hours = _close(panes.hours, closed_ms)
    days, closed_days = _close(panes.days, closed_ms)
    return PaneSet(minutes, hours, days), PaneSet(closed_minutes, closed_hours, closed_days)


def _close(panes: Panes, closed_ms: int) -> tuple[Panes, Panes]:
    still_open = tuple(pane for pane in panes if pane.end_ms > closed_ms)
    return still_open, tuple(pane for pane in panes if pane.end_ms <= closed_ms)


def first_end_ms(panes: PaneSet) -> int | None:
    """Return when the first of the panes ends; None without any."""
    ends_ms = [each[0].end_ms for each in (panes.minutes, panes.hours, panes.days) if each]
    return min(ends_ms, default=None)


def revise(row: Pane | None, more: Pane) -> Pane:
    """Return a closed pane after what goes to it; `row` is what has been closed before, None if nothing has."""
    pane = more if row is None else _sum(row, more)
    return msgspec.structs.replace(pane, revision=pane.revision + 1)
