"""A task: partition *p* of every source and every table, and what is done with one batch of records."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from fleet_app.errors import EngineError, FleetError
from fleet_app.metrics import BATCHES_DROPPED, DEAD_LETTERS, RECORDS_HANDLED, TIMERS
from fleet_app.stream.declarations import (
    Agent,
    FailedRecord,
    Handler,
    PlainRecord,
    Record,
    Undecodable,
    UnknownVersionError,
)
from fleet_app.stream.engine.bound_task import BoundTask
from fleet_app.stream.engine.dead_letters import DeadLetterLimit
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox, Parcel
from fleet_app.stream.engine.ports import Clock, Fetched, Log, Meta, Producer, RecordBatch, SourceEnd, Store
from fleet_app.stream.engine.silence import SILENT_AFTER_S
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.engine.task_time import TaskTime
from fleet_app.stream.engine.timers import TaskTimers

logger = logging.getLogger(__name__)

_RECORDS_AT_ONCE: Final = 500
"""Handled before other work has its turn: at 10 µs each, half of the 10 ms that nothing may exceed."""
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
LONGEST_UNCOMMITTED_S: Final = 5.0


class SourceHoleError(EngineError):
    """Records between a task's position and what was fetched are missing."""


class Cut(msgspec.Struct, frozen=True):
    """Everything a commit takes along: what is put, deleted and expired by table, what is sent, and up to where."""

    positions: dict[str, int]
    time_ms: int
    tables: dict[str, tuple[list[tuple[Any, Any]], list[tuple[str, int]]]]
    parcel: Parcel


class _Reader(msgspec.Struct, frozen=True):
    """An agent at work in one task."""

    agent: Agent
    handle: Handler


class Task:
    """One partition's share of the application, as this worker holds it.

    Attributes:
        partition: Its number.
        store: Its tables on disk.
        states: Its tables, by name.
        producer: The only one that may write for it; None until it has been fenced.
        positions: The next offset to be handled, by source topic; empty unless it runs or has just run.
        committed_ms: Wall clock of its last commit here, ms since 1970.
        commit_due_s: When it is to be committed next, by the monotonic clock.
        commit_began_s: When the commit under way began, by the monotonic clock; None without one.
        epoch: The assignment that it runs under; batches of another one are not for it.
        running: Whether it handles records.
        lock: Held by its commit.
        time: The time it lives by.
    """

    def __init__(self, partition: int, agents: Sequence[Agent], store: Store, clock: Clock) -> None:
        self.partition = partition
        self.store = store
        self.producer: Producer | None = None
        self.positions: dict[str, int] = {}
        self.committed_ms: int | None = None
        self.commit_due_s = 0.0
        self.commit_began_s: float | None = None
        self.epoch = 0
        self.running = False
        self.lock = asyncio.Lock()
        self.time = TaskTime(clock)
        self._clock = clock
        self._agents = agents
        self._journal = Journal()
        self.states: dict[str, TableState[Any, Any]] = {}
        self.use(store)
        self._outbox: Outbox | None = None
        self._readers: dict[str, _Reader] = {}
        self._timers: list[tuple[_Reader, TaskTimers]] = []
        self._limit = DeadLetterLimit(partition)
        self._handled_since_commit = False
        self._uncommitted_since_s: float | None = None
        self._room = asyncio.Event()

    def use(self, store: Store) -> None:
        """Go on with another store, and forget what was known of the old one."""
        self.store = store
        self.states = {
            table.name: TableState(table, store, self._journal) for agent in self._agents for table in agent.owns
        }

    def take_marks(self, meta: Meta) -> None:
        """Believe what the store says of itself."""
        for name, mark in meta.marks.items():
            # A table that this release does not have may stand in the store of the one before.
            if name in self.states:
                self.states[name].next_offset, self.states[name].marker = mark.next_offset, mark.marker

    def start(
        self,
        *,
        positions: Mapping[str, int],
        time_ms: int,
        epoch: int,
        partition_of: Callable[[bytes], int],
        limit: DeadLetterLimit,
    ) -> None:
        """Begin to handle records from `positions` on, with what the tables hold now."""
        self._outbox = Outbox(self._journal, partition_of)
        self._readers, self._timers = {}, []
        for agent in self._agents:
            bound = BoundTask(agent, self.partition, self.states, self._outbox, partition_of)
            reader = _Reader(agent, agent.bind(bound))
            self._readers[agent.reads.name] = reader
            self._timers += [(reader, timers) for timers in bound.all_timers]
        for _, timers in self._timers:
            timers.load(self.store)
        self.time.restore(time_ms)
        self._limit = limit
        self._handled_since_commit = False
        self._uncommitted_since_s = None
        self.positions = dict(positions)
        self.epoch = epoch
        self.running = True

    def suspend(self) -> None:
        """Handle nothing from here on; what has been handled can still be committed."""
        self.running = False
        self._let_in()

    def discard(self) -> None:
        """Forget whatever has not been committed, and where the sources stood."""
        self.suspend()
        self.positions = {}
        # A commit that was cut short has left nothing to commit, and values in memory that nobody has stored.
        if self._uncommitted_since_s is not None:
            for state in self.states.values():
                state.forget()
        if self._outbox is not None:
            self._outbox.clear()

    # --- handling

    async def apply(self, fetched: Fetched) -> None:
        """Handle a fetch's records. Returns early when the task is suspended; the rest is fetched again.

        Raises:
            SourceHoleError: It does not follow on what was handled before.
            DeadLetterLimitError: Too many records failed.
            FleetError: Whatever a handler may not go on with.
        """
        topic = fetched.log.topic
        if not self._takes(fetched):
            BATCHES_DROPPED.inc()
            return
        position = self.positions[topic]
        if not fetched.start <= position < fetched.end:
            raise SourceHoleError(
                f"{topic} partition {self.partition}: the task stands at offset {position}, and was handed "
                f"{fetched.start} to {fetched.end}"
            )
        reader = self._readers[topic]
        for batch in fetched.batches:
            if batch.next_offset <= position:
                continue
            if not await self._apply_batch(reader, fetched, batch, position):
                return
            self.positions[topic] = position = batch.next_offset
        self.positions[topic] = fetched.end

    async def _apply_batch(self, reader: _Reader, fetched: Fetched, batch: RecordBatch, position: int) -> bool:
        self._pass_time(batch.max_timestamp)
        for records in _chunks(batch, position):
            await self._until_there_is_room()
            if not self._takes(fetched):
                return False
            self._handle(reader, records)
            self.positions[fetched.log.topic] = records[-1].offset + 1
            await asyncio.sleep(0)
        return self._takes(fetched)

    def _takes(self, fetched: Fetched) -> bool:
        return self.running and fetched.epoch == self.epoch

    def _handle(self, reader: _Reader, records: Sequence[Record]) -> None:
        self._note_change()
        handle, begin = reader.handle, self._journal.clear
        since_bad = 0
        for index, record in enumerate(records):
            begin()
            try:
                handle(record)
            except (FleetError, UnknownVersionError):
                raise
            except Exception as error:  # noqa: BLE001 - one bad record must not stop the others: it is a dead letter
                self._limit.good(index - since_bad, self.time.now_ms)
                since_bad = index + 1
                self._bury(reader.agent, record, error)
        begin()
        self._limit.good(len(records) - since_bad, self.time.now_ms)
        RECORDS_HANDLED.labels(reader.agent.reads.name).inc(len(records))

    def _bury(self, agent: Agent, record: Record, error: Exception) -> None:
        """Undo what the handler has done, and write the record to the dead letters."""
        self._journal.undo()
        detail = _describe(error)
        failed = FailedRecord(
            topic=agent.reads.name, partition=self.partition, record=record, error=error, detail=detail
        )
        key, value = agent.dead_letters.write(failed)
        assert self._outbox is not None  # noqa: S101 - there is one since the task was started
        self._outbox.send(agent.dead_letters.topic, key, value)
        DEAD_LETTERS.labels(agent.reads.name).inc()
        if not isinstance(error, Undecodable):
            logger.error(
                "%s partition %d offset %d: %s failed, the record is a dead letter: %s",
                agent.reads.name, self.partition, record.offset, agent.name, detail,
            )  # fmt: skip
        self._limit.bad(agent.reads.name, record.offset, self.time.now_ms, detail)

    # --- time

    def _pass_time(self, received_ms: int) -> None:
        """Let time pass up to a batch: what is due before it goes off before it is handled."""
        self.time.read(received_ms)
        self._fire()

    def tick(self, ends: Mapping[str, SourceEnd | None], now_s: float) -> None:
        """Let time pass if the task stands at the end of all its sources; `ends` by source topic.

        Raises:
            FleetError: Whatever a timer's handler may not go on with.
        """
        if not self.running:
            return
        told_at_s = now_s
        for topic, position in self.positions.items():
            end = ends[topic]
            if end is None or position < end.offset or end.told_at_s < now_s - SILENT_AFTER_S:
                return
            told_at_s = min(told_at_s, end.told_at_s)
        self.time.stand(told_at_s)
        self._fire()

    def _fire(self) -> None:
        now_ms = self.time.now_ms
        for reader, timers in self._timers:
            while (key := self._next_due(timers, now_ms)) is not None:
                self._note_change()
                TIMERS.inc()
                try:
                    timers.on_due(key, now_ms)
                except (FleetError, UnknownVersionError):
                    raise
                except Exception as error:  # noqa: BLE001 - as for a record: the timer is gone, its failure is told
                    self._bury_timer(reader.agent, timers, key, error)
        self._journal.clear()

    def _next_due(self, timers: TaskTimers, now_ms: int) -> str | None:
        self._journal.clear()
        return timers.take_due(now_ms)

    def _bury_timer(self, agent: Agent, timers: TaskTimers, key: str, error: Exception) -> None:
        record = PlainRecord(offset=-1, timestamp=self.time.now_ms, key=key.encode(), value=None)
        self._bury(agent, record, error)
        self._journal.clear()
        timers.disarm(key)

    # --- committing

    def _note_change(self) -> None:
        self._handled_since_commit = True
        if self._uncommitted_since_s is None:
            self._uncommitted_since_s = self._clock.monotonic_s()

    def has_changes(self) -> bool:
        """Return whether anything has been handled since the last cut."""
        return self._handled_since_commit

    def cut(self) -> Cut:
        """Hand over everything since the last cut; nothing is awaited in between."""
        assert self._outbox is not None  # noqa: S101 - there is one since the task was started
        self._handled_since_commit = False
        return Cut(
            positions=dict(self.positions),
            time_ms=self.time.now_ms,
            tables={name: state.cut() for name, state in self.states.items()},
            parcel=self._outbox.cut(),
        )

    @property
    def outbox(self) -> Outbox:
        """Where outputs wait."""
        assert self._outbox is not None  # noqa: S101 - there is one since the task was started
        return self._outbox

    def landed(self) -> None:
        """Take note that the last cut is durable."""
        self.committed_ms = self._clock.wall_ms()
        self._uncommitted_since_s = self._clock.monotonic_s() if self._handled_since_commit else None
        self._let_in()

    def _let_in(self) -> None:
        room, self._room = self._room, asyncio.Event()
        room.set()

    async def _until_there_is_room(self) -> None:
        while self.running and self.is_full():
            await self._room.wait()

    def is_full(self) -> bool:
        """Return whether so much, or for so long, has not been committed that nothing more is handled until it is."""
        since_s = self._uncommitted_since_s
        if since_s is not None and self._clock.monotonic_s() - since_s > LONGEST_UNCOMMITTED_S:
            return True
        waiting_bytes = self.outbox.waiting_bytes() + sum(state.waiting_bytes() for state in self.states.values())
        return waiting_bytes > MOST_WAITING_BYTES

    # --- what others may ask

    def source_logs(self) -> list[Log]:
        """Return its partition of every source."""
        return [Log(agent.reads.name, self.partition) for agent in self._agents]


def _chunks(batch: RecordBatch, position: int) -> Iterator[list[Record]]:
    """Yield the batch's records from `position` on, a few at a time."""
    records = list(batch)
    if batch.base_offset < position:
        records = [record for record in records if record.offset >= position]
    for start in range(0, len(records), _RECORDS_AT_ONCE):
        yield records[start : start + _RECORDS_AT_ONCE]


def _describe(error: Exception) -> str:
    """Return a sentence about an exception; of a bug, with the place."""
    if isinstance(error, Undecodable):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f", at {frames[-1].name} line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
