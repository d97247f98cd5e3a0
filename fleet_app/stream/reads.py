"""What a worker knows without asking anyone: the tables it holds and where the others are.

Views depend on these two protocols alone. The engine implements them; tests hold a dict against them.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from fleet_app.stream.declarations import Table, V


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
    """How much of a table one owned partition holds here. `bytes` is RocksDB's estimate on disk and in memory."""

    partition: int
    keys: int
    bytes: int


class PartitionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an owned source partition is read. `position` is the next offset, `end` the log's end, if known."""

    topic: str
    partition: int
    position: int | None
    end: int | None

    @property
    def lag(self) -> int | None:
        """Records that wait to be read, if known."""
        if self.position is None or self.end is None:
            return None
        return max(0, self.end - self.position)


def total(parts: Iterable[int | None]) -> int | None:
    """Return the sum, or None if a part is not known."""
    known = 0
    for part in parts:
        if part is None:
            return None
        known += part
    return known


class LocalTables(Protocol):
    """The partitions of each table that this worker owns."""

    def declared(self) -> tuple[Table[Any], ...]:
        """Return every table of the application."""

    def get(self, table: Table[V], key: str) -> V | None:
        """Return the value of a key whose partition this worker owns, or None."""

    async def scan(self, table: Table[V], *, after: str | None, limit: int) -> list[tuple[str, V]]:
        """Return up to `limit` entries of the owned partitions with keys above `after`, in key order (UTF-8 bytes).

        Gives way to other work at least every 10 ms.
        """

    async def sizes(self, table: Table[Any]) -> list[PartitionSize]:
        """Return the size of each owned partition. Gives way to other work at least every 10 ms."""


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
        """Return the partitions this worker owns by the last assignment."""

    def progress(self) -> list[PartitionProgress]:
        """Return how far each owned source partition is read."""
