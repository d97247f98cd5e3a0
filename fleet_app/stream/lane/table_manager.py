"""Faust's place for tables, filled by tasks: they restore by themselves, and Faust's recovery never runs.

Faust's own tables stay empty. They are declared so that the group subscribes to their changelogs.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from time import monotonic
from typing import Any, Final, NamedTuple, cast

import faust
from faust.tables.manager import TableManager
from faust.types import TP
from mode import Service

from fleet_app.errors import WorkerError
from fleet_app.stream.lane.assignor import TaskAssignor
from fleet_app.stream.lane.host import host_of
from fleet_app.stream.lane.watchdog import Watchdog

_WATCH_S: Final = 1.0


class Duties(NamedTuple):
    """Which partitions a worker processes, and which it copies."""

    active: frozenset[int]
    standby: frozenset[int]


def duties_of(assigned: Iterable[TP], sources: Collection[str], changelogs: Collection[str]) -> Duties:
    """Return what an assignment means.

    Raises:
        WorkerError: A partition of one topic has come without that of another; both are named.
    """
    partitions: dict[str, set[int]] = {topic: set() for topic in (*sources, *changelogs)}
    for tp in assigned:
        partitions[tp.topic].add(tp.partition)
    active = frozenset[int]().union(*(partitions[topic] for topic in sources))
    held = frozenset[int]().union(*(partitions[topic] for topic in changelogs))
    for topic in sources:
        _check_complete(topic, active - partitions[topic], sources)
    for topic in changelogs:
        _check_complete(topic, (active | held) - partitions[topic], (*sources, *changelogs))
    return Duties(active=active, standby=held - active)


def _check_complete(topic: str, missing: Collection[int], others: Collection[str]) -> None:
    if missing:
        raise WorkerError(
            f"partitions {sorted(missing)} of {' and '.join(sorted(set(others) - {topic}))} were assigned without "
            f"those of {topic}; check that every topic has the same number of partitions (`fleet topics check`)"
        )


class TaskTables(TableManager):
    """Hands assignments and revocations over to the tasks."""

    # Mode tells every start and stop of its services; those of ours are told in our own words.
    logger = logging.getLogger("mode.lane")

    def __init__(self, app: faust.App, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._host = host_of(app)
        self._epoch = 0
        self._running = asyncio.Event()
        self._watchdog = Watchdog()

    async def on_start(self) -> None:
        """Start the tasks, then let the group be joined."""
        await self._host.start_engine()
        self._watchdog.waits_since(monotonic())
        await self._update_channels()

    @Service.task
    async def _watch_assignments(self) -> None:
        async for _ in self.itertimer(_WATCH_S, name="assignments"):
            complaint = self._watchdog.complaint(monotonic(), cast(TaskAssignor, self.app.assignor).answer)
            if complaint is not None:
                self._host.fail(complaint)

    async def on_stop(self) -> None:
        """Stop what feeds the tasks, then the tasks."""
        await cast(faust.App, self.app)._fetcher.stop()  # noqa: SLF001 - as Faust's own manager does
        await self._host.stop_engine()
        for table in self.values():
            await table.stop()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:  # noqa: ARG002 - all of them, always
        """Stop handling, before anything else is done about the rebalance."""
        self._host.tasks.suspend()
        self._watchdog.waits_since(monotonic())

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],  # noqa: ARG002 - tasks know what they have had
        newly_assigned: set[TP],  # noqa: ARG002 - as above
        generation_id: int = 0,  # noqa: ARG002 - the epoch takes its place
    ) -> None:
        """Let the tasks take up the partitions assigned.

        Short, because the group hears nothing from this worker until it returns. The consumer is still paused for
        every partition, and stays so until the task has been restored.

        Raises:
            WorkerError: As `duties_of`.
        """
        self._recovery_started.set()
        self._watchdog.answered(monotonic())
        await self._update_channels()
        duties = duties_of(assigned, self._host.source_topics, self._host.changelog_topics)
        self._epoch += 1
        await self._let_flow(duties.active)
        await self._host.tasks.assign(duties.active, duties.standby, self._epoch)

    async def wait_until_recovery_completed(self) -> bool:
        """Return False once the tasks of an assignment run, or True if the worker stops before."""
        return bool(await self.wait_for_stopped(self._running))  # type: ignore[arg-type]  # Faust does the same

    def on_running(self) -> None:
        """Take note that all tasks of the last assignment run."""
        app = cast(faust.App, self.app)
        self.on_actives_ready()
        self.on_standbys_ready()
        if app.rebalancing:
            app.on_rebalance_end()
        self._running.set()

    async def _let_flow(self, active: Collection[int]) -> None:
        """Open Faust's side. First of all: opening clears its queues, and nothing can be in them yet."""
        app = cast(faust.App, self.app)
        app.flow_control.resume()
        app.consumer.resume_partitions({TP(topic, number) for topic in self._host.source_topics for number in active})
        app.consumer.resume_flow()
        await app._fetcher.maybe_start()  # noqa: SLF001 - Faust's recovery starts it the same way
