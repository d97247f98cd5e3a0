"""Frames as little-endian columns; `docs/live.md` has every byte. Columns are aligned to the size of their numbers."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.states import State
from fleet_app.live.fleet import Row
from fleet_app.live.frames import Changes, Encoded, Fields, Gone, Head
from fleet_app.records.vehicle_now import VehicleNow

FORMAT: Final = 1
HEADER: Final = struct.Struct("<BBBxIqII")
"""Format, kind, fields, `behind_ms`, time, how many are gone, bytes of the token."""
CHUNK: Final = struct.Struct("<IIIIIxxxxq")
"""Bytes of the chunk, rows, names, bytes of their JSON and of the details', time from which the rows' are counted."""
FIELD_CODES: Final[Mapping[Fields, int]] = {Fields.MAP: 0, Fields.FULL: 1}
STATE_CODES: Final[Mapping[State | None, int]] = {
    None: 0,
    State.MOVING: 1,
    State.HALT: 2,
    State.STOP: 3,
    State.IDLE: 4,
    State.IDLE_PROBABLE: 5,
    State.OFFLINE: 6,
}
UNKNOWN_BEHIND: Final = 0xFFFFFFFF
UNKNOWN_U16: Final = 0xFFFF
UNKNOWN_I16: Final = -0x8000
IS_PROVISIONAL: Final = 1
IGNITION_IS_KNOWN: Final = 2
IGNITION_IS_ON: Final = 4
SPEED_IS_OF_DEVICE: Final = 8
SPEED_IS_OF_TRACK: Final = 16
_IGNITION: Final = {None: 0, False: IGNITION_IS_KNOWN, True: IGNITION_IS_KNOWN | IGNITION_IS_ON}
_SPEED_SOURCE: Final = {
    SpeedSource.NONE: 0,
    SpeedSource.DEVICE: SPEED_IS_OF_DEVICE,
    SpeedSource.TRACK: SPEED_IS_OF_TRACK,
}
_FURTHEST_MS: Final = 2**31 - 1
_encode_json: Final = msgspec.json.encode


class PackedEncoder:
    """Writes packed frames with one set of fields."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def changes(self, changes: Changes) -> Encoded:
        """Return changes as they are written."""
        groups = _near_in_time(changes.rows)
        # What must be known by name is told with the first rows.
        named = [changes.named, *([] for _ in groups[1:])]
        return Encoded(_gone(changes.gone), b"".join(map(self._chunk, groups, named)))

    def frame(self, head: Head, parts: Sequence[Encoded]) -> bytes:
        """Return a frame of parts that were written before."""
        token = head.token.encode()
        gone = b"".join([part.gone for part in parts])
        behind_ms = UNKNOWN_BEHIND if head.behind_ms is None else min(head.behind_ms, UNKNOWN_BEHIND - 1)
        header = HEADER.pack(
            FORMAT, head.kind, FIELD_CODES[self._fields], behind_ms, head.time_ms, len(gone) // 8, len(token)
        )
        return b"".join([header, padded(token), gone, *(part.rows for part in parts)])

    def _chunk(self, rows: list[Row], named: list[Row]) -> bytes:
        values = [row.value for row in rows]
        base_ms = values[0].time_ms
        details = details_json(values) if self._fields is Fields.FULL else b""
        names = _encode_json([names_of(row) for row in named]) if named else b""
        body = [
            padded(_map_columns(rows, values, base_ms)),
            _full_columns(values) if self._fields is Fields.FULL else b"",
            padded(details),
            struct.pack(f"<{len(named)}Q", *[row.number for row in named]),
            padded(names),
        ]
        size = CHUNK.size + sum(map(len, body))
        return b"".join([CHUNK.pack(size, len(rows), len(named), len(names), len(details), base_ms), *body])


def names_of(row: Row) -> tuple[Any, ...]:
    """Return what people know a vehicle by: id, tenant, name, plate, driver, group, tags."""
    vehicle_id, profile = row.value.vehicle_id, row.profile
    if profile is None:
        return vehicle_id, row.cell.tenant, None, None, None, None, ()
    return (
        vehicle_id, profile.tenant, profile.name, profile.plate, profile.driver, profile.group, profile.tags,
    )  # fmt: skip


def details_json(values: Sequence[VehicleNow]) -> bytes:
    """Return, of each vehicle, the trip that goes on and the geofences that it is in."""
    return _encode_json([(value.trip_id, value.geofence_ids) for value in values])


def padded(data: bytes) -> bytes:
    """Return data with zero bytes up to a multiple of eight."""
    return data + bytes(-len(data) % 8)


def _near_in_time(rows: list[Row]) -> list[list[Row]]:
    """Return the rows in groups whose times are no further from the first one's than 32 bits reach, 24 days."""
    groups: list[list[Row]] = []
    while rows:
        base_ms = rows[0].value.time_ms
        far = [row for row in rows if abs(row.value.time_ms - base_ms) > _FURTHEST_MS]
        groups.append([row for row in rows if abs(row.value.time_ms - base_ms) <= _FURTHEST_MS] if far else rows)
        rows = far
    return groups


def _gone(gone: Sequence[Gone]) -> bytes:
    return struct.pack(f"<{len(gone)}Q", *[one.number for one in gone])


def _map_columns(rows: Sequence[Row], values: Sequence[VehicleNow], base_ms: int) -> bytes:
    count = len(rows)
    return struct.pack(
        f"<{count}Q{count}i{count}i{count}i{count}H{count}H{count}B{count}B",
        *[row.number for row in rows],
        *[round(value.lat * 1e7) for value in values],
        *[round(value.lon * 1e7) for value in values],
        *[value.time_ms - base_ms for value in values],
        *[_u16(value.speed_mps, 100.0) for value in values],
        *[UNKNOWN_U16 if value.heading_deg is None else round(value.heading_deg * 100.0) % 36_000 for value in values],
        *[STATE_CODES[value.state] for value in values],
        *[_flags(value) for value in values],
    )


def _full_columns(values: Sequence[VehicleNow]) -> bytes:
    count = len(values)
    return struct.pack(
        f"<{count}d{count}q{count}I{count}H{count}h",
        *[value.odometer_m for value in values],
        *[value.received_ms for value in values],
        *[min(value.fixes, 2**32 - 1) for value in values],
        *[_u16(value.accuracy_m, 10.0) for value in values],
        *[_i16(value.altitude_m) for value in values],
    )


def _u16(value: float | None, scale: float) -> int:
    return UNKNOWN_U16 if value is None else min(round(value * scale), UNKNOWN_U16 - 1)


def _i16(value: float | None) -> int:
    return UNKNOWN_I16 if value is None else max(UNKNOWN_I16 + 1, min(round(value), 0x7FFF))


def _flags(value: VehicleNow) -> int:
    return (
        (IS_PROVISIONAL if value.is_provisional else 0) | _IGNITION[value.ignition] | _SPEED_SOURCE[value.speed_source]
    )
