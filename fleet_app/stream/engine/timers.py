"""An agent's timers in one task: in order of due time in memory, by key in a table."""

import asyncio
from heapq import heapify, heappop, heappush
from typing import Final

from fleet_app.stream.declarations import Due, OnDue
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.table_state import TableState

_READ_AT_ONCE: Final = 2_000


class TaskTimers:
    """The timers kept in `state`. What stands in the heap and not in the table has been undone or armed anew."""

    def __init__(self, state: TableState[str, Due], on_due: OnDue) -> None:
        self._state = state
        self._heap: list[tuple[int, str]] = []
        self._went_off_ms = -1
        self.on_due = on_due

    async def load(self, store: Store) -> None:
        """Read every timer of the table; gives way to other work now and then."""
        table, start, heap = self._state.table, b"", []
        while entries := store.scan(table.name, start, None, _READ_AT_ONCE):
            heap += [(table.decode(value).due_ms, key.decode()) for key, value in entries]
            start = entries[-1][0] + b"\0"
            await asyncio.sleep(0)
        heapify(heap)
        self._heap = heap

    def arm(self, key: str, due_ms: int) -> None:
        """Make sure that the key's timer goes off at `due_ms` or before, but not in the moment it has just gone off."""
        due_ms = max(due_ms, self._went_off_ms + 1)
        armed = self._state.get(key)
        if armed is None or armed.due_ms > due_ms:
            self._state[key] = Due(due_ms)
            heappush(self._heap, (due_ms, key))

    def disarm(self, key: str) -> None:
        """Let the key's timer not go off, if there is one."""
        if self._state.get(key) is not None:
            del self._state[key]

    def take_due(self, now_ms: int) -> str | None:
        """Return the key of the earliest timer that is due, disarmed, or None."""
        heap = self._heap
        while heap and heap[0][0] <= now_ms:
            due_ms, key = heappop(heap)
            armed = self._state.get(key)
            if armed is not None and armed.due_ms == due_ms:
                del self._state[key]
                self._went_off_ms = now_ms
                return key
        return None
