"""All tasks of a worker: taken over, run, committed and handed on, as the group decides."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final

from fleet_app.errors import EngineError
from fleet_app.metrics import COMMIT_SECONDS, COMMITS, RESTORE_SECONDS
from fleet_app.stream.declarations import Agent, Table
from fleet_app.stream.engine.catch_up import why_outdated
from fleet_app.stream.engine.commit import Committer
from fleet_app.stream.engine.dead_letters import DeadLetterLimit, NoLimit
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.ports import Fetched, Log, LogEnd, NotAssignedError
from fleet_app.stream.engine.restore import Restorer
from fleet_app.stream.engine.silence import Silence, is_silent
from fleet_app.stream.engine.standby import Standbys
from fleet_app.stream.engine.surroundings import Rules, Surroundings
from fleet_app.stream.engine.task import Task
from fleet_app.stream.naming import changelog_name
from fleet_app.stream.reads import Duty, RestoreProgress, SourceProgress, TaskReport, TaskState

logger = logging.getLogger(__name__)

_BEAT_S: Final = 0.05
"""How often the tasks are looked at: what is due is committed, and time passes for those at the end of their input."""
LONGEST_COMMIT_S: Final = 10.0
"""The transaction timeout: an older transaction holds back every reader of its partitions, and is given up by Kafka."""
_NOTHING_TO_RESTORE: Final = RestoreProgress(done=0, total=0)

Ends = Mapping[str, LogEnd | None]
"""Where a task's sources end, by topic, as Kafka last told."""


class CommitTooLongError(EngineError):
    """A commit has outlived its transaction."""


class Tasks:
    """The engine of one worker.

    Args:
        agents: The application.
        around: Kafka, stores, time and chance, behind ports.
        rules: What the operator decides.
        on_failure: Called once, when a task cannot go on: the worker must stop.
        on_running: Called when every task of an assignment runs.
    """

    def __init__(
        self,
        agents: Sequence[Agent],
        around: Surroundings,
        rules: Rules,
        *,
        on_failure: Callable[[BaseException], None],
        on_running: Callable[[], None],
    ) -> None:
        self.failure: BaseException | None = None
        self.tables: tuple[Table[Any, Any], ...] = tuple(table for agent in agents for table in agent.owns)
        self._agents = tuple(agents)
        self._around = around
        self._clock = around.clock
        self._rules = rules
        self._on_failure = on_failure
        self._on_running = on_running
        self._layout: Layout | None = None
        self._epoch = 0
        self._tasks: dict[int, Task] = {}
        self._active: frozenset[int] = frozenset()
        self._restorer: Restorer | None = None
        self._standbys: Standbys | None = None
        self._committer: Committer | None = None
        self._working: list[asyncio.Task[None]] = []
        self._commits: dict[int, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []
        self._silence = Silence()

    # --- life

    async def start(self, origins: Mapping[str, str]) -> None:
        """Read the global views, then begin.

        `origins` says which incarnation of each source and changelog topic Kafka has.
        """
        await self._around.views.load()
        changelogs = {table.name: changelog_name(self._rules.app_id, table.name) for table in self.tables}
        self._layout = Layout(
            changelogs=changelogs,
            changelog_origins={table: origins[topic] for table, topic in changelogs.items()},
            source_origins={agent.reads.name: origins[agent.reads.name] for agent in self._agents},
        )
        self._committer = Committer(self._layout, self._around.fail_points)
        self._background = [asyncio.create_task(self._beat_for_ever()), asyncio.create_task(self._follow_views())]

    async def stop(self) -> None:
        """Let go of everything; what is not committed is left to the next owner."""
        self.suspend()
        await self._halt()
        for work in self._background:
            work.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for task in self._tasks.values():
            self._release(task)
        self._tasks = {}
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _fail(self, error: BaseException) -> None:
        """Stop all tasks, for good."""
        if self.failure is not None:
            return
        self.failure = error
        self.suspend()
        logger.critical("the engine stops: %s", error)
        self._on_failure(error)

    async def _guard(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something in the background whose failure is the worker's, unless a rebalance has overtaken it."""
        epoch = self._epoch
        try:
            await work()
        except NotAssignedError as error:
            logger.warning("given up: %s", error)
        except Exception as error:
            if epoch == self._epoch and self._restorer is not None:
                self._fail(error)
                raise
            logger.warning("given up, the group is sharing anew: %s", error)

    async def _follow_views(self) -> None:
        try:
            await self._around.views.follow()
        except Exception as error:
            self._fail(error)
            raise

    # --- what the group decides

    def suspend(self) -> None:
        """Stop handling at once: partitions are being taken away. What has been handled can still be committed."""
        for task in self._tasks.values():
            task.suspend()
        self._restorer = None
        for work in self._working:
            work.cancel()

    async def final_commit(self) -> None:
        """Commit what has been handled, while this worker is still a member; commits under way are awaited.

        Raises:
            Exception: What ended a commit; the worker stops.
        """
        self.suspend()
        if self.failure is None:
            await asyncio.gather(*(self._commit(task) for task in self._tasks.values() if task.positions))

    async def assign(self, active: Collection[int], standby: Collection[int], epoch: int) -> None:
        """Take partitions over, or keep them. Returns at once; restoring goes on in the background.

        After a failure nothing is taken over any more.
        """
        self.suspend()
        await self._halt()
        layout = self._layout
        if self.failure is not None or layout is None:
            return
        self._epoch, self._active = epoch, frozenset(active)
        for partition, task in list(self._tasks.items()):
            async with task.lock:
                self._close_producer(task)
                task.discard()
            if partition not in active and partition not in standby:
                self._release(self._tasks.pop(partition))
        for partition in sorted({*active, *standby}):
            if partition not in self._tasks:
                self._tasks[partition] = self._open(partition, layout)
                await asyncio.sleep(0)
        self._begin(layout, sorted(active), sorted(standby))

    def _begin(self, layout: Layout, active: Sequence[int], standby: Sequence[int]) -> None:
        self._restorer = Restorer(self._around, layout, renew_store=self._renew_store, start=self._start_task)
        self._standbys = Standbys(self._around, layout, renew_store=self._renew_store)
        restoring = partial(self._restore, self._restorer, [self._tasks[partition] for partition in active])
        self._working = [asyncio.create_task(self._guard(restoring))]
        if standby:
            following = partial(self._standbys.follow, [self._tasks[partition] for partition in standby])
            self._working.append(asyncio.create_task(self._guard(following)))

    async def _restore(self, restorer: Restorer, tasks: Sequence[Task]) -> None:
        began_s = self._clock.monotonic_s()
        if tasks:
            await restorer.restore(tasks, self._epoch)
            RESTORE_SECONDS.observe(self._clock.monotonic_s() - began_s)
        self._on_running()

    async def _start_task(self, task: Task, positions: dict[str, int], time_ms: int) -> None:
        limit = DeadLetterLimit if self._rules.stops_at_dead_letter_limit else NoLimit
        await task.prepare(self._around.partition_of, limit(task.partition))
        if self._restorer is None:
            raise NotAssignedError(f"partition {task.partition} was about to run when it was taken away")
        task.start(positions=positions, time_ms=time_ms, epoch=self._epoch)
        task.commit_due_s = self._clock.monotonic_s() + self._rules.commit_interval_s * self._around.chance.random()

    async def _halt(self) -> None:
        """Wait until nothing restores, follows or commits any more."""
        for work in self._working if self.failure is None else (*self._working, *self._commits.values()):
            work.cancel()
        await asyncio.gather(*self._working, *self._commits.values(), return_exceptions=True)
        self._working = []

    # --- stores and producers

    def _open(self, partition: int, layout: Layout) -> Task:
        store, views = self._around.stores.open(partition), self._around.views
        task = Task(partition, self._agents, store, self._clock, lambda: views.newest)
        meta = task.store.meta()
        if meta is not None:
            reason = why_outdated(meta, layout.changelog_origins, self._clock.wall_ms())
            if reason is not None:
                self._renew_store(task, reason)
            else:
                task.take_marks(meta)
        return task

    def _renew_store(self, task: Task, reason: str) -> None:
        task.store.close()
        self._around.stores.set_aside(task.partition, reason)
        task.use(self._around.stores.open(task.partition))

    def _release(self, task: Task) -> None:
        self._close_producer(task)
        task.store.close()

    def _close_producer(self, task: Task) -> None:
        producer, task.producer = task.producer, None
        if producer is not None:
            closing = asyncio.create_task(producer.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    # --- handling and committing

    async def apply(self, fetched: Fetched) -> None:
        """Handle what was fetched of a source. Waits while the task has too much uncommitted.

        Raises:
            Exception: What the task cannot go on with; the worker stops.
        """
        task = self._tasks.get(fetched.log.partition)
        if task is None:
            return
        try:
            await task.apply(fetched)
        except Exception as error:
            self._fail(error)
            raise

    async def _beat_for_ever(self) -> None:
        while self.failure is None:
            await self._clock.sleep(_BEAT_S)
            now_s = self._clock.monotonic_s()
            owned = [(task, self._ends(task)) for task in self._tasks.values() if task.partition in self._active]
            self._listen(owned, now_s)
            for task, ends in owned:
                self._watch_commit(task, ends, now_s)
                self._tick(task, ends, now_s)
                self._commit_if_due(task, now_s)
                # Timers may have gone off in all of them: each is a turn of its own.
                await asyncio.sleep(0)

    def _ends(self, task: Task) -> Ends:
        return {log.topic: self._around.sources.end(log) for log in task.source_logs()}

    def _listen(self, owned: Sequence[tuple[Task, Ends]], now_s: float) -> None:
        flowing = [ends for task, ends in owned if task.running]
        if flowing:
            self._silence.note(silent=all(is_silent(ends.values(), now_s) for ends in flowing), now_s=now_s)

    def _tick(self, task: Task, ends: Ends, now_s: float) -> None:
        try:
            task.tick(ends, now_s)
        except Exception as error:
            self._fail(error)
            raise

    def _commit_if_due(self, task: Task, now_s: float) -> None:
        if not task.running or not task.has_changes() or task.partition in self._commits:
            return
        if now_s < task.commit_due_s and not task.is_full():
            return
        task.commit_due_s = now_s + self._rules.commit_interval_s
        committing = asyncio.create_task(self._commit(task))
        self._commits[task.partition] = committing
        committing.add_done_callback(lambda done: self._commit_ended(task.partition, done))

    def _commit_ended(self, partition: int, committing: "asyncio.Task[None]") -> None:
        del self._commits[partition]
        if not committing.cancelled():
            # Told by `_fail` already; asked for here, so that it does not count as overlooked.
            committing.exception()

    async def _commit(self, task: Task) -> None:
        async with task.lock:
            if self.failure is not None or not task.has_changes():
                return
            assert task.producer is not None  # noqa: S101 - a task with positions has been fenced
            assert self._committer is not None  # noqa: S101 - made at the start
            began_s = task.commit_began_s = self._clock.monotonic_s()
            try:
                await self._committer.commit(task, task.producer, self._clock.wall_ms())
            except Exception as error:
                self._fail(error)
                raise
            finally:
                task.commit_began_s = None
            COMMITS.inc()
            COMMIT_SECONDS.observe(self._clock.monotonic_s() - began_s)

    def _watch_commit(self, task: Task, ends: Ends, now_s: float) -> None:
        """Give a commit as long as its transaction lives; as long as Kafka is silent, its time has not begun."""
        if task.commit_began_s is None:
            return
        if is_silent(ends.values(), now_s):
            task.commit_began_s = now_s
        if now_s - task.commit_began_s <= LONGEST_COMMIT_S:
            return
        self._fail(
            CommitTooLongError(
                f"partition {task.partition}: a commit was not done after {LONGEST_COMMIT_S:g} s, although Kafka "
                "answers; its transaction has timed out"
            )
        )

    # --- what others may ask

    def running(self) -> frozenset[int]:
        """Return the partitions whose tasks run."""
        return frozenset(partition for partition, task in self._tasks.items() if task.running)

    def all_run(self) -> bool:
        """Return whether every task of the last assignment runs, and there was one."""
        return self._epoch > 0 and self.running() == self._active

    def readable(self) -> frozenset[int]:
        """Return the partitions that can be read: their tasks run, or have run until the group began to share anew."""
        return frozenset(task.partition for task in self.readable_tasks())

    def readable_tasks(self) -> list[Task]:
        """Return the tasks that can be read, in the order of their partitions."""
        return [task for _, task in sorted(self._tasks.items()) if self._is_readable(task)]

    def task_of(self, text: str) -> Task | None:
        """Return the task where a key's text is at home, if it can be read here."""
        task = self._tasks.get(self._around.partition_of(text.encode()))
        return task if task is not None and self._is_readable(task) else None

    def _is_readable(self, task: Task) -> bool:
        return bool(task.positions) and self.failure is None

    def reports(self) -> list[TaskReport]:
        """Return what is done for each partition."""
        return [self._report(task) for _, task in sorted(self._tasks.items())]

    def _report(self, task: Task) -> TaskReport:
        is_active = task.partition in self._active
        following = self._restorer if is_active else self._standbys
        catch_up = None if following is None else following.catch_ups.get(task.partition)
        has_caught_up = task.running if is_active else catch_up is not None and catch_up.is_done()
        return TaskReport(
            partition=task.partition,
            duty=Duty.OWNER if is_active else Duty.STANDBY,
            state=self._state(has_caught_up=has_caught_up),
            sources=[self._progress(task, log) for log in task.source_logs()] if is_active else [],
            committed_ms=task.committed_ms,
            time_ms=task.time.now_ms if task.running else None,
            restore=_NOTHING_TO_RESTORE if catch_up is None else catch_up.progress(),
        )

    def _state(self, *, has_caught_up: bool) -> TaskState:
        if self.failure is not None or self._restorer is None:
            return TaskState.STOPPED
        return TaskState.RUNNING if has_caught_up else TaskState.RESTORING

    def _progress(self, task: Task, log: Log) -> SourceProgress:
        end = self._around.sources.end(log)
        return SourceProgress(
            topic=log.topic, position=task.positions.get(log.topic), end=None if end is None else end.offset
        )
