"""Reading the tables of this worker's tasks, while they go on."""

import asyncio
from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from time import monotonic
from typing import Any, Final

from fleet_app.stream.declarations import Table, V
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.row_state import RowState
from fleet_app.stream.engine.tasks import Tasks
from fleet_app.stream.keys import HIGHEST, LOWEST, K, Keys, RowKey
from fleet_app.stream.reads import PartitionSize

_HOLD_S: Final = 0.005
"""How long a scan may hold the event loop before it gives way."""
_READ_AT_ONCE: Final = 64


class RunningTables:
    """The tables of the tasks that run on this worker, or have run until the group began to share anew.

    By key and by row, what has been handled; lists and sizes, what is committed.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def declared(self) -> tuple[Table[Any, Any], ...]:
        """Return every table of the application."""
        return self._tasks.tables

    def get(self, table: Table[K, V], key: K) -> V | None:
        """Return the value of a key whose task runs here, or None."""
        task = self._tasks.task_of(table.keys.home(key))
        if task is None or not _can_be_stored(table.keys, key):
            return None
        value: V | None = task.states[table.name].peek(key)
        return value

    def rows(self, table: Table[RowKey, V], text: str, start: int, stop: int) -> list[tuple[int, V]]:
        """Return the rows of `text` numbered in [start, stop), in order, if its task runs here."""
        task = self._tasks.task_of(text)
        start, stop = max(start, LOWEST), min(stop, HIGHEST)
        if task is None or not _can_be_stored(table.keys, (text, LOWEST)):
            return []
        state = task.states[table.name]
        assert isinstance(state, RowState)  # noqa: S101 - by the table's keys
        return state.rows(text, start, stop)

    async def scan(self, table: Table[Any, V], *, after: bytes | None, limit: int) -> list[tuple[bytes, V]]:
        """Return up to `limit` entries with stored keys above `after`, in order, giving way every few milliseconds."""
        entries: list[tuple[bytes, V]] = []
        start = b"" if after is None else after + b"\0"
        while len(entries) < limit:
            chunk = self._chunk(table, start, limit - len(entries))
            if not chunk:
                break
            entries += chunk
            start = chunk[-1][0] + b"\0"
            await asyncio.sleep(0)
        return entries

    def _chunk(self, table: Table[Any, V], start: bytes, limit: int) -> list[tuple[bytes, V]]:
        """Read a few entries at once: between two chunks a store may be closed, or handed on."""
        give_way_at = monotonic() + _HOLD_S
        chunk: list[tuple[bytes, V]] = []
        stores = [task.store for task in self._tasks.readable_tasks()]
        walks = [_walk(store, table.name, start, min(limit, _READ_AT_ONCE)) for store in stores]
        for key, value in merge(*walks, key=itemgetter(0)):
            chunk.append((key, table.decode(value)))
            if len(chunk) == limit or monotonic() > give_way_at:
                break
        return chunk

    def sizes(self, table: Table[Any, Any]) -> list[PartitionSize]:
        """Return the size of each partition that runs here."""
        return [
            PartitionSize(partition=task.partition, keys=keys, bytes=size_bytes)
            for task in self._tasks.readable_tasks()
            for keys, size_bytes in [task.store.sizes(table.name)]
        ]


def _can_be_stored(keys: Keys[K], key: K) -> bool:
    """Return whether a key, which anybody may ask for, can be there at all."""
    try:
        keys.encode(key)
    except ValueError:
        return False
    return True


def _walk(store: Store, table: str, start: bytes, at_once: int) -> Iterator[tuple[bytes, bytes]]:
    while entries := store.scan(table, start, None, at_once):
        yield from entries
        start = entries[-1][0] + b"\0"
