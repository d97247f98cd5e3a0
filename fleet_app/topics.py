"""Every topic: its name, key, value, retention, and who writes and reads it.

Topics are the public contract. `docs/topics.md` shows this registry; `fleet topics create|check` applies it.
"""

from typing import Final

import msgspec

from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason
from fleet_app.stream.declarations import Cleanup, Topic

_DAY_S: Final = 86_400


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


POSITIONS: Final = Topic(
    name="fleet.positions",
    key="vehicle_id",
    value=Position,
    cleanup=Cleanup.DELETE,
    retention_s=7 * _DAY_S,
    log_append_time=True,
    written_by="the doors (HTTP, replay), or any Kafka producer of yours",
    read_by="track_positions",
)

VEHICLES: Final = Topic(
    name="fleet.vehicles",
    key="vehicle_id",
    value=VehicleNow,
    cleanup=Cleanup.COMPACT,
    retention_s=None,
    written_by="track_positions",
    read_by="live views, yours and ours",
)

REJECTED: Final = Topic(
    name="fleet.rejected",
    key="vehicle_id where it can be read, else the record's key",
    value=Rejected,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    # The original bytes in base64, plus what is said about them.
    max_message_bytes=2 * 1_048_588,
    written_by="track_positions",
    read_by="whoever asks what became of a position",
)

TOPICS: Final = (POSITIONS, VEHICLES, REJECTED)
