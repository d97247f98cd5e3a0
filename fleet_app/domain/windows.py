"""Windows put together from one-minute panes when they are read: tumbling, hopping or sliding by whole minutes."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import msgspec

from fleet_app.domain.edges import MINUTE_MS
from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import NOTHING, Totals, mean_moving_mps, plus, since

PANE_MS: Final = MINUTE_MS
"""Windows are put together from panes of one minute."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in [start_ms, end_ms) of event time.

    Attributes:
        start_ms: Its start, ms since 1970.
        end_ms: Its end.
        fixes: Accepted fixes in it.
        distance_m: Metres driven.
        moving_s: Seconds on the move; the four seconds add up to what the fixes cover.
        idle_s: Seconds standing with the ignition on.
        idle_probable_s: Seconds in short halts of a vehicle that does not tell its ignition.
        stop_s: Seconds standing otherwise.
        mean_speed_mps: Distance over time on the move, m/s; None where nothing moved.
        max_speed_mps: The highest known speed of a fix; None without any.
        harsh_events: Harsh braking, acceleration and cornering.
        overspeed_s: Seconds above the speed limit of the vehicle's class.
    """

    start_ms: int
    end_ms: int
    fixes: int
    distance_m: float
    moving_s: float
    idle_s: float
    idle_probable_s: float
    stop_s: float
    mean_speed_mps: float | None
    max_speed_mps: float | None
    harsh_events: int
    overspeed_s: float


def window_of(pane: Pane) -> Window:
    """Return what happened in one pane."""
    return _window(pane.start_ms, pane.end_ms, pane.sums, pane.max_speed_mps)


def _window(start_ms: int, end_ms: int, sums: Totals, max_speed_mps: float | None) -> Window:
    return Window(
        start_ms=start_ms,
        end_ms=end_ms,
        fixes=sums.fixes,
        distance_m=sums.distance_m,
        moving_s=sums.moving_s,
        idle_s=sums.idle_s,
        idle_probable_s=sums.idle_probable_s,
        stop_s=sums.stop_s,
        mean_speed_mps=mean_moving_mps(sums),
        max_speed_mps=max_speed_mps,
        harsh_events=sums.harsh_events,
        overspeed_s=sums.overspeed_s,
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


def _start(pane: Pane) -> int:
    return pane.start_ms


class _Sums:
    """Running sums over panes, asked for ranges whose two ends never move back."""

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes
        self._until = list(accumulate((pane.sums for pane in panes), plus, initial=NOTHING))
        # Indices of panes that can still be a range's maximum: speeds fall from left to right.
        self._candidates: deque[tuple[int, float]] = deque()
        self._seen = 0

    def window(self, start_ms: int, end_ms: int) -> Window | None:
        """Return the window over [start_ms, end_ms), or None if it holds no pane."""
        first = bisect_left(self._panes, start_ms, key=_start)
        last = bisect_left(self._panes, end_ms, key=_start)
        if first == last:
            return None
        sums = since(self._until[last], self._until[first])
        return _window(start_ms, end_ms, sums, self._max_speed_mps(first, last))

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
