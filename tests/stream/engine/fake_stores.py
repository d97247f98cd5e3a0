"""Stores in memory, for tests of the engine; the store contract runs on them and on those over RocksDB."""

from collections.abc import Iterable, Mapping

from fleet_app.stream.engine.ports import Meta, TableChanges
from tests.stream.engine.faults import Faults


class _Files:
    """A store as it lies on the disk."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[bytes, bytes]] = {}
        self.meta: Meta | None = None

    def copy(self) -> "_Files":
        copied = _Files()
        copied.tables = {name: dict(entries) for name, entries in self.tables.items()}
        copied.meta = self.meta
        return copied


class FakeStores:
    """The stores of one worker. They survive closing; a crash takes what never settled."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.set_aside_for: list[tuple[int, str]] = []
        self._files: dict[int, _Files] = {}
        self._open: dict[int, FakeStore] = {}

    def open(self, partition: int) -> "FakeStore":
        with self.faults.call("open"):
            if partition in self._open:
                raise RuntimeError(f"the store of partition {partition} is open already")
            if partition in self._files and self._files[partition].meta is None:
                del self._files[partition]
            files = self._files.setdefault(partition, _Files())
            self._open[partition] = FakeStore(self, partition, files)
            return self._open[partition]

    def set_aside(self, partition: int, reason: str) -> None:
        if partition in self._open:
            raise RuntimeError(f"the store of partition {partition} is open")
        self._files.pop(partition, None)
        self.set_aside_for.append((partition, reason))

    def forget(self, partition: int) -> None:
        self._open.pop(partition)

    def crash(self) -> None:
        """Let the process die: open stores stay as they are, and those that never settled are worth nothing."""
        for store in list(self._open.values()):
            store.close()

    def wipe(self) -> None:
        """Empty the disk, while every store is closed."""
        self._files.clear()

    def copy(self) -> "FakeStores":
        """Return stores with what is on this disk now: an old disk, to be put back later."""
        copied = FakeStores(self.faults)
        copied._files = {partition: files.copy() for partition, files in self._files.items()}
        return copied


class FakeStore:
    """The tables of one task."""

    def __init__(self, stores: FakeStores, partition: int, files: _Files) -> None:
        self._stores = stores
        self._partition = partition
        self._files: _Files | None = files

    def meta(self) -> Meta | None:
        return self._held().meta

    def get(self, table: str, key: bytes) -> bytes | None:
        with self._stores.faults.call("get"):
            return self._held().tables.get(table, {}).get(key)

    def scan(self, table: str, start: bytes, stop: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        with self._stores.faults.call("scan"):
            entries = sorted(self._held().tables.get(table, {}).items())
        return [entry for entry in entries if start <= entry[0] and (stop is None or entry[0] < stop)][:limit]

    def write(self, changes: Mapping[str, TableChanges], meta: Meta) -> None:
        with self._stores.faults.call("write"):
            files = self._held()
            for table, (values, ranges) in changes.items():
                _apply(files.tables.setdefault(table, {}), values, ranges)
            if files.meta is not None:
                files.meta = meta

    def settle(self, meta: Meta) -> None:
        with self._stores.faults.call("settle"):
            self._held().meta = meta

    def sizes(self, table: str) -> tuple[int, int]:
        entries = self._held().tables.get(table, {})
        return len(entries), sum(len(key) + len(value) for key, value in entries.items())

    def close(self) -> None:
        if self._files is not None:
            self._files = None
            self._stores.forget(self._partition)

    def _held(self) -> _Files:
        if self._files is None:
            raise RuntimeError(f"the store of partition {self._partition} is closed")
        return self._files


def _apply(
    entries: dict[bytes, bytes],
    values: Iterable[tuple[bytes, bytes | None]],
    ranges: Iterable[tuple[bytes, bytes]],
) -> None:
    for key, value in values:
        entries.pop(key, None)
        if value is not None:
            entries[key] = value
    for start, stop in ranges:
        for key in [key for key in entries if start <= key < stop]:
            del entries[key]
