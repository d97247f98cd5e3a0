"""told_events: which events were told, a row per vehicle and instant, so that none is told twice.

Silence is told by a timer and shown again by the next fix; late fixes have the same stretch of a track run over and
over. Invariant: what stands here was sent to fleet.events, once.

Version 1 knew no geofences.
"""

from typing import Final

import msgspec

from fleet_app.domain.events import EventType
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

_DAY_S: Final = 86_400


class ToldEvents(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle's events at an instant: the type of each, and the geofence that it has to do with."""

    told: tuple[tuple[EventType, str | None], ...]


class _ToldEvents1(msgspec.Struct, array_like=True):
    types: tuple[EventType, ...]


_decode_1 = msgspec.msgpack.Decoder(_ToldEvents1).decode


def _from_version_1(stored: bytes) -> ToldEvents:
    return ToldEvents(tuple((each, None) for each in _decode_1(stored).types))


TOLD_EVENTS: Final = Table(
    name="told_events",
    key="vehicle_id, event time in ms since 1970",
    keys=ROWS,
    value=ToldEvents,
    version=2,
    decoders={1: _from_version_1, 2: msgspec.msgpack.Decoder(ToldEvents).decode},
    written_by="track_positions",
    # A day of track can be run over again; a trip that a silence ended began to rest before that.
    retention_s=2 * _DAY_S,
    cached_entries=5_000,
)
