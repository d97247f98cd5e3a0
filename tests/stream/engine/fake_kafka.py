"""Kafka in memory, for tests of the engine; the broker contract runs on it and on the real one.

A call gives way to other tasks once and then happens.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import NamedTuple

from fleet_app.stream.declarations import PlainRecord
from fleet_app.stream.engine.ports import (
    Appended,
    Bounds,
    Fetched,
    Headers,
    Log,
    LogEnd,
    NotAssignedError,
    Outgoing,
)
from fleet_app.stream.kafka.producer import FencedError
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.faults import Faults, Gate


class FakeBatch:
    """A record batch that has been sent."""

    def __init__(self, base_offset: int, next_offset: int, records: tuple[PlainRecord, ...]) -> None:
        self.base_offset = base_offset
        self.next_offset = next_offset
        self.max_timestamp = max(record.timestamp for record in records)
        self._records = iter(records)

    def __iter__(self) -> Iterator[PlainRecord]:
        return self._records


class _Fate(Enum):
    OPEN = auto()
    COMMITTED = auto()
    ABORTED = auto()


class _Transaction:
    """What one producer writes between begin and commit."""

    def __init__(self) -> None:
        self.fate = _Fate.OPEN
        self.logs: dict[Log, None] = {}
        self.positions: dict[Log, int] = {}


_PLAIN = _Transaction()
_PLAIN.fate = _Fate.COMMITTED


class _Stored(NamedTuple):
    """A batch in a log; without records it is the marker that ends a transaction."""

    base_offset: int
    next_offset: int
    records: tuple[PlainRecord, ...]
    transaction: _Transaction


class _StoredLog:
    """One partition of a topic at the broker."""

    def __init__(self) -> None:
        self.start = 0
        self.end = 0
        self.batches: list[_Stored] = []

    def append(self, records: Iterable[Appended], transaction: _Transaction, timestamp: int) -> int:
        written = tuple(
            PlainRecord(offset, timestamp, key, value, tuple(headers))
            for offset, (key, value, headers) in enumerate(records, self.end)
        )
        self._store(written, transaction, len(written))
        return self.end

    def mark(self, transaction: _Transaction) -> None:
        self._store((), transaction, 1)

    def _store(self, records: tuple[PlainRecord, ...], transaction: _Transaction, offsets: int) -> None:
        self.batches.append(_Stored(self.end, self.end + offsets, records, transaction))
        self.end += offsets

    def stable_end(self) -> int:
        opened = (batch.base_offset for batch in self.batches if batch.transaction.fate is _Fate.OPEN)
        return min(opened, default=self.end)

    def read(self, position: int, batches: int) -> tuple[int, list[FakeBatch]]:
        """Return the position after up to `batches` stored batches, and those of them that hold committed data."""
        stable_end = self.stable_end()
        found = [batch for batch in self.batches if position < batch.next_offset <= stable_end][:batches]
        end = found[-1].next_offset if found else position
        return end, [
            FakeBatch(batch.base_offset, batch.next_offset, batch.records)
            for batch in found
            if batch.records and batch.transaction.fate is _Fate.COMMITTED
        ]

    def committed(self) -> list[PlainRecord]:
        return [
            record
            for batch in self.batches
            if batch.transaction.fate is _Fate.COMMITTED
            for record in batch.records
            if record.offset >= self.start
        ]

    def compact(self) -> None:
        """Keep each key's newest record; offsets stay, and so does what an open transaction has written."""
        stable_end = self.stable_end()
        newest = {record.key: record.offset for record in self.committed() if record.offset < stable_end}
        self.batches = [
            batch
            if batch.transaction.fate is not _Fate.COMMITTED or batch.next_offset > stable_end
            else batch._replace(records=tuple(r for r in batch.records if newest[r.key] == r.offset))
            for batch in self.batches
        ]

    def delete_before(self, offset: int) -> None:
        self.start = offset
        self.batches = [batch for batch in self.batches if batch.next_offset > offset]


class FakeKafka:
    """A broker with one consumer group.

    `faults` plans what fails, `gate` stops every client at once as a frozen broker does. Logs come into being when they
    are first named. What a producer of a group's source would append is appended with `put`.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.faults = Faults()
        self.gate = Gate()
        self.batches_per_fetch = 3
        self.producers: list[FakeProducer] = []
        self._logs: dict[Log, _StoredLog] = {}
        self._offsets: dict[Log, int] = {}
        self._epochs: Counter[str] = Counter()
        self._transactions: dict[str, _Transaction] = {}

    def producer(self, transactional_id: str) -> "FakeProducer":
        """Return a new producer, not yet started; `producers` remembers it."""
        self.producers.append(FakeProducer(self, transactional_id))
        return self.producers[-1]

    def changelogs(self) -> "FakeChangelogs":
        """Return a reader of changelogs."""
        return FakeChangelogs(self)

    def sources(self) -> "FakeSources":
        """Return the consumer of one member of the group."""
        return FakeSources(self)

    def put(self, log: Log, *records: Outgoing) -> None:
        """Append records outside any transaction, as one batch stamped with the present time."""
        self.log(log).append(records, _PLAIN, self.clock.wall_ms())

    def records(self, log: Log) -> list[PlainRecord]:
        """Return what a read-committed reader finds, from the start."""
        return self.log(log).committed()

    def latest(self, log: Log) -> dict[bytes, bytes]:
        """Return each key's newest committed value, without those that a tombstone ends."""
        newest = {record.key: record.value for record in self.records(log)}
        return {key: value for key, value in newest.items() if key is not None and value is not None}

    def group_offset(self, log: Log) -> int | None:
        """Return what the group has committed."""
        return self._offsets.get(log)

    def move_group_offset(self, log: Log, offset: int | None) -> None:
        """Change what the group has committed, as an operator might by hand; None takes it away."""
        self._offsets.pop(log, None)
        if offset is not None:
            self._offsets[log] = offset

    def delete_before(self, log: Log, offset: int) -> None:
        """Let retention take what is older."""
        self.log(log).delete_before(offset)

    def compact(self, log: Log) -> None:
        """Let the cleaner run."""
        self.log(log).compact()

    def recreate(self, topic: str) -> None:
        """Delete a topic, with the group's offsets in it, and create it again."""
        for log in [log for log in self._logs if log.topic == topic]:
            del self._logs[log]
            self._offsets.pop(log, None)

    def time_out(self, transactional_id: str) -> None:
        """End a transaction that has been open for too long; its producer is refused from now on."""
        self.take_epoch(transactional_id)

    def log(self, log: Log) -> _StoredLog:
        return self._logs.setdefault(log, _StoredLog())

    def take_epoch(self, transactional_id: str) -> int:
        self._end(self._transactions.pop(transactional_id, None), _Fate.ABORTED)
        self._epochs[transactional_id] += 1
        return self._epochs[transactional_id]

    def check_epoch(self, transactional_id: str, epoch: int) -> None:
        if epoch != self._epochs[transactional_id]:
            raise FencedError(f"producer {transactional_id} of epoch {epoch} is fenced")

    def transaction(self, transactional_id: str) -> _Transaction:
        return self._transactions.setdefault(transactional_id, _Transaction())

    def commit(self, transactional_id: str) -> None:
        self._end(self._transactions.pop(transactional_id, None), _Fate.COMMITTED)

    def _end(self, transaction: _Transaction | None, fate: _Fate) -> None:
        if transaction is None:
            return
        transaction.fate = fate
        for log in transaction.logs:
            self.log(log).mark(transaction)
        if fate is _Fate.COMMITTED:
            self._offsets.update(transaction.positions)


class FakeProducer:
    """A transactional producer. While it is paused its calls wait, and then happen: a zombie that wakes up."""

    def __init__(self, kafka: FakeKafka, transactional_id: str) -> None:
        self.transactional_id = transactional_id
        self.closed = False
        self._kafka = kafka
        self._gate = Gate()
        self._epoch = 0

    def pause(self) -> None:
        self._gate.close()

    def resume(self) -> None:
        self._gate.open()

    async def fence(self) -> None:
        await self._reach_broker()
        with self._kafka.faults.call("fence"):
            self._epoch = self._kafka.take_epoch(self.transactional_id)

    async def begin(self) -> None:
        """Begin. The broker is not asked: who is fenced finds out with the first record."""
        await self._gate.passed()
        with self._kafka.faults.call("begin"):
            pass

    async def append(self, log: Log, records: Iterable[Appended]) -> Awaitable[int]:
        await self._reach_broker()
        acked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        with self._kafka.faults.call("append"):
            self._check()
            transaction = self._kafka.transaction(self.transactional_id)
            transaction.logs[log] = None
            acked.set_result(self._kafka.log(log).append(records, transaction, self._kafka.clock.wall_ms()))
        return acked

    async def send_positions(self, positions: Mapping[Log, int]) -> None:
        await self._reach_broker()
        with self._kafka.faults.call("send_positions"):
            self._check()
            self._kafka.transaction(self.transactional_id).positions.update(positions)

    async def commit(self) -> None:
        await self._reach_broker()
        with self._kafka.faults.call("commit"):
            self._check()
            self._kafka.commit(self.transactional_id)

    async def close(self) -> None:
        """Let go. A transaction that is open stays open, until the next epoch ends it."""
        await asyncio.sleep(0)
        self.closed = True

    async def _reach_broker(self) -> None:
        await self._gate.passed()
        await self._kafka.gate.passed()

    def _check(self) -> None:
        self._kafka.check_epoch(self.transactional_id, self._epoch)


class FakeChangelogs:
    """A read-committed reader without a group. While it is paused nothing is fetched."""

    def __init__(self, kafka: FakeKafka) -> None:
        self._kafka = kafka
        self._positions: dict[Log, int] = {}
        self._ends: dict[Log, LogEnd] = {}
        self._gate = Gate()

    def pause(self) -> None:
        self._gate.close()

    def resume(self) -> None:
        self._gate.open()

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        await self._kafka.gate.passed()
        with self._kafka.faults.call("bounds"):
            return {log: Bounds(self._kafka.log(log).start, self._kafka.log(log).stable_end()) for log in logs}

    def follow(self, positions: Mapping[Log, int]) -> None:
        self._positions = dict(positions)
        self._ends = {}

    async def fetch(self) -> list[Fetched]:
        await self._gate.passed()
        await self._kafka.gate.passed()
        with self._kafka.faults.call("fetch"):
            told_at_s = self._kafka.clock.monotonic_s()
            self._ends = {log: LogEnd(self._kafka.log(log).stable_end(), told_at_s) for log in self._positions}
            return _read(self._kafka, self._positions)

    def end(self, log: Log) -> LogEnd | None:
        return self._ends.get(log)

    def rest(self) -> None:
        self._positions = {}


class FakeSources:
    """The group's consumer in one worker. The test assigns, and hands what is fetched to the engine."""

    def __init__(self, kafka: FakeKafka) -> None:
        self._kafka = kafka
        self._assigned: frozenset[Log] = frozenset()
        self._positions: dict[Log, int] = {}
        self._epochs: dict[Log, int] = {}
        self._ends: dict[Log, LogEnd] = {}

    def assign(self, logs: Collection[Log]) -> None:
        """Take over these sources, and no others; nothing flows before `run`."""
        self._assigned = frozenset(logs)
        self._positions.clear()
        self._epochs.clear()

    async def committed(self, logs: Collection[Log]) -> dict[Log, int | None]:
        await self._kafka.gate.passed()
        with self._kafka.faults.call("committed"):
            return {log: self._kafka.group_offset(log) for log in logs}

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        await self._kafka.gate.passed()
        with self._kafka.faults.call("source_bounds"):
            return {log: Bounds(self._kafka.log(log).start, self._kafka.log(log).stable_end()) for log in logs}

    async def run(self, positions: Mapping[Log, int], epoch: int) -> None:
        await asyncio.sleep(0)
        with self._kafka.faults.call("run"):
            if not positions.keys() <= self._assigned:
                raise NotAssignedError(f"{sorted(positions.keys() - self._assigned)} are not assigned")
            self._positions.update(positions)
            self._epochs.update(dict.fromkeys(positions, epoch))

    def end(self, log: Log) -> LogEnd | None:
        return self._ends.get(log)

    def fetch(self) -> list[Fetched]:
        """Return what has come of the sources that run, each with the epoch it runs in."""
        told_at_s = self._kafka.clock.monotonic_s()
        self._ends.update({log: LogEnd(self._kafka.log(log).end, told_at_s) for log in self._positions})
        return [
            Fetched(fetched.log, fetched.start, fetched.end, fetched.batches, self._epochs[fetched.log])
            for fetched in _read(self._kafka, self._positions)
        ]


def _read(kafka: FakeKafka, positions: dict[Log, int]) -> list[Fetched]:
    """Read on from `positions` and move them. A position that the log does not hold is moved to its start first."""
    fetched = []
    for log, position in positions.items():
        stored = kafka.log(log)
        start = position if stored.start <= position <= stored.end else stored.start
        end, batches = stored.read(start, kafka.batches_per_fetch)
        if end > start:
            fetched.append(Fetched(log, start, end, batches))
    positions.update({found.log: found.end for found in fetched})
    return fetched


def outgoing(key: str, value: str | None, headers: Headers = ()) -> Outgoing:
    """Return a record of text."""
    return Outgoing(key.encode(), None if value is None else value.encode(), headers)
