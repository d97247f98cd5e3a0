"""One-minute panes by event time, and the windows that are put together from them.

A fix costs one pane, however many windows overlap: hopping and sliding windows of whole minutes are composed
when they are read.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import msgspec

PANE_MS: Final = 60_000
PANES_KEPT: Final = 1_440
"""A day of minutes, counted back from the vehicle's newest."""


class Pane(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What happened in one tumbling minute [start_ms, start_ms + 60 000) of event time.

    Attributes:
        start_ms: The minute's start, ms since 1970, a multiple of 60 000.
        fixes: Accepted fixes in it.
        distance_m: Metres driven in it; a step between two fixes is split at the edges by time.
        speed_fixes: Fixes that reported a speed.
        speed_sum_mps: Sum of those speeds, m/s.
        max_speed_mps: The highest of them, or None without any.
    """

    start_ms: int
    fixes: int = 0
    distance_m: float = 0.0
    speed_fixes: int = 0
    speed_sum_mps: float = 0.0
    max_speed_mps: float | None = None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in [start_ms, end_ms) of event time. Speeds are those the device reported, None without any."""

    start_ms: int
    end_ms: int
    fixes: int
    distance_m: float
    mean_speed_mps: float | None
    max_speed_mps: float | None


def pane_start_ms(time_ms: int) -> int:
    """Return the start of the minute that holds `time_ms`."""
    return time_ms - time_ms % PANE_MS


def add_to_panes(
    panes: Sequence[Pane], *, time_ms: int, speed_mps: float | None, since_ms: int, distance_m: float
) -> list[Pane]:
    """Return the panes with one fix added, oldest first, a day of them at most.

    The fix counts in the minute of `time_ms`; `distance_m` is what was driven in [since_ms, time_ms] and is shared
    among the minutes in proportion to time. Metres driven before the first kept minute are dropped with it.
    """
    newest_ms = max(pane_start_ms(time_ms), panes[-1].start_ms if panes else 0)
    oldest_kept_ms = newest_ms - (PANES_KEPT - 1) * PANE_MS
    changed = {
        start_ms: Pane(start_ms, distance_m=share_m)
        for start_ms, share_m in _split_at_edges(since_ms, time_ms, distance_m, oldest_kept_ms)
    }
    home_ms = pane_start_ms(time_ms)
    home = changed.get(home_ms, Pane(home_ms))
    if speed_mps is None:
        changed[home_ms] = Pane(home_ms, 1, home.distance_m)
    else:
        changed[home_ms] = Pane(home_ms, 1, home.distance_m, 1, speed_mps, speed_mps)
    return [pane for pane in _merge(panes, changed) if pane.start_ms >= oldest_kept_ms]


def _split_at_edges(
    since_ms: int, until_ms: int, distance_m: float, oldest_kept_ms: int
) -> Iterator[tuple[int, float]]:
    duration_ms = until_ms - since_ms
    if duration_ms <= 0 or distance_m == 0:
        return
    start_ms = max(pane_start_ms(since_ms), oldest_kept_ms)
    while start_ms < until_ms:
        overlap_ms = min(until_ms, start_ms + PANE_MS) - max(since_ms, start_ms)
        yield start_ms, distance_m * overlap_ms / duration_ms
        start_ms += PANE_MS


def _merge(panes: Sequence[Pane], changed: dict[int, Pane]) -> list[Pane]:
    """Add the changed minutes to those known, keeping the order. Almost always they are the newest."""
    first_ms = min(changed)
    untouched = bisect_left(panes, first_ms, key=_start)
    for pane in panes[untouched:]:
        more = changed.get(pane.start_ms)
        changed[pane.start_ms] = pane if more is None else _add(pane, more)
    return [*panes[:untouched], *(changed[start_ms] for start_ms in sorted(changed))]


def _start(pane: Pane) -> int:
    return pane.start_ms


def _add(pane: Pane, more: Pane) -> Pane:
    speeds = [speed for speed in (pane.max_speed_mps, more.max_speed_mps) if speed is not None]
    return Pane(
        pane.start_ms,
        pane.fixes + more.fixes,
        pane.distance_m + more.distance_m,
        pane.speed_fixes + more.speed_fixes,
        pane.speed_sum_mps + more.speed_sum_mps,
        max(speeds, default=None),
    )


def compose_windows(panes: Sequence[Pane], *, size_ms: int, step_ms: int, from_ms: int, to_ms: int) -> list[Window]:
    """Return the windows that start in [from_ms, to_ms), at whole multiples of `step_ms`, oldest first.

    `panes` are in order. Windows that hold none of them are left out. Takes time in proportion to the panes plus the
    windows, however far these overlap.

    Raises:
        ValueError: `size_ms` or `step_ms` is not a whole number of minutes above zero.
    """
    for name, value_ms in (("size", size_ms), ("step", step_ms)):
        if value_ms <= 0 or value_ms % PANE_MS:
            raise ValueError(f"{name} must be a whole number of minutes above zero, not {value_ms / PANE_MS:g}")
    if not panes:
        return []
    first_ms = max(from_ms, panes[0].start_ms - size_ms + 1)
    last_ms = min(to_ms, panes[-1].start_ms + 1)
    starts = range(first_ms + -first_ms % step_ms, last_ms, step_ms)
    sums = _Sums(panes)
    windows = (sums.window(start_ms, start_ms + size_ms) for start_ms in starts)
    return [window for window in windows if window is not None]


class _Sums:
    """Running sums over panes, asked for ranges whose two ends never move back."""

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes
        self._fixes = [0, *accumulate(pane.fixes for pane in panes)]
        self._distance_m = [0.0, *accumulate(pane.distance_m for pane in panes)]
        self._speed_fixes = [0, *accumulate(pane.speed_fixes for pane in panes)]
        self._speed_sum_mps = [0.0, *accumulate(pane.speed_sum_mps for pane in panes)]
        # Indices of panes that can still be a range's maximum: speeds fall from left to right.
        self._candidates: deque[tuple[int, float]] = deque()
        self._seen = 0

    def window(self, start_ms: int, end_ms: int) -> Window | None:
        """Return the window over [start_ms, end_ms), or None if it holds no pane."""
        first = bisect_left(self._panes, start_ms, key=_start)
        last = bisect_left(self._panes, end_ms, key=_start)
        if first == last:
            return None
        speed_fixes = self._speed_fixes[last] - self._speed_fixes[first]
        mean_speed_mps = (self._speed_sum_mps[last] - self._speed_sum_mps[first]) / speed_fixes if speed_fixes else None
        return Window(
            start_ms=start_ms,
            end_ms=end_ms,
            fixes=self._fixes[last] - self._fixes[first],
            distance_m=max(0.0, self._distance_m[last] - self._distance_m[first]),
            mean_speed_mps=mean_speed_mps,
            max_speed_mps=self._max_speed_mps(first, last),
        )

    def _max_speed_mps(self, first: int, last: int) -> float | None:
        for index in range(self._seen, last):
            speed_mps = self._panes[index].max_speed_mps
            if speed_mps is None:
                continue
            while self._candidates and self._candidates[-1][1] <= speed_mps:
                self._candidates.pop()
            self._candidates.append((index, speed_mps))
        self._seen = max(self._seen, last)
        while self._candidates and self._candidates[0][0] < first:
            self._candidates.popleft()
        return self._candidates[0][1] if self._candidates else None
