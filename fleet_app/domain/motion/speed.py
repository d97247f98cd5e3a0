"""How fast a vehicle is, and how that is known. A difference of two noisy positions is no speed; a long one may be."""

from enum import StrEnum
from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, shortest_deg

BASELINE_MS: Final = 8_000
"""The least time over which positions make a speed: at 5 m of noise per axis the mean error is at most 1.1 m/s."""
_STUCK_MPS: Final = 0.5
_MOVED_MPS: Final = 5.0
_MOVED_MS: Final = 5_000


class SpeedSource(StrEnum):
    """How a speed is known. The codes are public."""

    DEVICE = "device"
    """By the receiver, from the Doppler shift."""
    TRACK = "track"
    """From positions at least 8 s apart."""
    NONE = "none"
    """It is not known."""


class Baseline(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Two earlier positions of a vehicle, `BASELINE_MS` apart or more: one is far enough back to measure from."""

    older_ms: int
    older_lat: float
    older_lon: float
    newer_ms: int
    newer_lat: float
    newer_lon: float


def begin_baseline(fix: Fix) -> Baseline:
    """Return the baseline of a vehicle whose first position this is."""
    return Baseline(fix.time_ms, fix.lat, fix.lon, fix.time_ms, fix.lat, fix.lon)


def track_speed_mps(baseline: Baseline, fix: Fix, scale: Scale) -> float | None:
    """Return distance over time since a position that is far enough back; None when there is none yet."""
    since_ms, lat, lon = baseline.newer_ms, baseline.newer_lat, baseline.newer_lon
    if fix.time_ms - since_ms < BASELINE_MS:
        since_ms, lat, lon = baseline.older_ms, baseline.older_lat, baseline.older_lon
    elapsed_ms = fix.time_ms - since_ms
    if elapsed_ms < BASELINE_MS:
        return None
    return hypot(shortest_deg(fix.lon - lon) * scale[0], (fix.lat - lat) * scale[1]) * 1_000 / elapsed_ms


def extend(baseline: Baseline, fix: Fix) -> Baseline:
    """Return the baseline after one more position."""
    if fix.time_ms - baseline.newer_ms < BASELINE_MS:
        return baseline
    return Baseline(baseline.newer_ms, baseline.newer_lat, baseline.newer_lon, fix.time_ms, fix.lat, fix.lon)


def is_plausible(speed_mps: float, moved_m: float, elapsed_ms: int, max_speed_mps: float) -> bool:
    """Return whether a device's speed can be believed beside how far the vehicle has moved since the last fix.

    There are devices that report 0 whatever happens, and some that report nonsense.
    """
    if speed_mps > max_speed_mps:
        return False
    is_stuck = speed_mps < _STUCK_MPS and elapsed_ms >= _MOVED_MS
    return not (is_stuck and moved_m * 1_000 > _MOVED_MPS * elapsed_ms)
