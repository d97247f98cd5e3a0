"""How fast a vehicle is, and how that is known. A difference of two noisy positions is no speed; a long one may be."""

from enum import StrEnum
from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, shortest_deg

BASELINE_MS: Final = 8_000
"""The least time over which positions make a speed: at 5 m of noise per axis the mean error is at most 1.1 m/s."""
STANDING_MPS: Final = 0.5
"""Slower is standing."""
_MOVED_MPS: Final = 5.0
_NEVER_MS: Final = -1


class SpeedSource(StrEnum):
    """How a speed is known. The codes are public."""

    DEVICE = "device"
    """By the receiver, from the Doppler shift."""
    TRACK = "track"
    """From positions at least 8 s apart."""
    NONE = "none"
    """It is not known."""


class Baseline(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Two earlier positions of a vehicle, `BASELINE_MS` apart or more: one is far enough back to measure from.

    `still_ms` is since when its device has told that it stands; -1 while it does not.
    """

    older_ms: int
    older_lat: float
    older_lon: float
    newer_ms: int
    newer_lat: float
    newer_lon: float
    still_ms: int = _NEVER_MS


def begin_baseline(fix: Fix) -> Baseline:
    """Return the baseline of a vehicle whose first position this is."""
    return Baseline(fix.time_ms, fix.lat, fix.lon, fix.time_ms, fix.lat, fix.lon, _still_ms(_NEVER_MS, fix))


def _still_ms(still_ms: int, fix: Fix) -> int:
    if fix.speed_mps is None or fix.speed_mps >= STANDING_MPS:
        return _NEVER_MS
    return fix.time_ms if still_ms == _NEVER_MS else still_ms


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
    still_ms = _still_ms(baseline.still_ms, fix)
    if fix.time_ms - baseline.newer_ms >= BASELINE_MS:
        older_ms, older_lat, older_lon = baseline.newer_ms, baseline.newer_lat, baseline.newer_lon
        return Baseline(older_ms, older_lat, older_lon, fix.time_ms, fix.lat, fix.lon, still_ms)
    return baseline if still_ms == baseline.still_ms else msgspec.structs.replace(baseline, still_ms=still_ms)


def is_stuck(baseline: Baseline, fix: Fix, scale: Scale) -> bool:
    """Return whether a device tells that the vehicle stands though it has moved all the while: some always tell 0."""
    if (fix.speed_mps or 0.0) >= STANDING_MPS or not _NEVER_MS < baseline.still_ms <= baseline.older_ms:
        return False
    return (track_speed_mps(baseline, fix, scale) or 0.0) > _MOVED_MPS
