"""A task: partition *p* of every source and every table, as one worker holds it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

import msgspec

from fleet_app.errors import EngineError
from fleet_app.metrics import BATCHES_DROPPED
from fleet_app.stream.declarations import Agent, Record
from fleet_app.stream.engine.dead_letters import DeadLetterLimit
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox, Parcel
from fleet_app.stream.engine.ports import Clock, Fetched, Log, LogEnd, Meta, Producer, RecordBatch, Store
from fleet_app.stream.engine.processing import AT_ONCE, Processing
from fleet_app.stream.engine.row_state import state_of
from fleet_app.stream.engine.silence import SILENT_AFTER_S
from fleet_app.stream.engine.table_state import Changes, TableState
from fleet_app.stream.engine.task_time import TaskTime
from fleet_app.stream.engine.task_views import TaskViews
from fleet_app.stream.engine.views import Snapshots, ViewPositions

MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
LONGEST_UNCOMMITTED_S: Final = 5.0


class SourceHoleError(EngineError):
    """Records between a task's position and what was fetched are missing."""


class Cut(msgspec.Struct, frozen=True):
    """Everything a commit takes along.

    Attributes:
        positions: The next offset of every source.
        views: How far the global views were read under which all of it was handled.
        time_ms: Task time, ms since 1970.
        tables: What has changed, by table.
        parcel: What is sent.
    """

    positions: dict[str, int]
    views: ViewPositions
    time_ms: int
    tables: dict[str, Changes[Any, Any]]
    parcel: Parcel


class Task:
    """One partition's share of the application, as this worker holds it.

    Args:
        partition: Its number.
        agents: The application.
        store: Its tables on disk.
        clock: Time.
        newest_views: Returns the worker's newest snapshots of the global views.

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

    def __init__(
        self,
        partition: int,
        agents: Sequence[Agent],
        store: Store,
        clock: Clock,
        newest_views: Callable[[], Snapshots],
    ) -> None:
        self.partition = partition
        self.store = store
        self.states: dict[str, TableState[Any, Any]] = {}
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
        self._views = TaskViews(newest_views)
        self._journal = Journal()
        self._processing: Processing | None = None
        self._handled_since_commit = False
        self._uncommitted_since_s: float | None = None
        self._room = asyncio.Event()
        self.use(store)

    # --- from one owner to the next

    def use(self, store: Store) -> None:
        """Go on with another store, and forget what was known of the old one."""
        self.store = store
        tables = (table for agent in self._agents for table in agent.owns)
        self.states = {table.name: state_of(table, store, self._journal) for table in tables}

    def take_marks(self, meta: Meta) -> None:
        """Believe what the store says of itself."""
        for name, mark in meta.marks.items():
            # A table that this release does not have may stand in the store of the one before.
            if name in self.states:
                self.states[name].next_offset, self.states[name].marker = mark.next_offset, mark.marker

    async def prepare(self, partition_of: Callable[[bytes], int], limit: DeadLetterLimit) -> None:
        """Put the agents to work on what the tables and the views hold now; nothing is handled yet."""
        self._views.take_newest()
        self._processing = Processing(
            self._agents,
            partition=self.partition,
            states=self.states,
            seen=self._views.seen,
            journal=self._journal,
            partition_of=partition_of,
            limit=limit,
        )
        await self._processing.load_timers(self.store)

    def start(self, *, positions: Mapping[str, int], time_ms: int, epoch: int) -> None:
        """Begin to handle records from `positions` on."""
        self.time.restore(time_ms)
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
        self._processing = None
        # A commit that was cut short has left nothing to commit, and values in memory that nobody has stored.
        if self._uncommitted_since_s is not None:
            for state in self.states.values():
                state.discard()

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
        for batch in fetched.batches:
            if batch.next_offset <= position:
                continue
            if not await self._apply_batch(fetched, batch, position):
                return
            self.positions[topic] = position = batch.next_offset
        self.positions[topic] = fetched.end

    async def _apply_batch(self, fetched: Fetched, batch: RecordBatch, position: int) -> bool:
        """Handle a batch: first what is due before it, then its records. Return whether the task goes on."""
        topic = fetched.log.topic
        self.time.read(batch.max_timestamp)
        while self._takes(fetched) and self._fire():
            await asyncio.sleep(0)
            await self._until_there_is_room()
        for records in _chunks(batch, position):
            await self._until_there_is_room()
            if not self._takes(fetched):
                return False
            self._settle_views()
            self._note_change()
            self.processing.handle(topic, records, self.time.now_ms)
            self.positions[topic] = records[-1].offset + 1
            await asyncio.sleep(0)
        return self._takes(fetched)

    def _takes(self, fetched: Fetched) -> bool:
        return self.running and fetched.epoch == self.epoch

    def tick(self, ends: Mapping[str, LogEnd | None], now_s: float) -> None:
        """Let time pass if the task stands at the end of all its sources; `ends` by source topic.

        Raises:
            FleetError: Whatever a timer's handler may not go on with.
        """
        if not self.running or self.is_full():
            return
        told_at_s = now_s
        for topic, position in self.positions.items():
            end = ends[topic]
            if end is None or position < end.offset or end.told_at_s < now_s - SILENT_AFTER_S:
                return
            told_at_s = min(told_at_s, end.told_at_s)
        self.time.stand(told_at_s)
        self._fire()

    def _fire(self) -> bool:
        self._settle_views()
        has_fired = self.processing.fire(self.time.now_ms)
        if has_fired:
            self._note_change()
        return has_fired

    def _settle_views(self) -> None:
        """Let what is handled first after a cut take the newest views, and all that follows the same."""
        if not self._handled_since_commit:
            self._views.take_newest()

    async def _until_there_is_room(self) -> None:
        while self.running and self.is_full():
            await self._room.wait()

    @property
    def processing(self) -> Processing:
        """Its agents at work."""
        assert self._processing is not None  # noqa: S101 - prepared before it was started
        return self._processing

    # --- committing

    def _note_change(self) -> None:
        self._handled_since_commit = True
        if self._uncommitted_since_s is None:
            self._uncommitted_since_s = self._clock.monotonic_s()

    def has_changes(self) -> bool:
        """Return whether anything has been handled since the last cut."""
        return self._handled_since_commit

    def is_full(self) -> bool:
        """Return whether so much, or for so long, has not been committed that nothing more is handled until it is."""
        since_s = self._uncommitted_since_s
        if since_s is not None and self._clock.monotonic_s() - since_s > LONGEST_UNCOMMITTED_S:
            return True
        waiting_bytes = self.outbox.waiting_bytes() + sum(state.waiting_bytes() for state in self.states.values())
        return waiting_bytes > MOST_WAITING_BYTES

    def cut(self) -> Cut:
        """Hand over everything since the last cut; nothing is awaited in between."""
        self._handled_since_commit = False
        return Cut(
            positions=dict(self.positions),
            views=self._views.positions,
            time_ms=self.time.now_ms,
            tables={name: state.cut() for name, state in self.states.items()},
            parcel=self.outbox.cut(),
        )

    @property
    def outbox(self) -> Outbox:
        """Where outputs wait."""
        return self.processing.outbox

    def landed(self) -> None:
        """Take note that the last cut is durable."""
        self.committed_ms = self._clock.wall_ms()
        self._uncommitted_since_s = self._clock.monotonic_s() if self._handled_since_commit else None
        self._let_in()

    def _let_in(self) -> None:
        room, self._room = self._room, asyncio.Event()
        room.set()

    # --- what others may ask

    def source_logs(self) -> list[Log]:
        """Return its partition of every source."""
        return [Log(agent.reads.name, self.partition) for agent in self._agents]


def _chunks(batch: RecordBatch, position: int) -> Iterator[list[Record]]:
    """Yield the batch's records from `position` on, a few at a time."""
    # A batch lets itself be walked once only; `chain` asks it once, where each `islice` would ask again.
    records: Iterator[Record] = chain(batch)
    if batch.base_offset < position:
        records = (record for record in records if record.offset >= position)
    while chunk := list(islice(records, AT_ONCE)):
        yield chunk
