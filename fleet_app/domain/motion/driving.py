"""How a vehicle is driven: harsh manoeuvres, where the device reports often enough to see them."""

from collections.abc import Mapping
from typing import Final

from fleet_app.domain.events import EventType, Evidence
from fleet_app.domain.fix import Fix

OBSERVABLE_MS: Final = 2_000
"""Fixes further apart hide a manoeuvre: a full stop from 50 km/h within 10 s is 1.4 m/s2 on average."""
_LEAST_MS: Final = 800
"""Fixes closer together turn the noise of speeds, 0.5 m/s, into accelerations."""
_BRAKING_MPS2: Final = -3.5
_ACCELERATION_MPS2: Final = 3.5
_CORNERING_MPS2: Final = 4.0
"""Thresholds for vans: makers of trackers use 3.0 to 4.4, and up to 5.5 for cornering."""
_LEAST_MPS: Final = 10 / 3.6
_LEAST_CORNERING_MPS: Final = 30 / 3.6
"""Slower than 10 km/h no braking is harsh, slower than 30 no cornering: GNSS headings and speeds are noise there."""

ALARMS: Final[Mapping[str, EventType]] = {
    "hardBraking": EventType.BRAKED_HARSHLY,
    "hardAcceleration": EventType.ACCELERATED_HARSHLY,
    "hardCornering": EventType.CORNERED_HARSHLY,
}
"""What a device may say in its attribute `alarm`; the words are Traccar's."""

Manoeuvre = tuple[EventType, Evidence]


def manoeuvre(last: Fix, fix: Fix) -> Manoeuvre | None:
    """Return the harsh manoeuvre between two fixes, and the numbers that show it; None without one."""
    told = told_by_device(fix)
    if told is not None:
        return told
    elapsed_ms = fix.time_ms - last.time_ms
    if not _LEAST_MS <= elapsed_ms <= OBSERVABLE_MS or last.speed_mps is None or fix.speed_mps is None:
        return None
    faster_mps = max(last.speed_mps, fix.speed_mps)
    if faster_mps < _LEAST_MPS:
        return None
    elapsed_s = elapsed_ms / 1_000
    along_mps2 = (fix.speed_mps - last.speed_mps) / elapsed_s
    if along_mps2 <= _BRAKING_MPS2:
        return EventType.BRAKED_HARSHLY, _evidence(along_mps2, faster_mps, elapsed_s)
    if along_mps2 >= _ACCELERATION_MPS2:
        return EventType.ACCELERATED_HARSHLY, _evidence(along_mps2, faster_mps, elapsed_s)
    return _cornering(last, fix, elapsed_s)


def _cornering(last: Fix, fix: Fix, elapsed_s: float) -> Manoeuvre | None:
    if last.heading_deg is None or fix.heading_deg is None or last.speed_mps is None or fix.speed_mps is None:
        return None
    slower_mps = min(last.speed_mps, fix.speed_mps)
    if slower_mps < _LEAST_CORNERING_MPS:
        return None
    turned_deg = abs((fix.heading_deg - last.heading_deg + 180) % 360 - 180)
    across_mps2 = slower_mps * turned_deg * _RADIANS_PER_DEGREE / elapsed_s
    if across_mps2 < _CORNERING_MPS2:
        return None
    return EventType.CORNERED_HARSHLY, _evidence(across_mps2, slower_mps, elapsed_s)


_RADIANS_PER_DEGREE: Final = 0.017_453_292_519_943_295


def _evidence(acceleration_mps2: float, speed_mps: float, interval_s: float) -> Evidence:
    return {"acceleration_mps2": acceleration_mps2, "speed_mps": speed_mps, "interval_s": interval_s, "source": "speed"}


def told_by_device(fix: Fix) -> Manoeuvre | None:
    """Return the harsh manoeuvre that the device itself reports with a fix."""
    if fix.attributes is None:
        return None
    alarm = fix.attributes.get("alarm")
    kind = ALARMS.get(alarm) if isinstance(alarm, str) else None
    return None if kind is None else (kind, {"alarm": alarm, "source": "device"})
