"""What was refused of a vehicle, minute by minute, so that sent and accepted can be compared."""

from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason

SHOWN_PER_MINUTE: Final = 16
"""A device gone mad is counted in full, and shown in part."""


class RefusedPosition(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A position that was refused: why, what it said, and where its record stands."""

    reason: Reason
    time_ms: int
    lat: float
    lon: float
    received_ms: int
    offset: int


class RefusedMinute(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What was refused of a vehicle in a minute of receipt: how many by reason code, and the first of them."""

    counts: dict[str, int] = {}
    shown: tuple[RefusedPosition, ...] = ()


def refused_position(reason: Reason, fix: Fix, received_ms: int, offset: int) -> RefusedPosition:
    """Return what is kept of a refused fix."""
    return RefusedPosition(reason, fix.time_ms, fix.lat, fix.lon, received_ms, offset)


def with_refused(minute: RefusedMinute | None, refused: RefusedPosition) -> RefusedMinute:
    """Return the minute with one more refused position."""
    known = minute or RefusedMinute()
    code = refused.reason.value
    counts = {**known.counts, code: known.counts.get(code, 0) + 1}
    return RefusedMinute(
        {each: counts[each] for each in sorted(counts)},
        known.shown if len(known.shown) >= SHOWN_PER_MINUTE else (*known.shown, refused),
    )
