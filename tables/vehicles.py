"""vehicles: what is known of each vehicle now, its open panes included.

Invariant: `accepted` plus the sum of `refused` is the number of positions that named this vehicle.

Version 1 held a day of minutes in the value. They are kept as open, without a timer: with the vehicle's next fix those
that are past close, and become rows. It had no hours and days; these begin with that fix.
"""

from typing import Final

import msgspec

from fleet_app.domain.edges import MINUTE_MS
from fleet_app.domain.panes import Pane, PaneSet
from fleet_app.domain.repeats import Identity, pack
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT


class _Minute1(msgspec.Struct, array_like=True):
    start_ms: int
    fixes: int
    distance_m: float
    speed_fixes: int
    speed_sum_mps: float
    max_speed_mps: float | None


class _Vehicle1(msgspec.Struct, array_like=True):
    vehicle_id: str
    tenant: str
    last: Fix | None
    received_ms: int
    odometer_m: float
    accepted: int
    refused: dict[str, int]
    recent: list[Identity]
    panes: tuple[_Minute1, ...]


_decode_1 = msgspec.msgpack.Decoder(_Vehicle1).decode


def _from_version_1(stored: bytes) -> Vehicle:
    old = _decode_1(stored)
    minutes = (Pane(pane.start_ms, pane.start_ms + MINUTE_MS, *msgspec.structs.astuple(pane)[1:]) for pane in old.panes)
    return Vehicle(
        vehicle_id=old.vehicle_id,
        tenant=old.tenant,
        last=old.last,
        last_received_ms=old.received_ms,
        received_ms=old.received_ms,
        odometer_m=old.odometer_m,
        accepted=old.accepted,
        refused=old.refused,
        recent=pack(old.recent),
        open=PaneSet(minutes=tuple(minutes)),
    )


VEHICLES: Final = Table(
    name="vehicles",
    key="vehicle_id",
    keys=TEXT,
    value=Vehicle,
    version=2,
    decoders={1: _from_version_1, 2: msgspec.msgpack.Decoder(Vehicle).decode},
    written_by="track_positions",
)
