"""geofences: every geofence that there is, and what became of the last changes that were asked for.

Invariant: the value is what was last sent to fleet.geofences of its key, with its revision. What is deleted has no row.
"""

from typing import Final

import msgspec

from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.revisions import Kept
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT

GEOFENCES: Final[Table[str, Kept[Geofence]]] = Table(
    name="geofences",
    key="geofence_id",
    keys=TEXT,
    value=Kept[Geofence],
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Kept[Geofence]).decode},
    written_by="keep_geofences",
    cached_entries=1_000,
)
