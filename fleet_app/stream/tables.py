"""Tables of Structs over Faust's tables of bytes: one side for agents to write, one for views to read."""

import asyncio
from collections.abc import Iterator, Mapping, MutableMapping
from heapq import merge
from itertools import islice
from time import monotonic
from typing import Any, Final, Generic, cast

import faust
from faust.stores.rocksdb import Store
from rocksdict import Rdict

from fleet_app.stream.declarations import Table, V
from fleet_app.stream.membership import GroupMembership
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import PartitionSize

_HOLD_S: Final = 0.005
"""How long a scan may hold the event loop before it gives way."""
_KEYS_PER_CHUNK: Final = 2_000


class StoredTable(MutableMapping[str, V], Generic[V]):
    """The values of a table by key, as an agent sees them while it handles a record."""

    def __init__(self, table: Table[V], stored: faust.Table[bytes, bytes]) -> None:
        self._table = table
        self._stored = stored

    def __getitem__(self, key: str) -> V:
        return self._table.decode(self._stored[key.encode()])

    def __setitem__(self, key: str, value: V) -> None:
        self._stored[key.encode()] = self._table.encode(value)

    def __delitem__(self, key: str) -> None:
        del self._stored[key.encode()]

    def __iter__(self) -> Iterator[str]:
        return (key.decode() for key in self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class HeldTables:
    """The partitions of each table that this worker owns, read straight from their stores."""

    def __init__(
        self,
        tables: tuple[Table[Any], ...],
        stored: Mapping[str, faust.Table[bytes, bytes]],
        membership: GroupMembership,
    ) -> None:
        self._tables = tables
        self._stored = stored
        self._membership = membership

    def declared(self) -> tuple[Table[Any], ...]:
        """Return every table of the application."""
        return self._tables

    def get(self, table: Table[V], key: str) -> V | None:
        """Return the value of a key in an owned partition, or None."""
        raw_key = key.encode()
        store = self._stores(table).get(partition_of(raw_key, self._membership.partitions))
        value = None if store is None else store.get(raw_key)
        return None if value is None else table.decode(value)

    async def scan(self, table: Table[V], *, after: str | None, limit: int) -> list[tuple[str, V]]:
        """Return up to `limit` entries above `after` in key order, giving way every few milliseconds."""
        entries: list[tuple[str, V]] = []
        position = b"" if after is None else after.encode() + b"\0"
        while len(entries) < limit:
            chunk = self._chunk(table, position, limit - len(entries))
            if not chunk:
                break
            entries.extend((key.decode(), value) for key, value in chunk)
            position = chunk[-1][0] + b"\0"
            await asyncio.sleep(0)
        return entries

    def _chunk(self, table: Table[V], position: bytes, limit: int) -> list[tuple[bytes, V]]:
        """Read a few entries at once. No iterator outlives the call: a live one keeps a revoked store locked."""
        give_way_at = monotonic() + _HOLD_S
        chunk: list[tuple[bytes, V]] = []
        stores = [_items(store, position) for store in self._stores(table).values()]
        for key, value in merge(*stores):
            chunk.append((key, table.decode(value)))
            if len(chunk) == limit or monotonic() > give_way_at:
                break
        return chunk

    async def sizes(self, table: Table[Any]) -> list[PartitionSize]:
        """Return the size of each owned partition, giving way between chunks."""
        return [
            PartitionSize(partition=partition, keys=await _count(store), bytes=_bytes(store))
            for partition, store in sorted(self._stores(table).items())
        ]

    def _stores(self, table: Table[Any]) -> dict[int, Rdict]:
        owned = self._membership.owned()
        stores = cast("Store", self._stored[table.name].data)._dbs  # noqa: SLF001 - its own reads mix in standbys
        return {partition: store for partition, store in stores.items() if partition in owned}


_OFFSET_KEY: Final = b"__faust\0offset__"


def _items(store: Rdict, position: bytes) -> Iterator[tuple[bytes, bytes]]:
    items = cast("Iterator[tuple[bytes, bytes]]", store.items(from_key=position))
    return ((key, value) for key, value in items if key != _OFFSET_KEY)


async def _count(store: Rdict) -> int:
    keys, position = 0, b""
    while True:
        chunk = cast("list[bytes]", list(islice(store.keys(from_key=position), _KEYS_PER_CHUNK)))
        if not chunk:
            return keys
        keys += len(chunk) - (_OFFSET_KEY in chunk)
        position = chunk[-1] + b"\0"
        await asyncio.sleep(0)


def _bytes(store: Rdict) -> int:
    properties = ("rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")
    return sum(store.property_int_value(name) or 0 for name in properties)
