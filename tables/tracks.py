"""tracks: where each vehicle was, in chunks, a row per vehicle and start.

Invariant: chunks of a vehicle do not overlap, are in the order of their numbers, and cover an hour at most. Run over
from the course that a chunk begins with, the fixes up to the end of the track give the vehicle's course.

A course of version 1 was in no geofence.
"""

from typing import Final

import msgspec

from fleet_app.domain.track import RETENTION_MS, Chunk
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

_decode = msgspec.msgpack.Decoder(Chunk).decode

TRACKS: Final = Table(
    name="tracks",
    key="vehicle_id, event time of the first fix in ms since 1970",
    keys=ROWS,
    value=Chunk,
    version=2,
    decoders={1: _decode, 2: _decode},
    written_by="track_positions",
    retention_s=RETENTION_MS // 1_000,
    cached_entries=2_000,
)
