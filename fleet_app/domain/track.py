"""A vehicle's track: every fix that was judged, accepted or not, in order of event time, in chunks of packed columns.

A chunk begins with the course that the vehicle had before it, so that the rest of the track can be run over again from
there. The chunk that grows holds a fixed number of bytes per fix; once full it is packed into columns of differences,
which take half of that.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from struct import Struct, pack, unpack_from
from typing import Final, NamedTuple

import msgspec

from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.motion.driving import ALARMS
from fleet_app.domain.refusals import Reason

FIXES_PER_CHUNK: Final = 64
LONGEST_CHUNK_MS: Final = 3_600_000
"""A chunk never covers more: whoever looks for the one that holds an instant need not look further back."""
RETENTION_MS: Final = 86_400_000

_ROW: Final = Struct("<qqiiHHHbB")
_UNTOLD: Final = 0xFFFF
_IGNITIONS: Final = (None, False, True)
_ALARMS: Final = (None, *ALARMS)
_VERDICTS: Final = (None, Reason.IMPLIED_SPEED, Reason.IMPLIED_ACCELERATION, Reason.EXCURSION)
"""Places in these three are stored: they never change, new ones are added at the end."""
_WIDTHS: Final = (("b", 0x80), ("h", 0x8000), ("i", 0x8000_0000), ("q", 1 << 63))


class Entry(NamedTuple):
    """A fix of a track, the offset of the record that it came in, and why it was refused; None if it was accepted."""

    fix: Fix
    offset: int
    reason: Reason | None


class Chunk(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stretch of a track.

    Attributes:
        course: The vehicle's course before its first fix; None if that was the vehicle's first.
        fixes: Its fixes in columns; empty while it grows.
    """

    course: Course | None
    fixes: bytes = b""


def is_kept(reason: Reason | None) -> bool:
    """Return whether a track keeps a fix that was judged so: a second one of the same time teaches nothing."""
    return reason is not Reason.SAME_TIME


def pack_fix(fix: Fix, offset: int, reason: Reason | None) -> bytes:
    """Return a fix as it stands in the chunk that grows."""
    return _ROW.pack(
        fix.time_ms,
        offset,
        round(fix.lat * 1e7),
        round(fix.lon * 1e7),
        _UNTOLD if fix.speed_mps is None else round(fix.speed_mps * 100),
        _UNTOLD if fix.heading_deg is None else round(fix.heading_deg * 100),
        _UNTOLD if fix.accuracy_m is None else round(fix.accuracy_m * 10),
        _flags(fix),
        0 if reason is None else _VERDICTS.index(reason),
    )


def _flags(fix: Fix) -> int:
    ignition = 0 if fix.ignition is None else 1 + fix.ignition
    if fix.attributes is None or (told := fix.attributes.get("alarm")) not in ALARMS:
        return ignition
    return ignition | _ALARMS.index(str(told)) << 2


def is_full(growing: bytes, start_ms: int, next_ms: int) -> bool:
    """Return whether the next fix begins a new chunk. Chunks are numbered by time, so it must be a later one."""
    if len(growing) < FIXES_PER_CHUNK * _ROW.size and next_ms - start_ms <= LONGEST_CHUNK_MS:
        return False
    last_ms: int = unpack_from("<q", growing, len(growing) - _ROW.size)[0]
    return next_ms > last_ms


def entries_of(growing: bytes) -> list[Entry]:
    """Return the fixes of a growing chunk, in order."""
    return [_entry(*row) for row in _ROW.iter_unpack(growing)]


def in_columns(growing: bytes) -> bytes:
    """Return the columns of a chunk that is full."""
    rows = list(_ROW.iter_unpack(growing))
    return bytes((len(rows) & 0xFF, len(rows) >> 8)) + b"".join(map(_column, zip(*rows, strict=True)))


def entries_in_columns(columns: bytes) -> list[Entry]:
    """Return the fixes of a chunk, in order."""
    if not columns:
        return []
    count, place = columns[0] | columns[1] << 8, 2
    read: list[Iterable[int]] = []
    for _ in range(len(_ROW.unpack(bytes(_ROW.size)))):
        width, first = chr(columns[place]), unpack_from("<q", columns, place + 1)[0]
        steps = unpack_from(f"<{count - 1}{width}", columns, place + 9)
        read.append(accumulate(steps, initial=first))
        place += 9 + (count - 1) * _BYTES[width]
    return [_entry(*row) for row in zip(*read, strict=True)]


_BYTES: Final = {"b": 1, "h": 2, "i": 4, "q": 8}


def _column(values: Sequence[int]) -> bytes:
    """Return the narrowest width, the first value, and the step to each next one."""
    steps = [after - before for before, after in pairwise(values)]
    widest = max(max(steps, default=0), -1 - min(steps, default=0))
    width = next(name for name, limit in _WIDTHS if widest < limit)
    return width.encode() + pack("<q", values[0]) + pack(f"<{len(steps)}{width}", *steps)


def _entry(  # noqa: PLR0913, PLR0917 - the columns
    time_ms: int,
    offset: int,
    lat_e7: int,
    lon_e7: int,
    speed_cmps: int,
    heading_cdeg: int,
    accuracy_dm: int,
    flags: int,
    verdict: int,
) -> Entry:
    alarm = _ALARMS[flags >> 2]
    fix = Fix(
        time_ms,
        lat_e7 / 1e7,
        lon_e7 / 1e7,
        None if speed_cmps == _UNTOLD else speed_cmps / 100,
        None if heading_cdeg == _UNTOLD else heading_cdeg / 100,
        None if accuracy_dm == _UNTOLD else accuracy_dm / 10,
        None,
        _IGNITIONS[flags & 3],
        attributes=None if alarm is None else {"alarm": alarm},
    )
    return Entry(fix, offset, _VERDICTS[verdict])
