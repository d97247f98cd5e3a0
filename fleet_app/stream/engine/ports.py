"""What a task asks of Kafka, of its store and of time. The engine knows nothing else of them.

Offsets are next offsets everywhere: the offset of the first record that is not yet read or written.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from fleet_app.stream.declarations import Record

Headers = Sequence[tuple[str, bytes | None]]


class Log(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class RecordBatch(Protocol):
    """A batch of records as the broker sent it, decoded while it is walked; it can be walked once."""

    @property
    def base_offset(self) -> int:
        """Offset of its first record when it was written; compaction may have taken that one away."""

    @property
    def next_offset(self) -> int:
        """The offset after its last."""

    @property
    def max_timestamp(self) -> int:
        """The newest Kafka timestamp in it, ms since 1970."""

    def __iter__(self) -> Iterator[Record]:
        """Walk the records."""


class Fetched(msgspec.Struct, frozen=True):
    """What one fetch brought of a log.

    Attributes:
        log: The partition.
        start: The fetch position before.
        end: The fetch position after. What compaction, aborts and control records leave out is between the two.
        batches: Batches of data, in order; the first may begin before `start`, its earlier records are not meant.
        epoch: The task's epoch when the consumer took it over, 0 for logs outside tasks.
    """

    log: Log
    start: int
    end: int
    batches: Sequence[RecordBatch]
    epoch: int = 0


class Outgoing(NamedTuple):
    """A record to be appended. Where there are many, a plain tuple of the three is made in a third of the time."""

    key: bytes
    value: bytes | None
    headers: Headers = ()


Appended = tuple[bytes, bytes | None, Headers]
"""An `Outgoing`, or a plain tuple of key, value and headers."""


class Producer(Protocol):
    """The one producer that may write for a task: transactional, with the task's own id."""

    async def fence(self) -> None:
        """Take a new epoch of the id, which ends the transaction of whoever held it, and refuses them from now on."""

    async def begin(self) -> None:
        """Begin a transaction."""

    async def append(self, log: Log, records: Iterable[Appended]) -> Awaitable[int]:
        """Hand records over in order, at least one; the result resolves to the log's next offset once all are acked.

        Gives way to other work between batches.
        """

    async def send_positions(self, positions: Mapping[Log, int]) -> None:
        """Add the group's offsets to the transaction."""

    async def commit(self) -> None:
        """Commit the transaction."""

    async def close(self) -> None:
        """Let go; harmless at any time."""


class Bounds(NamedTuple):
    """Where a log starts and ends: its first offset still kept, and its last stable offset."""

    start: int
    end: int


class LogEnd(NamedTuple):
    """The end of a log as the broker last told: the next offset, and when that was, by the monotonic clock."""

    offset: int
    told_at_s: float


class Changelogs(Protocol):
    """Read-committed reading of changelogs and the like, without a group."""

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        """Return the bounds of each log, asked now."""

    def follow(self, positions: Mapping[Log, int]) -> None:
        """From now on fetch these logs from these offsets, and no others."""

    async def fetch(self) -> list[Fetched]:
        """Return what has come, or nothing after a short wait."""

    def end(self, log: Log) -> LogEnd | None:
        """Return where a log that is followed ends, as of the last fetch; None before the first."""

    def rest(self) -> None:
        """Fetch nothing until the next `follow`: an idle long poll would hold up the next `bounds`."""


class Sources(Protocol):
    """The group's consumer, as far as a task may touch it."""

    async def committed(self, logs: Collection[Log]) -> dict[Log, int | None]:
        """Return the group's committed offsets, asked of the broker now; None where there is none."""

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        """Return where each source starts and ends, asked of the broker now."""

    async def run(self, positions: Mapping[Log, int], epoch: int) -> None:
        """Seek, stamp what is fetched from here on with `epoch`, and let it flow; one step for the consumer.

        Raises:
            NotAssignedError: A source has been taken away meanwhile.
        """

    def end(self, log: Log) -> LogEnd | None:
        """Return where a source ends, as of the last fetch; None before the first."""


class NotAssignedError(Exception):
    """A source is not assigned to this worker any more: another rebalance has begun."""


class StoreMark(msgspec.Struct, frozen=True, array_like=True):
    """How far a table's changelog is in the store.

    Attributes:
        origin: Which incarnation of the changelog, in which cluster; what was made from another one is worthless.
        next_offset: The changelog's next offset.
        marker: The encoded marker last seen in it.
    """

    origin: str
    next_offset: int
    marker: bytes | None


class Meta(msgspec.Struct, frozen=True, array_like=True):
    """What a store says of itself, written together with its values.

    Attributes:
        marks: How far each table's changelog is in it.
        written_ms: Wall clock of the write, ms since 1970: tombstones live for a limited time only.
    """

    marks: dict[str, StoreMark]
    written_ms: int


class TableChanges(NamedTuple):
    """What is written to a table in one go: values by stored key (None deletes), then ranges [from, to) to delete."""

    values: Iterable[tuple[bytes, bytes | None]]
    ranges: Iterable[tuple[bytes, bytes]] = ()


class Store(Protocol):
    """The tables of one task on the local disk. Reads see everything written so far."""

    def meta(self) -> Meta | None:
        """Return what the store says of itself; None while it has not caught up for the first time."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return the stored value of a key."""

    def scan(self, table: str, start: bytes, stop: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` entries with keys in [start, stop), in order; None as `stop` goes to the end."""

    def write(self, changes: Mapping[str, TableChanges], meta: Meta) -> None:
        """Write all changes and `meta` at once, or nothing: after a crash, all of it is there or none of it.

        Before `settle` a crash may leave anything, and the store starts empty the next time.
        """

    def settle(self, meta: Meta) -> None:
        """Mark the end of the first catching up; harmless when it has been marked."""

    def sizes(self, table: str) -> tuple[int, int]:
        """Return RocksDB's estimates: keys, and bytes on disk and in memory."""

    def close(self) -> None:
        """Let go of the files."""


class Stores(Protocol):
    """The stores of a worker, one per task."""

    def open(self, partition: int) -> Store:
        """Open the partition's store, or make an empty one. What cannot be read is set aside with a warning."""

    def set_aside(self, partition: int, reason: str) -> None:
        """Discard the closed store of a partition, with a warning that gives the reason."""


class Clock(Protocol):
    """Time, for whatever must not be decided by data."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""

    def wall_ms(self) -> int:
        """Return ms since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Return after a while."""


NewProducer = Callable[[int], Producer]
"""Returns the producer of a partition, not yet started."""
