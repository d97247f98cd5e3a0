"""refused_positions: what was refused of a vehicle, a row per vehicle and minute of receipt.

Invariant: the counts of a vehicle's rows add up to what was told of it on `fleet.rejected` while they are kept. A late
fix may show that an earlier one was right after all; then `refused` of the vehicle takes it back, and these do not.
"""

from typing import Final

import msgspec

from fleet_app.domain.quality import RefusedMinute
from fleet_app.domain.track import RETENTION_MS
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

REFUSED_POSITIONS: Final = Table(
    name="refused_positions",
    key="vehicle_id, start of the minute of receipt in ms since 1970",
    keys=ROWS,
    value=RefusedMinute,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(RefusedMinute).decode},
    written_by="track_positions",
    retention_s=RETENTION_MS // 1_000,
    cached_entries=5_000,
)
