"""A table in one task: decoded values in memory over encoded ones in the store.

A key changed a thousand times between two commits is encoded, sent and stored once. What is not yet in the store is
never dropped from memory.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, Generic, cast

from fleet_app.stream.declarations import Table, V
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.keys import K

_UNKNOWN: Final[Any] = object()
"""Stands in the journal for a key that was not in memory."""
_FIRST_GUESS_BYTES: Final = 256
_KEY_BYTES: Final = 100
"""What a changed key takes beside its value, roughly."""

Changes = tuple[list[tuple[K, V | None]], list[tuple[str, int]]]
"""Values put (None: deleted) by key, and rows that have expired: those of a text below a number."""


class TableState(Generic[K, V]):
    """The values of one table in one task.

    Attributes:
        table: The declaration.
        next_offset: How far the changelog is in the store; None before anything is known of it.
        marker: The newest marker of the changelog, encoded; None without any.
    """

    __slots__ = (
        "_cache",
        "_dirty",
        "_flying",
        "_has_deleted",
        "_journal",
        "_mean_bytes",
        "_store",
        "marker",
        "next_offset",
        "table",
    )

    def __init__(self, table: Table[K, V], store: Store, journal: Journal) -> None:
        self.table = table
        self.next_offset: int | None = None
        self.marker: bytes | None = None
        self._store = store
        self._journal = journal
        # None stands for a deleted key, until its deletion is in the store.
        self._cache: dict[K, V | None] = {}
        # In the order in which they were put: values of one fetch lie near each other in memory.
        self._dirty: dict[K, V | None] = {}
        self._flying: dict[K, V | None] = {}
        self._has_deleted = False
        self._mean_bytes = _FIRST_GUESS_BYTES

    def get(self, key: K, /) -> V | None:
        """Return the key's value, or None."""
        value = self._cache.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            value = self._load(key)
            if value is not None:
                self._cache[key] = value
        return value

    def __setitem__(self, key: K, value: V, /) -> None:
        cache = self._cache
        old = cache.get(key, _UNKNOWN)
        if old is _UNKNOWN:
            self._check(key)
        self._journal.append((self, key, old))
        cache[key] = self._dirty[key] = value

    def __delitem__(self, key: K, /) -> None:
        cache = self._cache
        old = cache.get(key, _UNKNOWN)
        if old is _UNKNOWN:
            self._check(key)
        self._journal.append((self, key, old))
        cache[key] = self._dirty[key] = None
        self._has_deleted = True

    def _check(self, key: K) -> None:
        """Let a key that cannot be stored fail its record: in a commit it would stop the worker, again and again."""
        self.table.keys.encode(key)

    def undo(self, key: Any, old: Any) -> None:  # noqa: ANN401 - a key, and a value or the sign of none
        """Take back the newest change. A key that was dirty before stays so, and is written as it was."""
        if old is _UNKNOWN:
            # What was not in memory cannot have been dirty.
            self._cache.pop(key, None)
            self._dirty.pop(key, None)
        else:
            self._cache[key] = self._dirty[key] = old

    def peek(self, key: K) -> V | None:
        """Return the key's value without keeping it in memory."""
        value = self._cache.get(key, _UNKNOWN)
        return cast("V | None", self._load(key) if value is _UNKNOWN else value)

    def _load(self, key: K) -> V | None:
        table = self.table
        stored = self._store.get(table.name, table.keys.encode(key))
        return None if stored is None else table.decode(stored)

    def waiting_bytes(self) -> int:
        """Return roughly how much waits to be committed, judged by the size of what was committed before."""
        return (len(self._dirty) + len(self._flying)) * self._mean_bytes

    def cut(self) -> Changes[K, V]:
        """Hand over what has changed, and begin anew. Until `landed` it stays in memory."""
        self._flying, self._dirty = self._dirty, {}
        return list(self._flying.items()), []

    def landed(self, next_offset: int, marker: bytes, encoded_bytes: int) -> None:
        """Take note that the last cut is in the store, and drop what memory need not hold any more."""
        self.next_offset, self.marker = next_offset, marker
        if self._flying:
            self._mean_bytes = encoded_bytes // len(self._flying) + _KEY_BYTES
        if self._has_deleted:
            self._drop_deleted()
        self._flying = {}
        self._drop_oldest()

    def _drop_deleted(self) -> None:
        for key in self._flying:
            if self._cache[key] is None and key not in self._dirty:
                del self._cache[key]
        self._has_deleted = any(value is None for value in self._dirty.values())

    def _drop_oldest(self) -> None:
        too_many = len(self._cache) - self.table.cached_entries
        if too_many > 0:
            clean = (key for key in self._cache if key not in self._dirty)
            for key in list(islice(clean, too_many)):
                del self._cache[key]

    def forget(self, stored_keys: Iterable[bytes]) -> None:
        """Drop these keys from memory: the store knows better."""
        if self._cache:
            decode, pop = self.table.keys.decode, self._cache.pop
            for stored_key in stored_keys:
                pop(decode(stored_key), None)

    def discard(self) -> None:
        """Drop everything from memory."""
        self._cache.clear()
        self._dirty, self._flying = {}, {}
