"""Times as files write them: ISO 8601 with or without an offset, or a number counted since 1970."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

from fleet_app.ingest.replay.values import Cell, read_number

_NUMBER: Final = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]+)?")
_MILLISECONDS_FROM: Final = 1e11
"""As seconds this would be the year 5138, as milliseconds it is 1973. The same goes for the next two."""
_MICROSECONDS_FROM: Final = 1e14
_NANOSECONDS_FROM: Final = 1e17
_NO_TIME: Final = "is not a time: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970"
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the start of clocks on walls, wherever they hang


def read_time_ms(cell: Cell, zone: tzinfo) -> int:
    """Return the time in ms since 1970, UTC.

    A plain number counts seconds, or milliseconds, microseconds or nanoseconds if it is too large for a date within
    the next thousands of years. A time without an offset is local to `zone`; one that occurs twice, when clocks go
    back, is taken as the first.

    Raises:
        ValueError: It is no time; the message continues a sentence that begins with the cell.
    """
    if isinstance(cell, str) and not _NUMBER.fullmatch(cell):
        return _read_iso_ms(cell, zone)
    try:
        number = read_number(cell)
    except ValueError as error:
        raise ValueError(_NO_TIME) from error
    return round(number * _milliseconds_each(abs(number)))


def wall_time_ms(clock_ms: int, zone: tzinfo) -> int:
    """Return the moment, in ms since 1970 UTC, at which a clock in `zone` shows `clock_ms` since its own 1970.

    Raises:
        ValueError: As for `read_time_ms`.
    """
    try:
        return _in_zone_ms(_EPOCH + timedelta(milliseconds=clock_ms), zone)
    except OverflowError as error:
        raise ValueError(_NO_TIME) from error


def _read_iso_ms(text: str, zone: tzinfo) -> int:
    try:
        return _in_zone_ms(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError) as error:
        raise ValueError(_NO_TIME) from error


def _in_zone_ms(moment: datetime, zone: tzinfo) -> int:
    return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1_000)


def _milliseconds_each(size: float) -> float:
    """Return how many milliseconds one unit of a count of this size is."""
    if size < _MILLISECONDS_FROM:
        return 1e3
    if size < _MICROSECONDS_FROM:
        return 1.0
    return 1e-3 if size < _NANOSECONDS_FROM else 1e-6
