"""A vehicle's track: every fix that was judged, accepted or not, in order of event time, in chunks of packed columns.

A chunk begins with the course that the vehicle had before it, so that the rest of the track can be run over again from
there. The chunk that grows holds a fixed number of bytes per fix; once full it is packed into columns.
"""

from struct import Struct, unpack_from
from typing import Final, NamedTuple
from zlib import compress, decompress

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
    """Return a chunk that is full in columns: bytes of the same weight side by side, deflated.

    Neighbours differ little, so most columns are nearly constant: 64 fixes take 760 bytes of 2,048.
    """
    return compress(b"".join([growing[column :: _ROW.size] for column in range(_ROW.size)]), level=1)


def entries_in_columns(columns: bytes) -> list[Entry]:
    """Return the fixes of a chunk, in order."""
    if not columns:
        return []
    side_by_side = decompress(columns)
    count = len(side_by_side) // _ROW.size
    rows = bytearray(len(side_by_side))
    for column in range(_ROW.size):
        rows[column :: _ROW.size] = side_by_side[column * count : (column + 1) * count]
    return [_entry(*row) for row in _ROW.iter_unpack(rows)]


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
