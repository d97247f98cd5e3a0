"""A table of rows in one task: many values per text, read by range, forgotten by range."""

from collections import defaultdict
from typing import Any, TypeVar

import msgspec

from fleet_app.stream.declarations import Table
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.table_state import Changes, TableState
from fleet_app.stream.keys import ROWS, RowKey, RowKeys

V = TypeVar("V", bound=msgspec.Struct)


class RowState(TableState[RowKey, V]):
    """The rows of one table in one task."""

    __slots__ = ("_numbers", "_numbers_flying", "_ranges")

    def __init__(self, table: Table[RowKey, V], store: Store, journal: Journal) -> None:
        super().__init__(table, store, journal)
        # By text, the numbers of rows that may not be in the store yet: a range is read without walking all of them.
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        self._numbers_flying: defaultdict[str, set[int]] = defaultdict(set)
        self._ranges: list[tuple[str, int]] = []

    def __setitem__(self, key: RowKey, value: V, /) -> None:
        super().__setitem__(key, value)
        self._numbers[key[0]].add(key[1])

    def __delitem__(self, key: RowKey, /) -> None:
        super().__delitem__(key)
        self._numbers[key[0]].add(key[1])

    def expire(self, text: str, before: int) -> None:
        """Forget the rows of `text` numbered below `before`, with the next commit."""
        ROWS.before(text, before)
        self._journal.append((self, None, None))
        self._ranges.append((text, before))

    def undo(self, key: RowKey | None, old: Any) -> None:  # noqa: ANN401 - a value, or the sign of none
        """Take back the newest change."""
        if key is None:
            self._ranges.pop()
        else:
            super().undo(key, old)

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, V]]:
        """Return the rows of `text` numbered in [start, stop), in order, those not yet committed included."""
        table = self.table
        first, last = ROWS.before(text, start), ROWS.before(text, stop)
        stored = self._store.scan(table.name, first, last, limit=max(0, stop - start))
        found: dict[int, V | None] = {table.keys.decode(key)[1]: table.decode(value) for key, value in stored}
        for number in (*self._numbers_flying.get(text, ()), *self._numbers.get(text, ())):
            # One that was undone may still be counted.
            if start <= number < stop and (text, number) in self._cache:
                found[number] = self._cache[text, number]
        return [(number, value) for number, value in sorted(found.items()) if value is not None]

    def cut(self) -> Changes[RowKey, V]:
        """Hand over what has changed, and begin anew. Until `landed` it stays in memory."""
        changed, _ = super().cut()
        ranges, self._ranges = self._ranges, []
        self._numbers_flying, self._numbers = self._numbers, defaultdict(set)
        return changed, ranges

    def landed(self, next_offset: int, marker: bytes, encoded_bytes: int) -> None:
        """Take note that the last cut is in the store, and drop what memory need not hold any more."""
        super().landed(next_offset, marker, encoded_bytes)
        self._numbers_flying = defaultdict(set)

    def discard(self) -> None:
        """Drop everything from memory."""
        super().discard()
        self._numbers, self._numbers_flying = defaultdict(set), defaultdict(set)
        self._ranges = []


def state_of(table: Table[Any, Any], store: Store, journal: Journal) -> TableState[Any, Any]:
    """Return the state of a table, of the kind that its keys ask for."""
    kind = RowState if isinstance(table.keys, RowKeys) else TableState
    return kind(table, store, journal)
