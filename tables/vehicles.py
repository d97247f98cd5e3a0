"""vehicles: what is known of each vehicle now, and its last day of minutes.

Invariant: `accepted` plus the sum of `refused` is the number of positions that named this vehicle.
"""

from typing import Final

import msgspec

from fleet_app.domain.vehicle import Vehicle
from fleet_app.stream.declarations import Table

VEHICLES: Final = Table(
    name="vehicles",
    key="vehicle_id",
    value=Vehicle,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Vehicle).decode},
    written_by="track_positions",
)
