"""What must come of a vehicle's fixes, by the rules as a person would tell them. Shares no code with the application.

Of fixes that lie exactly at places far apart, as the tape's do, nothing is left to judgement: a vehicle rests while its
fixes stay at one place. So the plainest walk over them, in the order of event time, says how far it has gone, how long
it was seen, and where it has surely stopped, whatever order they came in. When exactly a vehicle left a place between
two fixes is an estimate, and none of this module's business.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from geographiclib.geodesic import Geodesic

SIZES_MS: Final = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
_STOP_MS: Final = 120_000
_SILENCE_MS: Final = 300_000
_SILENT_INTERVALS: Final = 5
_FIRST_INTERVAL_MS: Final = 10_000.0
_LONGER_WEIGHS: Final = 0.2
_SHORTER_WEIGHS: Final = 0.5


class Point(NamedTuple):
    """A fix: event time in ms, degrees."""

    time_ms: int
    lat: float
    lon: float

    @property
    def place(self) -> tuple[float, float]:
        """Where it is."""
        return self.lat, self.lon


@dataclass
class Span:
    """What happened in a minute, an hour or a day."""

    fixes: int = 0
    metres: float = 0.0
    seconds: float = 0.0


class Rest(NamedTuple):
    """When a vehicle surely stood at a place and had moved on afterwards: its first and its last fix there, ms."""

    first_ms: int
    last_ms: int


@dataclass
class Driven:
    """What a vehicle has done.

    Attributes:
        metres: How far it has gone.
        unseen_metres: How much of that in silences: it belongs to no trip.
        spans: By size and start.
        rests: Where it has stood for two minutes or more.
    """

    metres: float = 0.0
    unseen_metres: float = 0.0
    spans: dict[tuple[str, int], Span] = field(default_factory=lambda: defaultdict(Span))
    rests: list[Rest] = field(default_factory=list)


def drive(points: Sequence[Point]) -> Driven:
    """Return what a vehicle has done that was at these points, in this order."""
    driven = Driven()
    interval_ms, rest_ms = _FIRST_INTERVAL_MS, points[0].time_ms
    _count_fix(driven, points[0])
    for before, point in pairwise(points):
        elapsed_ms = point.time_ms - before.time_ms
        is_silence = elapsed_ms > max(_SILENCE_MS, int(_SILENT_INTERVALS * interval_ms))
        metres = Geodesic.WGS84.Inverse(*before.place, *point.place)["s12"]
        driven.metres += metres
        driven.unseen_metres += metres if is_silence else 0.0
        if not (is_silence and metres):
            longer_ms = elapsed_ms - interval_ms
            interval_ms += longer_ms * (_LONGER_WEIGHS if longer_ms > 0 else _SHORTER_WEIGHS)
        _count_fix(driven, point)
        _spread(driven, before.time_ms, point.time_ms, metres, 0.0 if is_silence else 1.0)
        if metres:
            driven.rests += [Rest(rest_ms, before.time_ms)] if before.time_ms - rest_ms >= _STOP_MS else []
            rest_ms = point.time_ms
    return driven


def _count_fix(driven: Driven, point: Point) -> None:
    for size, size_ms in SIZES_MS.items():
        driven.spans[size, point.time_ms - point.time_ms % size_ms].fixes += 1


def _spread(driven: Driven, since_ms: int, until_ms: int, metres: float, seen: float) -> None:
    """Split a step at the edges of minutes, hours and days, by time."""
    if metres == 0 and seen == 0:
        return
    for size, size_ms in SIZES_MS.items():
        for start_ms, share_ms in _shares(since_ms, until_ms, size_ms):
            span = driven.spans[size, start_ms]
            span.metres += metres * share_ms / (until_ms - since_ms)
            span.seconds += seen * share_ms / 1_000


def _shares(since_ms: int, until_ms: int, size_ms: int) -> Iterator[tuple[int, int]]:
    for start_ms in range(since_ms - since_ms % size_ms, until_ms, size_ms):
        yield start_ms, min(until_ms, start_ms + size_ms) - max(since_ms, start_ms)
