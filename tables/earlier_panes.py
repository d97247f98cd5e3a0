"""Panes as earlier releases stored them, in `vehicles` and in the windows' tables."""

import msgspec

from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import Totals


class _Pane1(msgspec.Struct, array_like=True):
    start_ms: int
    end_ms: int
    fixes: int = 0
    distance_m: float = 0.0
    speed_fixes: int = 0
    speed_sum_mps: float = 0.0
    max_speed_mps: float | None = None
    revision: int = 0


_decode_1 = msgspec.msgpack.Decoder(_Pane1).decode


def from_version_1(stored: bytes) -> Pane:
    """Return a row of version 1: fixes, metres and the highest speed."""
    old = _decode_1(stored)
    sums = Totals(fixes=old.fixes, distance_m=old.distance_m)
    return Pane(old.start_ms, old.end_ms, sums, old.max_speed_mps, old.revision)
