"""open_tracks: the end of each vehicle's track: the chunk that grows, and the fixes that are not judged yet.

Invariant: every fix of the buffer is later than all that were judged; the chunk that grows is the one that `tracks`
has under the number `start_ms`, which holds the course before its first fix.
"""

from typing import Final

import msgspec

from fleet_app.domain.vehicle import OpenTrack
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT

OPEN_TRACKS: Final = Table(
    name="open_tracks",
    key="vehicle_id",
    keys=TEXT,
    value=OpenTrack,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(OpenTrack).decode},
    written_by="track_positions",
)
