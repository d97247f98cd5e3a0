"""windows_1d: closed panes of one day, a row per vehicle and start.

Invariant: the row and, where there is one, the vehicle's open pane of the same start add up to everything that was
accepted for that day while it was kept. A row changes only together with its revision, by one.
"""

from typing import Final

import msgspec

from fleet_app.domain.edges import RETENTION_MS, Size
from fleet_app.domain.panes import Pane
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

WINDOWS_1D: Final = Table(
    name="windows_1d",
    key="vehicle_id, start of the day in ms since 1970",
    keys=ROWS,
    value=Pane,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Pane).decode},
    written_by="track_positions",
    retention_s=RETENTION_MS[Size.DAY] // 1_000,
)
