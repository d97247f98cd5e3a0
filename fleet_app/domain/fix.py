"""A fix: one position of a vehicle that passed the gates on arrival, in the precision that is kept."""

import msgspec

from fleet_app.domain.position import Position


class Fix(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One position. Fields and units are those of `Position`; None where the device did not say.

    What a track keeps of it is rounded to what a track keeps (`fix_of`), so that running over a track again gives the
    same numbers.
    """

    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    fuel_l: float | None = None
    device_id: str | None = None
    attributes: dict[str, str | float | bool | None] | None = None


Identity = tuple[int, float, float]
"""Time, latitude and longitude: what fixes are ordered by, and what makes two of them the same."""


def identity_of(fix: Fix) -> Identity:
    """Return what a fix is told from others by."""
    return fix.time_ms, fix.lat, fix.lon


def fix_of(position: Position) -> Fix:
    """Return the fix that a position reports.

    Degrees are rounded to 1e-7 (11 mm), speed to 1 cm/s, heading to 0.01 degrees, accuracy to 0.1 m and at most
    6,553 m: far below what any receiver knows.
    """
    speed_mps, heading_deg, accuracy_m = position.speed_mps, position.heading_deg, position.accuracy_m
    return Fix(
        position.time_ms,
        round(position.lat * 1e7) / 1e7,
        round(position.lon * 1e7) / 1e7,
        None if speed_mps is None else round(speed_mps * 100) / 100,
        None if heading_deg is None else round(heading_deg * 100) / 100,
        None if accuracy_m is None else round(min(accuracy_m, 6_553.0) * 10) / 10,
        position.altitude_m,
        position.ignition,
        position.odometer_m,
        position.fuel_l,
        position.device_id,
        position.attributes,
    )
