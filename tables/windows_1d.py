"""windows_1d: closed panes of one day, a row per vehicle and start.

Invariant: a row changes only together with its revision, by one. What happened in a day stands in its row, or in the
vehicle's open pane of that start until that is closed.

Version 1 counted no time, and knew speeds of devices only.
"""

from typing import Final

import msgspec

from fleet_app.domain.edges import RETENTION_MS, Size
from fleet_app.domain.panes import Pane
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS
from tables.earlier_panes import from_version_1

WINDOWS_1D: Final = Table(
    name="windows_1d",
    key="vehicle_id, start of the day in ms since 1970",
    keys=ROWS,
    value=Pane,
    version=2,
    decoders={1: from_version_1, 2: msgspec.msgpack.Decoder(Pane).decode},
    written_by="track_positions",
    retention_s=RETENTION_MS[Size.DAY] // 1_000,
)
