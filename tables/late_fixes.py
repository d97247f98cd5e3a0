"""late_fixes: fixes that came later than the watermark, until they are worked in; a row per vehicle and event time.

Invariant: `late` of a vehicle is the number of its fixes in here.
"""

from typing import Final

import msgspec

from fleet_app.domain.reorder import Buffer
from fleet_app.domain.track import RETENTION_MS
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS


class LateFixes(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Late fixes of a vehicle with the same event time."""

    fixes: Buffer


LATE_FIXES: Final = Table(
    name="late_fixes",
    key="vehicle_id, event time in ms since 1970",
    keys=ROWS,
    value=LateFixes,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(LateFixes).decode},
    written_by="track_positions",
    retention_s=RETENTION_MS // 1_000,
    cached_entries=20_000,
)
