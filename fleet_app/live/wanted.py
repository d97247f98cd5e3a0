"""What a client wants to see: of which tenant, which groups, which part of the map."""

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from fleet_app.live.tiles import ACROSS, Box, tiles_of


class Cell(NamedTuple):
    """What vehicles are sorted by: clients that want the same cells get the same bytes."""

    tenant: str
    group: str | None
    tile: int


class Wanted(msgspec.Struct, frozen=True):
    """Which cells a client wants; None is all.

    Attributes:
        tenant: Of which tenant: for a caller of one tenant always that one.
        groups: Of which groups.
        tiles: On which tiles of the map.
    """

    tenant: str | None = None
    groups: frozenset[str] | None = None
    tiles: frozenset[int] | None = None

    def matches(self, cell: Cell) -> bool:
        """Return whether a cell is wanted."""
        return (
            (self.tenant is None or cell.tenant == self.tenant)
            and (self.tiles is None or cell.tile in self.tiles)
            and (self.groups is None or cell.group in self.groups)
        )

    def may_know_of(self, tenant: str) -> bool:
        """Return whether vehicles of a tenant may be spoken of, be it to say that they are gone."""
        return self.tenant is None or self.tenant == tenant


def digest_of(wanted: Wanted, form: str) -> bytes:
    """Return eight bytes that tell one set of cells, seen in one form, from others."""
    groups = None if wanted.groups is None else sorted(wanted.groups)
    tiles = None if wanted.tiles is None else sorted(wanted.tiles)
    return blake2b(msgspec.msgpack.encode((wanted.tenant, groups, tiles, form)), digest_size=8).digest()


def tiles_wanted(box: Box | None) -> frozenset[int] | None:
    """Return the tiles of a box; None, for all, without one or for the whole world.

    Raises:
        ValueError: It is no box.
    """
    tiles = None if box is None else tiles_of(box)
    return None if tiles is None or len(tiles) == ACROSS * ACROSS else tiles
