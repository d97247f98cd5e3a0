"""`fleet.fixes`: what was accepted, cleaned, in event-time order per vehicle."""

import msgspec

from fleet_app.domain.course import Course
from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.states import State


class AcceptedFix(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A value of `fleet.fixes`.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        time_ms: Event time, ms since 1970, UTC.
        received_ms: When its position came in, ms since 1970, UTC.
        lat: Latitude, degrees, WGS84.
        lon: Longitude, degrees, WGS84.
        odometer_m: Metres driven up to here since the first fix.
        state: What the vehicle does.
        speed_mps: How fast it is, m/s; absent where not known.
        speed_source: How that is known.
        heading_deg: Course the device reported, degrees clockwise from north.
        accuracy_m: Radius of the 68 % circle, metres.
        ignition: Whether the engine is on.
        is_late: Whether it came later than the watermark: fixes of after it were told before.
    """

    vehicle_id: str
    tenant: str
    time_ms: int
    received_ms: int
    lat: float
    lon: float
    odometer_m: float
    state: State
    speed_mps: float | None = None
    speed_source: SpeedSource = SpeedSource.NONE
    heading_deg: float | None = None
    accuracy_m: float | None = None
    ignition: bool | None = None
    is_late: bool = False


def accepted_fix(vehicle_id: str, tenant: str, received_ms: int, course: Course, *, is_late: bool) -> AcceptedFix:
    """Return what is told of the last fix of a course."""
    last = course.last
    return AcceptedFix(
        vehicle_id=vehicle_id,
        tenant=tenant,
        time_ms=last.time_ms,
        received_ms=received_ms,
        lat=last.lat,
        lon=last.lon,
        odometer_m=course.totals.distance_m,
        state=course.state,
        speed_mps=course.speed_mps,
        speed_source=course.speed_source,
        heading_deg=last.heading_deg,
        accuracy_m=last.accuracy_m,
        ignition=last.ignition,
        is_late=is_late,
    )
