"""The stores of a worker: one RocksDB per task, a column family per table.

Kafka is the only truth, so whatever is wrong with a store ends in an empty one. What must not happen is a store that
reads well and is wrong. Five things see to it:

* Blocks and log records have checksums, and every read verifies them.
* All column families are flushed together (`atomic_flush`), so that what a shortened write-ahead log leaves is the
  state after some earlier write, `meta` included.
* Writes are a chain: each puts a link and deletes the one before. Whatever is missing in the middle (a log file that
  was deleted, a manifest that was cut) leaves a link behind that the missing write would have deleted.
* A link bears the identity of the store, which RocksDB keeps in the manifest, and the partition: files of two stores
  mixed (the log of one names tables by numbers that mean others there), or directories swapped, do not go together.
* Every write notes the manifest and its length. RocksDB takes a manifest that was cut for one that a crash cut short,
  and forgets the files named after the cut, of some tables and not of others.
"""

# ruff: noqa: FBT003 - RocksDB is set up by position

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from rocksdict import (
    BlockBasedOptions,
    Cache,
    DbClosedError,
    DBRecoveryMode,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from fleet_app.errors import StateError
from fleet_app.stream.engine.ports import Meta, TableChanges

_log = logging.getLogger(__name__)

CACHE_BYTES: Final = 128 << 20
"""For blocks, their indexes and filters, and what is not flushed yet, of all stores of a worker together."""

WRITE_BUFFERS_BYTES: Final = 64 << 20
"""Of `CACHE_BYTES`, for what is not flushed yet: about as much as one restore writes in a third of a second."""

_WRITE_BUFFER_BYTES: Final = 16 << 20
_ARENA_BLOCK_BYTES: Final = 64 << 10
"""RocksDB would take 1 MB at the first write to a table: 64 tasks of seven tables would fill the buffers with air."""

_OPEN_FILES: Final = 64
"""Per store; a table of 100,000 vehicles has about five. All of 64 stores together fit a limit of 4096."""

_BLOOM_BITS_PER_KEY: Final = 10
"""One miss in a hundred is looked up in vain."""

_META: Final = b"meta"
_LINK: Final = b"write"
_LINK_END: Final = b"writf"
_MANIFEST: Final = b"manifest"
_NUMBER_BYTES: Final = 8
_IDENTITY: Final = "IDENTITY"
_DAMAGED: Final = "DAMAGED"
_DISK_FULL: Final = "No space left"
_LOCKED: Final = "/LOCK: "
_SIZES: Final = ("rocksdb.estimate-num-keys", "rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")

_T = TypeVar("_T")

_encode_meta = msgspec.msgpack.Encoder().encode
_decode_meta = msgspec.msgpack.Decoder(Meta).decode


class StoreDamagedError(StateError):
    """A store cannot be read any more. The next `open` sets it aside; the worker has to start again."""


class _UnusableError(Exception):
    """What lies in a store's place cannot be used."""


class RocksStores:
    """The stores of one worker, which holds `directory` for itself.

    Args:
        directory: Where the stores are, each in `tasks/<partition>`.
        tables: The tables of every store, by name. Further ones that a store has are left alone.
    """

    def __init__(self, directory: Path, tables: Sequence[str]) -> None:
        self._directory = directory / "tasks"
        self._tables = tuple(tables)
        self._cache = Cache(CACHE_BYTES)
        self._write_buffers = WriteBufferManager.new_write_buffer_manager_with_cache(
            WRITE_BUFFERS_BYTES, False, self._cache
        )

    def open(self, partition: int) -> "RocksStore":
        """Open the partition's store, or make an empty one. What cannot be read is set aside with a warning.

        Raises:
            StateError: Another process holds the store, or not even an empty one can be made.
        """
        path = self._path(partition)
        try:
            store = self._open(path) if path.exists() else None
        except _UnusableError as error:
            self.set_aside(partition, str(error))
            store = None
        return store or self._make(path)

    def set_aside(self, partition: int, reason: str) -> None:
        """Take the closed store of a partition out of the way, with a warning that gives the reason.

        The worker keeps the last one that was set aside, for whoever wants to look at it.

        Raises:
            StateError: The files cannot be moved.
        """
        path = self._path(partition)
        aside = path.with_suffix(".set-aside")
        _log.warning("store %s is set aside as %s and rebuilt from Kafka: %s", path, aside.name, reason)
        try:
            for older in self._directory.glob("*.set-aside"):
                _remove(older)
            path.rename(aside)
        except OSError as error:
            raise StateError(
                f"store {path} cannot be moved away: {error}; delete it, and start again: Kafka has everything"
            ) from error

    def _path(self, partition: int) -> Path:
        return self._directory / str(partition)

    def _open(self, path: Path) -> "RocksStore | None":
        """Open what lies at `path`; None if it never caught up, which happens, and makes it worthless."""
        if (path / _DAMAGED).exists():
            raise _UnusableError("it was found damaged before")
        if not (path / "CURRENT").is_file():
            raise _UnusableError("it is no store of RocksDB")
        manifest = _attempt(path, lambda: _manifest(path))
        found = _attempt(path, lambda: Rdict.list_cf(str(path), self._options()))
        store = self._connect(path, found)
        try:
            caught_up = store.check(found, manifest)
        except _UnusableError:
            store.close()
            raise
        if caught_up:
            return store
        store.close()
        return None

    def _make(self, path: Path) -> "RocksStore":
        """Make an empty store in the place of whatever is there."""
        try:
            if path.exists():
                shutil.rmtree(path)
            path.mkdir(parents=True)
            return self._connect(path)
        except (OSError, _UnusableError) as error:
            raise StateError(
                f"no store can be made in {path}: {error}; make room there, or set FLEET_STATE_DIR to another folder"
            ) from error

    def _connect(self, path: Path, found: Sequence[str] = ()) -> "RocksStore":
        families = {name: self._options() for name in (*found, *self._tables) if name != "default"}
        database = _attempt(path, lambda: Rdict(str(path), self._options(), column_families=families))
        return RocksStore(database, path, self._tables)

    def _options(self) -> Options:
        blocks = BlockBasedOptions()
        blocks.set_block_cache(self._cache)
        blocks.set_bloom_filter(_BLOOM_BITS_PER_KEY, False)
        blocks.set_cache_index_and_filter_blocks(True)
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.create_missing_column_families(True)
        options.set_block_based_table_factory(blocks)
        options.set_write_buffer_manager(self._write_buffers)
        options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
        options.set_arena_block_size(_ARENA_BLOCK_BYTES)
        options.set_max_open_files(_OPEN_FILES)
        options.set_paranoid_checks(True)
        options.set_atomic_flush(True)
        # A log that is cut by a crash is normal, and damage in its middle leaves an earlier state, which is right too.
        options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
        options.set_keep_log_file_num(2)
        options.set_max_log_file_size(256 << 10)
        options.set_stats_dump_period_sec(0)
        options.set_stats_persist_period_sec(0)
        return options


class RocksStore:
    """The tables of one task. Made by `RocksStores.open`."""

    def __init__(self, database: Rdict, path: Path, tables: Sequence[str]) -> None:
        self._database = database
        self._path = path
        self._tables = {name: database.get_column_family(name) for name in tables}
        self._handles = {name: database.get_column_family_handle(name) for name in tables}
        self._links = _LINK + _attempt(path, (path / _IDENTITY).read_bytes)
        self._partition = path.name.encode()
        self._without_wal = WriteOptions()
        self._without_wal.disable_wal = True  # type: ignore[assignment,method-assign] # the stub has it for a method
        self._meta: Meta | None = None
        self._writes = 0

    def check(self, found: Sequence[str], manifest: bytes) -> bool:
        """Read what the store says of itself; return whether it ever caught up.

        Args:
            found: The column families it was opened with.
            manifest: Number and length of the manifest it was opened with.

        Raises:
            _UnusableError: It has no usable account of itself, a write is missing, or a table.
        """
        encoded = _attempt(self._path, lambda: self._database.get(_META))
        if encoded is None:
            return False
        links = _attempt(self._path, lambda: _walk(self._database, _LINK, _LINK_END, 2))
        if len(links) != 1:
            raise _UnusableError("writes are missing in it")
        ((link, partition),) = links
        if link[:-_NUMBER_BYTES] != self._links or partition != self._partition:
            raise _UnusableError("it is of another partition, or has files of another store")
        if manifest < (_attempt(self._path, lambda: self._database.get(_MANIFEST)) or b""):
            raise _UnusableError("its manifest was longer")
        try:
            meta = _decode_meta(encoded)
        except msgspec.DecodeError as error:
            raise _UnusableError(f"what it says of itself cannot be read: {error}") from error
        missing = meta.marks.keys() & self._tables.keys() - set(found)
        if missing:
            raise _UnusableError(f"tables are missing in it: {', '.join(sorted(missing))}")
        self._meta = meta
        self._writes = int.from_bytes(link[-_NUMBER_BYTES:], "big")
        # Opening has written a manifest, which is noted at once; and it may have begun a compaction, which finds damage
        # that nothing above has read, and makes RocksDB refuse every write.
        _attempt(self._path, lambda: self._write_meta(self._without_young_tables(meta), meta))
        return True

    def meta(self) -> Meta | None:
        """Return what the store says of itself; None while it has not caught up for the first time."""
        return self._meta

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return the stored value of a key.

        Raises:
            StoreDamagedError: It cannot be read.
        """
        family = self._tables[table]
        try:
            value: bytes | None = family.get(key)
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing narrower
            del family
            raise self._damaged(error) from error.with_traceback(None)
        return value

    def scan(self, table: str, start: bytes, stop: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` entries with keys in [start, stop), in order; None as `stop` goes to the end.

        Raises:
            StoreDamagedError: They cannot be read.
        """
        family = self._tables[table]
        try:
            return _walk(family, start, stop, limit)
        except Exception as error:  # noqa: BLE001 - as above
            # The family, and the frames that know it, would keep the files open for as long as the error lives.
            del family
            raise self._damaged(error) from error.with_traceback(None)

    def write(self, changes: Mapping[str, TableChanges], meta: Meta) -> None:
        """Write all changes and `meta` at once, or nothing: after a crash, all of it is there or none of it.

        Before `settle` nothing is logged, so that a crash may leave anything; the next `open` deletes it.

        Raises:
            StoreDamagedError: RocksDB refuses, because of damage found earlier.
            StateError: The disk is full.
        """
        batch = WriteBatch(raw_mode=True)
        for table, (values, ranges) in changes.items():
            family = self._handles[table]
            for key, value in values:
                if value is None:
                    batch.delete(key, family)
                else:
                    batch.put(key, value, family)
            for start, stop in ranges:
                batch.delete_range(start, stop, family)
        if self._meta is None:
            self._write(batch, self._without_wal)
        else:
            self._write_meta(batch, meta)

    def settle(self, meta: Meta) -> None:
        """Mark the end of the first catching up: from here on every write is logged.

        Raises:
            StoreDamagedError: As `write`.
            StateError: As `write`.
        """
        if self._meta is None:
            try:
                self._flush()
            except Exception as error:
                raise self._damaged(error) from error
        self._write_meta(WriteBatch(raw_mode=True), meta)

    def sizes(self, table: str) -> tuple[int, int]:
        """Return RocksDB's estimates: keys, and bytes on disk and in memory."""
        family = self._tables[table]
        keys, disk, memory = (family.property_int_value(name) or 0 for name in _SIZES)
        return keys, disk + memory

    def close(self) -> None:
        """Let go of the files, damaged or not; harmless when that is done."""
        # RocksDB's own flush has no order.
        for step in (self._flush, self._tables.clear, self._handles.clear, self._database.close):
            try:
                step()
            except DbClosedError:
                return
            except Exception as error:  # noqa: BLE001 - as above; what could not be flushed is in the log, or in Kafka
                _log.warning("%s", self._damaged(error))

    def _flush(self) -> None:
        """Write everything to files, `meta` last: a table may be ahead of it, for catching up repeats what is there."""
        for family in (*self._tables.values(), self._database):
            family.flush()

    def _write_meta(self, batch: WriteBatch, meta: Meta) -> None:
        try:
            manifest = _manifest(self._path)
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error
        batch.put(_META, _encode_meta(meta))
        batch.put(_MANIFEST, manifest)
        batch.delete(self._link(self._writes))
        batch.put(self._link(self._writes + 1), self._partition)
        self._write(batch, None)
        self._writes += 1
        self._meta = meta

    def _link(self, number: int) -> bytes:
        return self._links + number.to_bytes(_NUMBER_BYTES, "big")

    def _write(self, batch: WriteBatch, options: WriteOptions | None) -> None:
        try:
            self._database.write(batch, options)
        except Exception as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StateError:
        """Say what is wrong, and leave a mark for the next `open` where the files are to blame."""
        if _DISK_FULL in str(error):
            return StateError(f"store {self._path}: {error}; make room, and start the worker again")
        try:
            (self._path / _DAMAGED).write_text(f"{error}\n")
        except OSError as unwritable:
            _log.warning("store %s cannot be marked as damaged: %s", self._path, unwritable)
        return StoreDamagedError(
            f"store {self._path} is damaged: {error}; start the worker again, and it is rebuilt from Kafka"
        )

    def _without_young_tables(self, meta: Meta) -> WriteBatch:
        """Delete what a release wrote that knew a table, before one that did not know it took over for a while."""
        batch = WriteBatch(raw_mode=True)
        for table in self._tables.keys() - meta.marks.keys():
            if last := _last_key(self._tables[table]):
                batch.delete_range(b"", last + b"\0", self._handles[table])
        return batch


def _walk(family: Rdict, start: bytes, stop: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
    """Return entries in order. Not by `items()`: that ends without a word at a damaged block."""
    options = ReadOptions()
    if stop is not None:
        options.set_iterate_upper_bound(stop)
    entries: list[tuple[bytes, bytes]] = []
    walk = family.iter(options)
    walk.seek(start)
    while len(entries) < limit and walk.valid():
        entries.append((walk.key(), walk.value()))
        walk.next()
    walk.status()
    return entries


def _manifest(path: Path) -> bytes:
    """Return number and length of a store's manifest, so that a later one is greater. RocksDB only ever appends."""
    name = (path / "CURRENT").read_text().strip()
    number, size = int(name.removeprefix("MANIFEST-")), (path / name).stat().st_size
    return number.to_bytes(_NUMBER_BYTES, "big") + size.to_bytes(_NUMBER_BYTES, "big")


def _last_key(family: Rdict) -> bytes | None:
    walk = family.iter()
    walk.seek_to_last()
    key: bytes | None = walk.key() if walk.valid() else None
    walk.status()
    return key


def _attempt(path: Path, action: Callable[[], _T]) -> _T:
    """Do something with files that may be damaged.

    Raises:
        _UnusableError: They are.
        StateError: They are not to blame.
    """
    try:
        return action()
    except Exception as error:
        if _LOCKED in str(error):
            raise StateError(f"store {path} is held by another process; stop it, or set FLEET_STATE_DIR") from error
        if _DISK_FULL in str(error):
            raise StateError(f"store {path}: {error}; make room, and start the worker again") from error
        raise _UnusableError(f"it cannot be read: {error}") from error.with_traceback(None)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
