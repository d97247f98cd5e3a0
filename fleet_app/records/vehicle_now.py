"""`fleet.vehicles`: where a vehicle is now, and what it does."""

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.states import State
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.leg import open_trip_id


class VehicleNow(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A value of `fleet.vehicles`.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        time_ms: Event time of the fix it is shown at, ms since 1970, UTC.
        received_ms: When its newest position came in, ms since 1970, UTC.
        lat: Latitude of the fix, degrees, WGS84.
        lon: Longitude of the fix, degrees, WGS84.
        odometer_m: Metres driven since the first fix.
        fixes: Accepted fixes so far.
        state: What it is doing, as of its last fix that was judged in order; absent before the first.
        is_provisional: Whether the fix it is shown at may still be refused: it waits for those that may come before it.
        speed_mps: Speed at that fix, m/s; of a provisional one, what the device said.
        speed_source: How the speed is known.
        heading_deg: Course the device reported, degrees clockwise from north.
        accuracy_m: Radius of the 68 % circle, metres.
        altitude_m: Height above the ellipsoid, metres.
        ignition: Whether the engine was on.
        trip_id: The trip that goes on; absent outside of one.
        geofence_ids: The geofences that it is in.
    """

    vehicle_id: str
    tenant: str
    time_ms: int
    received_ms: int
    lat: float
    lon: float
    odometer_m: float
    fixes: int
    state: State | None = None
    is_provisional: bool = False
    speed_mps: float | None = None
    speed_source: SpeedSource = SpeedSource.NONE
    heading_deg: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    trip_id: str | None = None
    geofence_ids: tuple[str, ...] = ()


def vehicle_now(vehicle: Vehicle, shown: Fix) -> VehicleNow:
    """Return what is told of a vehicle that is shown at a fix; a provisional one has its device's speed only."""
    course = vehicle.course
    is_judged = course is not None and shown is course.last
    device = SpeedSource.NONE if shown.speed_mps is None else SpeedSource.DEVICE
    return VehicleNow(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        time_ms=shown.time_ms,
        received_ms=vehicle.received_ms,
        lat=shown.lat,
        lon=shown.lon,
        odometer_m=0.0 if course is None else course.totals.distance_m,
        fixes=vehicle.accepted,
        state=_state(vehicle),
        is_provisional=not is_judged,
        speed_mps=course.speed_mps if course is not None and is_judged else shown.speed_mps,
        speed_source=course.speed_source if course is not None and is_judged else device,
        heading_deg=shown.heading_deg,
        accuracy_m=shown.accuracy_m,
        altitude_m=shown.altitude_m,
        ignition=shown.ignition,
        trip_id=open_trip_id(vehicle),
        geofence_ids=() if course is None else course.presence.geofence_ids,
    )


def _state(vehicle: Vehicle) -> State | None:
    if vehicle.course is None:
        return None
    return State.OFFLINE if vehicle.is_silent else vehicle.course.state
