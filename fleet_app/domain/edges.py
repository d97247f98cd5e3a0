"""Where panes begin and end: whole minutes, hours counted from midnight, and the days of a time zone.

The panes of a size follow each other without a gap. A day begins at local midnight, so some have 23 or 25 hours. Hours
are counted from there and minutes are whole, so that minutes add up to the hour and hours to the day in every zone,
also in one that is half an hour off.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
_DAY_MS: Final = 24 * HOUR_MS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Edges = tuple[int, int]
"""A pane's first millisecond since 1970, and the first one after it."""


class Size(StrEnum):
    """How long a pane is. The codes are public: they stand on `fleet.windows`."""

    MINUTE = "1m"
    HOUR = "1h"
    DAY = "1d"


RETENTION_MS: Final[Mapping[Size, int]] = {Size.MINUTE: _DAY_MS, Size.HOUR: 30 * _DAY_MS, Size.DAY: 400 * _DAY_MS}
"""How far back from a vehicle's newest fix its panes are kept."""


def edges_between(size: Size, since_ms: int, until_ms: int, zone: tzinfo) -> Iterator[Edges]:
    """Yield the edges of each pane from the one that holds `since_ms` to the one that holds `until_ms`, in order."""
    if size is Size.MINUTE:
        return _minutes(since_ms, until_ms)
    if size is Size.HOUR:
        return _hours(since_ms, until_ms, zone)
    return _days(since_ms, until_ms, zone)


def _minutes(since_ms: int, until_ms: int) -> Iterator[Edges]:
    first_ms = since_ms - since_ms % MINUTE_MS
    return ((start_ms, start_ms + MINUTE_MS) for start_ms in range(first_ms, until_ms + 1, MINUTE_MS))


def _hours(since_ms: int, until_ms: int, zone: tzinfo) -> Iterator[Edges]:
    for day_ms, next_day_ms in _days(since_ms, until_ms, zone):
        elapsed_ms = max(0, since_ms - day_ms)
        for start_ms in range(day_ms + elapsed_ms - elapsed_ms % HOUR_MS, min(until_ms + 1, next_day_ms), HOUR_MS):
            yield start_ms, min(start_ms + HOUR_MS, next_day_ms)


def _days(since_ms: int, until_ms: int, zone: tzinfo) -> Iterator[Edges]:
    start_ms = since_ms
    while start_ms <= until_ms:
        edges = _day_of(start_ms, zone)
        yield edges
        start_ms = edges[1]


def _day_of(time_ms: int, zone: tzinfo) -> Edges:
    today = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone).date()
    # The neighbours count too: where clocks go back over midnight, a day is left and entered again.
    midnights = [_midnight_ms(today + timedelta(days), zone) for days in (-1, 0, 1, 2)]
    following = bisect_right(midnights, time_ms)
    return midnights[following - 1], midnights[following]


def _midnight_ms(day: date, zone: tzinfo) -> int:
    """Return when a day begins. Offsets with seconds, last seen in 1972, are taken down to the whole minute."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    return (midnight - _EPOCH) // timedelta(minutes=1) * MINUTE_MS
