"""What a worker knows without asking anyone: the tables it holds and where the others are.

Views depend on these two protocols alone. The engine implements them; tests hold a dict against them.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from fleet_app.stream.declarations import GlobalView, S, Table, V
from fleet_app.stream.keys import K, RowKey


class Phase(StrEnum):
    """Where a worker stands in its life."""

    STARTING = "starting"
    """Connecting to Kafka, creating topics, joining the group."""
    RESTORING = "restoring"
    """Reading its tables back from their changelogs, or waiting for partitions."""
    RUNNING = "running"
    """Processing; its tables can be read."""
    STOPPING = "stopping"
    """Handing its partitions over."""


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the group: its URL and its partitions. A partition's owner processes it, a standby copies it."""

    url: str
    owns: tuple[int, ...]
    standby_for: tuple[int, ...]


class PartitionSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a table one owned partition holds here. Both are RocksDB's estimates."""

    partition: int
    keys: int
    bytes: int


class Duty(StrEnum):
    """What a worker does for a partition."""

    OWNER = "owner"
    """Processes it."""
    STANDBY = "standby"
    """Keeps a copy, to take over quickly."""


class TaskState(StrEnum):
    """Where a task stands."""

    RESTORING = "restoring"
    """Reads its changelogs."""
    RUNNING = "running"
    """An owner processes; a standby has caught up once and follows."""
    STOPPED = "stopped"
    """Handed over, or failed."""


class SourceProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a source partition is read. `position` is the next offset, `end` the log's end, each if known."""

    topic: str
    position: int | None
    end: int | None

    @property
    def lag(self) -> int | None:
        """Records that wait to be read, if known."""
        if self.position is None or self.end is None:
            return None
        return max(0, self.end - self.position)


class RestoreProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a task's changelogs are read: offsets behind and in all, since the restore or the tailing began."""

    done: int
    total: int


class TaskReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells of one of its tasks.

    Attributes:
        partition: Its partition of everything.
        duty: Whether the worker processes it or copies it.
        state: Where it stands.
        sources: How far each source is read; empty for a standby.
        committed_ms: When it last committed, wall clock, ms since 1970; None before the first time here.
        time_ms: Its task time, ms since 1970; None for a standby and before it runs.
        restore: How far its changelogs are read.
    """

    partition: int
    duty: Duty
    state: TaskState
    sources: list[SourceProgress]
    committed_ms: int | None
    time_ms: int | None
    restore: RestoreProgress

    @property
    def lag(self) -> int | None:
        """Records that wait in its sources, if known."""
        return total(source.lag for source in self.sources)


def total(parts: Iterable[int | None]) -> int | None:
    """Return the sum, or None if a part is not known."""
    known = 0
    for part in parts:
        if part is None:
            return None
        known += part
    return known


class LocalTables(Protocol):
    """The partitions of each table whose tasks run here.

    By key and by row, reads show what has been handled, up to one commit ahead of what is durable. Lists and sizes
    show what is committed.
    """

    def declared(self) -> tuple[Table[Any, Any], ...]:
        """Return every table of the application."""

    def get(self, table: Table[K, V], key: K) -> V | None:
        """Return the value of a key whose task runs here, or None."""

    def rows(self, table: Table[RowKey, V], text: str, start: int, stop: int) -> list[tuple[int, V]]:
        """Return the rows of `text` numbered in [start, stop), in order, if its task runs here."""

    async def scan(self, table: Table[Any, V], *, after: bytes | None, limit: int) -> list[tuple[bytes, V]]:
        """Return up to `limit` entries of the partitions that run here, with stored keys above `after`, in order.

        Gives way to other work at least every 10 ms.
        """

    def sizes(self, table: Table[Any, Any]) -> list[PartitionSize]:
        """Return the size of each partition that runs here."""


class Membership(Protocol):
    """Who owns which partition, as far as this worker knows."""

    @property
    def url(self) -> str:
        """This worker's own URL."""

    @property
    def partitions(self) -> int:
        """Partitions of every topic and table."""

    def phase(self) -> Phase:
        """Return where this worker stands."""

    def workers(self) -> tuple[Worker, ...]:
        """Return all members of the group by the last assignment, this worker included; empty before the first."""

    def owner(self, partition: int) -> str | None:
        """Return the URL of the worker that owns a partition, or None while nobody is known to."""

    def owned(self) -> frozenset[int]:
        """Return the partitions that this worker owns and that can be read.

        They can while their tasks run, and after that until the group has shared anew: a worker that has lost sight
        of Kafka goes on answering with what it knows.
        """

    def tasks(self) -> list[TaskReport]:
        """Return what this worker does for each of its partitions."""


class ViewReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells of its copy of a global view.

    Attributes:
        topic: The topic that it is read from.
        keys: How many keys it holds.
        lag: Records that wait to be read, over all partitions, as of `told_age_s` ago.
        told_age_s: Seconds since Kafka last told where the topic ends; the copy may be older than it looks by so much.
        refused: Records passed over because they could not be read; the value before them stays.
    """

    topic: str
    keys: int
    lag: int
    told_age_s: float
    refused: int


class LocalViews(Protocol):
    """The global views of this worker: whole, wherever they are asked for."""

    def is_whole(self, view: GlobalView[Any, Any]) -> bool:
        """Return whether a view has been read up to where its topic ended once; before that no task runs."""

    def now(self, view: GlobalView[Any, S]) -> S:
        """Return the newest snapshot."""

    def reports(self) -> list[ViewReport]:
        """Return how far each view is read."""
