"""The values of the output topics, and how they are made. They are public: programs of others read them."""

import msgspec

from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.vehicle import Vehicle
from fleet_app.stream.declarations import Record


class VehicleNow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of `fleet.vehicles`: where a vehicle is now.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        time_ms: Event time of the newest accepted fix, ms since 1970, UTC.
        lat: Latitude of that fix, degrees, WGS84.
        lon: Longitude of that fix, degrees, WGS84.
        speed_mps: Speed the device reported, m/s.
        heading_deg: Course the device reported, degrees clockwise from north.
        accuracy_m: Radius of the 68 % circle, metres.
        altitude_m: Height above the ellipsoid, metres.
        ignition: Whether the engine was on.
        odometer_m: Metres driven since the first fix, measured along the accepted fixes.
        fixes: Accepted fixes so far.
    """

    vehicle_id: str
    tenant: str
    time_ms: int
    lat: float
    lon: float
    odometer_m: float
    fixes: int
    speed_mps: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `fleet.rejected`: input that was refused, with its reason and its original bytes.

    Attributes:
        reason: The typed reason code.
        detail: A sentence naming the field and the value.
        vehicle_id: The vehicle, where the input could be read that far, else the record's key, else empty.
        topic: Where the input stood.
        partition: Its partition.
        offset: Its offset.
        received_ms: Its Kafka timestamp, ms since 1970, UTC.
        key: The original key (base64).
        value: The original value (base64).
    """

    reason: Reason
    detail: str
    vehicle_id: str
    topic: str
    partition: int
    offset: int
    received_ms: int
    key: bytes | None
    value: bytes | None


def vehicle_now(vehicle: Vehicle) -> VehicleNow:
    """Return where a vehicle with at least one accepted fix is."""
    last = vehicle.last
    assert last is not None  # noqa: S101 - an accepted fix leaves one
    return VehicleNow(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        time_ms=last.time_ms,
        lat=last.lat,
        lon=last.lon,
        odometer_m=vehicle.odometer_m,
        fixes=vehicle.accepted,
        speed_mps=last.speed_mps,
        heading_deg=last.heading_deg,
        accuracy_m=last.accuracy_m,
        altitude_m=last.altitude_m,
        ignition=last.ignition,
    )


def rejected(record: Record, vehicle_id: str, refusal: Refusal) -> Rejected:
    """Return what is kept of a refused record: its reason, its place, and its original bytes."""
    return Rejected(
        reason=refusal.reason,
        detail=refusal.detail,
        vehicle_id=vehicle_id,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        received_ms=record.received_ms,
        key=record.key,
        value=record.value,
    )
