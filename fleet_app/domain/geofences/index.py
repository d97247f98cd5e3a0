"""Where the geofences are: found by cell, not by asking each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import ceil, hypot
from operator import attrgetter
from typing import Final
from zlib import crc32

import msgspec

from fleet_app.domain.geo import metres_per_degree, shortest_deg
from fleet_app.domain.geofences.cells import FINEST, FINEST_RESOLUTION, REACH_M, Cover, Level, cell_of, cover
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Geofence

MARGIN_M: Final = 50.0
"""A geofence that is no further from a way is found along it."""
LONGEST_WAY_M: Final = 5_000.0
"""Of a longer way only the end is looked at."""
_STEP_M: Final = 2 * (REACH_M - MARGIN_M) - 20
"""A way is looked at in the middles of parts of this length, with a tenth to spare for the scale."""
_SHORT_DEG: Final = 0.001_2
"""A way of less, in both directions, is shorter than a step anywhere on the earth."""
_SPARE: Final = 1.15
"""For what the scale changes along half a step: 10 % for the largest circle, at 85 degrees."""

_encode: Final = msgspec.msgpack.Encoder().encode
_by_id: Final = attrgetter("geofence.geofence_id")
_Fences = tuple[Fence, ...]
_Cells = dict[int, _Fences]
_NONE: Final[_Fences] = ()


class Places:
    """The geofences of one tenant. Never changed once made.

    Attributes:
        version: Depends on the geofences in it and on nothing else: the same on every worker.
    """

    __slots__ = ("_coarser", "_covers", "_fences", "_finest", "_levels", "version")

    def __init__(
        self,
        fences: Mapping[str, Fence] | None = None,
        covers: Mapping[str, Cover] | None = None,
        levels: Mapping[Level, _Cells] | None = None,
        version: int = 0,
    ) -> None:
        self.version = version
        self._fences = fences or {}
        self._covers = covers or {}
        self._levels = levels or {}
        self._finest = self._levels.get(FINEST, {})
        self._coarser = [(*level, cells) for level, cells in self._levels.items() if cells and level != FINEST]

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._fences)

    def get(self, geofence_id: str) -> Fence | None:
        """Return a geofence by its id."""
        return self._fences.get(geofence_id)

    def along(self, from_lat: float, from_lon: float, lat: float, lon: float) -> Sequence[Fence]:
        """Return every geofence within 50 m of a straight way between two points, in the order of their ids.

        Some that are a little further away may be among them. Of a way of more than 5 km, only the end is looked at.
        """
        north_deg, east_deg = lat - from_lat, lon - from_lon
        if -_SHORT_DEG < north_deg < _SHORT_DEG and -_SHORT_DEG < east_deg < _SHORT_DEG:
            return self._around(from_lat + north_deg / 2, from_lon + east_deg / 2, north_deg / 2, east_deg / 2)
        east_deg = shortest_deg(east_deg)
        east_m, north_m = metres_per_degree(lat)
        way_m = hypot(east_deg * east_m, north_deg * north_m)
        if way_m > LONGEST_WAY_M:
            return self._around(lat, lon, 0.0, 0.0)
        parts = ceil(way_m / _STEP_M) or 1
        north_deg, east_deg = north_deg / parts, east_deg / parts
        found = {
            each
            for part in range(parts)
            for each in self._around(
                from_lat + north_deg * (part + 0.5),
                from_lon + east_deg * (part + 0.5),
                north_deg / 2,
                east_deg / 2,
            )
        }
        return sorted(found, key=_by_id)

    def _around(self, lat: float, lon: float, north_deg: float, east_deg: float) -> Sequence[Fence]:
        """Return every geofence within 50 m of a short way, by its middle and half of it."""
        cell = cell_of(lat, lon, FINEST_RESOLUTION)
        found = self._finest.get(cell, _NONE)
        for unused_digits, less, cells in self._coarser:
            more = cells.get((cell | unused_digits) - less)
            if more is not None:
                found = tuple(sorted((*found, *more), key=_by_id)) if found else more
        if not found:
            return found
        scale = metres_per_degree(lat)
        least_m = -MARGIN_M - _SPARE * hypot(east_deg * scale[0], north_deg * scale[1])
        return [fence for fence in found if fence.depth_m(lat, lon, scale) >= least_m]

    def changed(self, changes: Mapping[str, Geofence | None]) -> "Places":
        """Return the geofences after changes, by id; None deletes."""
        fences, covers, version = dict(self._fences), dict(self._covers), self.version
        levels = defaultdict(dict[int, _Fences], {level: dict(cells) for level, cells in self._levels.items()})
        for geofence_id, geofence in changes.items():
            known = fences.pop(geofence_id, None)
            if known is not None:
                version ^= _stamp(known.geofence)
                level, cells = covers.pop(geofence_id)
                _take_out(levels[level], cells, known)
            if geofence is not None:
                version ^= _stamp(geofence)
                fence = fences[geofence_id] = Fence(geofence)
                level, cells = covers[geofence_id] = cover(fence)
                _put_in(levels[level], cells, fence)
        return Places(fences, covers, levels, version) if fences else NOWHERE


NOWHERE: Final = Places()
"""No geofence at all."""


def _stamp(geofence: Geofence) -> int:
    # Not its revision alone: one that is deleted and made again begins at 1 again.
    return crc32(_encode(geofence))


def _take_out(there: _Cells, cells: Sequence[int], fence: Fence) -> None:
    for cell in cells:
        left = tuple(each for each in there[cell] if each is not fence)
        if left:
            there[cell] = left
        else:
            del there[cell]


def _put_in(there: _Cells, cells: Sequence[int], fence: Fence) -> None:
    for cell in cells:
        others = there.get(cell)
        there[cell] = (fence,) if others is None else tuple(sorted((*others, fence), key=_by_id))


class Geofences:
    """All geofences there are, of all tenants. Never changed once made."""

    __slots__ = ("_geofences", "_places")

    def __init__(
        self, geofences: Mapping[str, Geofence] | None = None, places: Mapping[str, Places] | None = None
    ) -> None:
        self._geofences = geofences or {}
        self._places = places or {}

    def changed(self, changes: Mapping[str, Geofence | None]) -> "Geofences":
        """Return all geofences after changes, by id; None deletes.

        It takes about 2 ms with 10,000 geofences, and 0.1 ms for each change: give it many changes at once, if there
        are many.
        """
        geofences, places = dict(self._geofences), dict(self._places)
        by_tenant = defaultdict[str, dict[str, Geofence | None]](dict)
        for geofence_id, geofence in changes.items():
            known = geofences.pop(geofence_id, None)
            if known is not None:
                by_tenant[known.tenant][geofence_id] = None
            if geofence is not None:
                by_tenant[geofence.tenant][geofence_id] = geofences[geofence_id] = geofence
        for tenant, of_tenant in by_tenant.items():
            fresh = self.of(tenant).changed(of_tenant)
            if fresh:
                places[tenant] = fresh
            else:
                places.pop(tenant, None)
        return Geofences(geofences, places)

    def get(self, geofence_id: str) -> Geofence | None:
        """Return a geofence by its id."""
        return self._geofences.get(geofence_id)

    def __iter__(self) -> Iterator[Geofence]:
        """Walk all, in the order of their ids."""
        return (self._geofences[geofence_id] for geofence_id in sorted(self._geofences))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._geofences)

    def of(self, tenant: str) -> Places:
        """Return the geofences that vehicles of a tenant may be in."""
        return self._places.get(tenant, NOWHERE)
