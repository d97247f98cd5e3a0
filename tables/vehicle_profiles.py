"""vehicle_profiles: every profile that there is, and what became of the last changes that were asked for.

Invariant: the value is what was last sent to fleet.vehicle-profiles of its key, with its revision. What is deleted has
no row.
"""

from typing import Final

import msgspec

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.revisions import Kept
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT

VEHICLE_PROFILES: Final[Table[str, Kept[VehicleProfile]]] = Table(
    name="vehicle_profiles",
    key="vehicle_id",
    keys=TEXT,
    value=Kept[VehicleProfile],
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Kept[VehicleProfile]).decode},
    written_by="keep_vehicle_profiles",
    cached_entries=1_000,
)
