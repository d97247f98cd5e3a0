"""Frames as JSON: the same as the packed ones, for people and for programs in no hurry."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from fleet_app.domain.states import State
from fleet_app.live.fleet import Row
from fleet_app.live.frames import Changes, Encoded, Fields, Head, Kind

_encode: Final = msgspec.json.encode
_KINDS: Final = {kind: kind.name.lower().encode() for kind in Kind}


class OnMap(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A vehicle as a map shows it; see `VehicleNow` for what the fields mean."""

    vehicle_id: str
    time_ms: int
    lat: float
    lon: float
    state: State | None = None
    is_provisional: bool = False
    speed_mps: float | None = None
    heading_deg: float | None = None


class Names(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people know a vehicle by; `profile` of a vehicle that the reader may not know yet."""

    tenant: str
    name: str | None = None
    plate: str | None = None
    driver: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()


class JsonEncoder:
    """Writes JSON frames with one set of fields."""

    def __init__(self, fields: Fields) -> None:
        self._object = _on_map if fields is Fields.MAP else _in_full

    def changes(self, changes: Changes) -> Encoded:
        """Return changes as they are written."""
        named = {row.number for row in changes.named}
        gone = b",".join([_encode(one.vehicle_id) for one in changes.gone])
        return Encoded(gone, b",".join([self._vehicle(row, is_named=row.number in named) for row in changes.rows]))

    def frame(self, head: Head, parts: Sequence[Encoded]) -> bytes:
        """Return a frame of parts that were written before."""
        return b'{"kind":"%b","time_ms":%d,"behind_ms":%b,"token":"%b","gone":[%b],"vehicles":[%b]}' % (
            _KINDS[head.kind],
            head.time_ms,
            _encode(head.behind_ms),
            head.token.encode(),
            b",".join([part.gone for part in parts if part.gone]),
            b",".join([part.rows for part in parts if part.rows]),
        )

    def _vehicle(self, row: Row, *, is_named: bool) -> bytes:
        shown = _encode(self._object(row))
        return b'%b,"profile":%b}' % (shown[:-1], _encode(_names(row))) if is_named else shown


def _on_map(row: Row) -> Any:  # noqa: ANN401 - whatever is to be written
    value = row.value
    return OnMap(
        vehicle_id=value.vehicle_id,
        time_ms=value.time_ms,
        lat=value.lat,
        lon=value.lon,
        state=value.state,
        is_provisional=value.is_provisional,
        speed_mps=value.speed_mps,
        heading_deg=value.heading_deg,
    )


def _in_full(row: Row) -> Any:  # noqa: ANN401 - as above
    return row.value


def _names(row: Row) -> Names:
    profile = row.profile
    if profile is None:
        return Names(tenant=row.cell.tenant)
    return Names(
        tenant=profile.tenant,
        name=profile.name,
        plate=profile.plate,
        driver=profile.driver,
        group=profile.group,
        tags=profile.tags,
    )
