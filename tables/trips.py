"""trips: trips and stops as they were told, a row per vehicle and number.

Invariant: a row changes only together with its revision, by one. Rows of a vehicle do not overlap in time. The number
is the start as it was told first; late fixes may have moved the start since.
"""

from typing import Final

import msgspec

from fleet_app.domain.legs import KeptLeg
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

_DAY_S: Final = 86_400

TRIPS: Final = Table(
    name="trips",
    key="vehicle_id, number: the start as told first, ms since 1970",
    keys=ROWS,
    value=KeptLeg,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(KeptLeg).decode},
    written_by="track_positions",
    retention_s=30 * _DAY_S,
    cached_entries=2_000,
)
