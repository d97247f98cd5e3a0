"""vehicles: what is known of each vehicle now.

Invariant: `accepted`, the sum of `refused`, `late` and the fixes in the vehicle's reorder buffer (`open_tracks`) add up
to the number of positions that named this vehicle.

Versions 1 and 2 knew no course. Of them last fix, odometer and counts are kept; panes that were open begin anew, and
the first trip with the first departure. A course of version 3 was in no geofence.
"""

from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from fleet_app.domain.advance import begin
from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.totals import Totals
from fleet_app.domain.vehicle import Vehicle
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT


class _Vehicle1(msgspec.Struct, array_like=True):
    vehicle_id: str
    tenant: str
    last: Fix | None
    received_ms: int
    odometer_m: float
    accepted: int
    refused: dict[str, int]
    recent: Any
    panes: Any


class _Vehicle2(msgspec.Struct, array_like=True):
    vehicle_id: str
    tenant: str
    last: Fix | None
    last_received_ms: int
    received_ms: int
    odometer_m: float
    accepted: int
    refused: dict[str, int]
    recent: Any
    open: Any


_decode_1 = msgspec.msgpack.Decoder(_Vehicle1).decode
_decode_2 = msgspec.msgpack.Decoder(_Vehicle2).decode
_decode = msgspec.msgpack.Decoder(Vehicle).decode


def _from_version_1(stored: bytes) -> Vehicle:
    old = _decode_1(stored)
    return _renewed(old, old.received_ms)


def _from_version_2(stored: bytes) -> Vehicle:
    old = _decode_2(stored)
    return _renewed(old, old.last_received_ms)


def _renewed(old: _Vehicle1 | _Vehicle2, heard_ms: int) -> Vehicle:
    last = old.last
    return Vehicle(
        vehicle_id=old.vehicle_id,
        tenant=old.tenant,
        received_ms=old.received_ms,
        heard_ms=heard_ms,
        newest_ms=0 if last is None else last.time_ms,
        refused={code: old.refused[code] for code in sorted(old.refused)},
        course=None if last is None else _begun(old, last),
    )


def _begun(old: _Vehicle1 | _Vehicle2, last: Fix) -> Course:
    """Return a course that begins at the last fix; the zone of its panes is put right when they are left."""
    before = Totals(fixes=old.accepted - 1, distance_m=old.odometer_m)
    return begin(last, before, ZoneInfo("UTC"))


VEHICLES: Final = Table(
    name="vehicles",
    key="vehicle_id",
    keys=TEXT,
    value=Vehicle,
    version=4,
    decoders={1: _from_version_1, 2: _from_version_2, 3: _decode, 4: _decode},
    written_by="track_positions",
)
