"""The values of the output topics, and how they are made. They are public: programs of others read them."""

from typing import NamedTuple

import msgspec

from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.vehicle import Vehicle
from fleet_app.domain.windows import window_of
from fleet_app.stream.declarations import FailedRecord, Record, RekeyedTwiceError, Undecodable


class VehicleNow(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
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


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class ClosedWindow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value of `fleet.windows`: what a vehicle did in one closed minute, hour or day.

    A fix that comes late changes what has been told: the same window with a higher revision takes the place of the
    earlier one.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        size: `1m`, `1h` or `1d`.
        start_ms: The window's start in event time, ms since 1970, UTC.
        end_ms: Its end.
        fixes: Accepted fixes in it.
        distance_m: Metres driven in it.
        mean_speed_mps: Mean of the speeds the device reported, m/s; null without any.
        max_speed_mps: The highest of them; null without any.
        revision: 1 for the first, one more for each change.
    """

    vehicle_id: str
    tenant: str
    size: Size
    start_ms: int
    end_ms: int
    fixes: int
    distance_m: float
    mean_speed_mps: float | None
    max_speed_mps: float | None
    revision: int


class Place(NamedTuple):
    """Where a record stands, but for its offset."""

    topic: str
    partition: int


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


def closed_window(vehicle: Vehicle, size: Size, pane: Pane) -> ClosedWindow:
    """Return what is told of a closed pane."""
    window = window_of(pane)
    return ClosedWindow(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        size=size,
        start_ms=window.start_ms,
        end_ms=window.end_ms,
        fixes=window.fixes,
        distance_m=window.distance_m,
        mean_speed_mps=window.mean_speed_mps,
        max_speed_mps=window.max_speed_mps,
        revision=pane.revision,
    )


def rejected(record: Record, place: Place, vehicle_id: str, refusal: Refusal) -> Rejected:
    """Return what is kept of a refused record: its reason, its place, and its original bytes."""
    return Rejected(
        reason=refusal.reason,
        detail=refusal.detail,
        vehicle_id=vehicle_id,
        topic=place.topic,
        partition=place.partition,
        offset=record.offset,
        received_ms=record.timestamp,
        key=record.key,
        value=record.value,
    )


class UnreadableError(Undecodable):
    """A record that is no position; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def dead_letter(failed: FailedRecord) -> tuple[str, Rejected]:
    """Return key and value of the dead letter of a record that its handler raised on."""
    vehicle_id = (failed.record.key or b"").decode(errors="replace")
    place = Place(failed.topic, failed.partition)
    return vehicle_id, rejected(failed.record, place, vehicle_id, _refusal_of(failed))


def _refusal_of(failed: FailedRecord) -> Refusal:
    match failed.error:
        case UnreadableError(refusal=refusal):
            return refusal
        case RekeyedTwiceError():
            return Refusal(Reason.MISKEYED, failed.detail)
        case _:
            return Refusal(Reason.FAILED, failed.detail)
