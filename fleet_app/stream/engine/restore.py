"""How a task gets its state back, whoever ran it before and however that ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from fleet_app.errors import EngineError
from fleet_app.stream.engine.catch_up import CatchUp, catch_ups_of, follow, read_on
from fleet_app.stream.engine.fail_points import Step
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.marker import Marker, decode_marker
from fleet_app.stream.engine.ports import Bounds, Log
from fleet_app.stream.engine.surroundings import Surroundings
from fleet_app.stream.engine.task import Task
from fleet_app.stream.engine.verification import Disagreement, Evidence, StartingPoint, find_starting_point

logger = logging.getLogger(__name__)

_AGREE_WITHIN_S: Final = 10.0
_ASK_AGAIN_S: Final = 0.2


class DisagreementError(EngineError):
    """Changelogs and group do not agree on how far the sources were read."""


class SourceGoneError(EngineError):
    """A source ends before what was read of it."""


class Restorer:
    """Restores tasks.

    Args:
        around: Kafka, stores and time; nobody else uses its `changelogs` meanwhile.
        layout: The topics.
        renew_store: Discards a task's store for a reason, and gives it an empty one.
        start: Called with a restored task, where it goes on, and its time, just before its sources flow.
    """

    def __init__(
        self,
        around: Surroundings,
        layout: Layout,
        *,
        renew_store: Callable[[Task, str], None],
        start: Callable[[Task, dict[str, int], int], Awaitable[None]],
    ) -> None:
        self._reader = around.changelogs
        self._sources = around.sources
        self._views = around.views
        self._new_producer = around.new_producer
        self._clock = around.clock
        self._points = around.fail_points
        self._layout = layout
        self._renew_store = renew_store
        self._start = start
        self.catch_ups: dict[int, CatchUp] = {}

    async def restore(self, tasks: Sequence[Task], epoch: int) -> None:
        """Restore tasks and let them run, each as soon as it can.

        The sources stand still until step 5.

        1. *fence*: a new epoch for each task's producer. It ends any transaction of the previous owner.
        2. *end*: only then ask where the changelogs end.
        3. *read* from the store's own offsets to those ends.
        4. *verify*: the markers restored equal the group's committed offsets, and this worker's global views are not
           older than those that the task has seen.
        5. *seek* the sources, and only then run.

        Raises:
            DisagreementError: Step 4 failed for ten seconds.
            ChangelogHoleError: A changelog lacks records.
            NotAssignedError: Another rebalance has begun.
        """
        # 1 fence
        await asyncio.gather(*(self._fence(task) for task in tasks))
        self._points.reach(Step.FENCE)
        # 2 end
        source_bounds = asyncio.ensure_future(
            self._sources.bounds([log for task in tasks for log in task.source_logs()])
        )
        finishing: list[asyncio.Task[None]] = []
        try:
            await self._find_ends(tasks)
            self._points.reach(Step.END)
            # 3 read
            follow(self._reader, self.catch_ups)
            waiting = set(tasks)
            while waiting:
                for task in [task for task in waiting if self.catch_ups[task.partition].is_done()]:
                    waiting.discard(task)
                    finishing.append(asyncio.create_task(self._finish(task, epoch, source_bounds)))
                if waiting:
                    await read_on(self._reader, self.catch_ups, self._clock)
                _raise_first(finishing)
            await asyncio.gather(*finishing)
        finally:
            self._reader.rest()
            for each in (source_bounds, *finishing):
                each.cancel()
            await asyncio.gather(source_bounds, *finishing, return_exceptions=True)

    async def _fence(self, task: Task) -> None:
        producer = self._new_producer(task.partition)
        # Kept even when it fails, so that it is closed with the task.
        task.producer = producer
        await producer.fence()

    async def _find_ends(self, tasks: Sequence[Task]) -> None:
        logs = [log for task in tasks for log in self._layout.logs(task.partition).values()]
        bounds = await self._reader.bounds(logs)
        self.catch_ups = catch_ups_of(tasks, self._layout, bounds, self._renew_store)

    async def _finish(self, task: Task, epoch: int, source_bounds: "asyncio.Future[dict[Log, Bounds]]") -> None:
        self.catch_ups[task.partition].settle(self._clock.wall_ms())
        self._points.reach(Step.READ)
        # 4 verify
        point = await self._verify(task)
        await self._views.reach(point.views)
        self._points.reach(Step.VERIFY)
        # 5 seek
        positions = _positions(task, point, await source_bounds)
        await self._start(task, positions, point.time_ms)
        await self._sources.run({Log(topic, task.partition): offset for topic, offset in positions.items()}, epoch)
        self._points.reach(Step.SEEK)

    async def _verify(self, task: Task) -> StartingPoint:
        deadline_s = self._clock.monotonic_s() + _AGREE_WITHIN_S
        evidence = self._evidence(task)
        while True:
            offsets = await self._sources.committed(task.source_logs())
            committed = {log.topic: offset for log, offset in offsets.items()}
            found = find_starting_point(evidence, committed, self._layout.source_origins)
            if not isinstance(found, Disagreement):
                return found
            if self._clock.monotonic_s() > deadline_s:
                raise DisagreementError(
                    f"partition {task.partition}: {found.reason}. Put the group's offsets back if something moved them "
                    "(kafka-consumer-groups.sh --reset-offsets), delete the changelog of a table that was not kept up, "
                    "or start anew with another FLEET_APP_ID"
                )
            logger.warning("partition %d: %s; asking again", task.partition, found.reason)
            await self._clock.sleep(_ASK_AGAIN_S)

    def _evidence(self, task: Task) -> dict[str, Evidence]:
        bounds = self.catch_ups[task.partition].bounds
        return {
            name: Evidence(
                marker=_decoded(task.states[name].marker),
                bounds=bounds[log],
                holds_records=bool(task.store.scan(name, b"", None, 1)),
            )
            for name, log in self._layout.logs(task.partition).items()
        }


def _decoded(marker: bytes | None) -> Marker | None:
    return None if marker is None else decode_marker(marker)


def _raise_first(finishing: Sequence["asyncio.Task[None]"]) -> None:
    """Raise what has ended one of them, without waiting for the others."""
    for each in finishing:
        if each.done():
            each.result()


def _positions(task: Task, point: StartingPoint, bounds: Mapping[Log, Bounds]) -> dict[str, int]:
    """Return where to go on in each source: where it was left, or at the first record that Kafka still has.

    Raises:
        SourceGoneError: A source ends before where it was left.
    """
    positions: dict[str, int] = {}
    for log in task.source_logs():
        left_at, (start, end) = point.positions[log.topic], bounds[log]
        if left_at is not None and left_at > end:
            raise SourceGoneError(
                f"{log.topic} partition {log.partition} ends at offset {end}, and was read up to {left_at} before: it "
                "has been made anew. Start anew too, with another FLEET_APP_ID, or delete the changelogs and the group"
            )
        if left_at is not None and left_at < start:
            logger.error(
                "%s partition %d: %d records before offset %d were deleted by retention before they were read",
                log.topic, log.partition, start - left_at, start,
            )  # fmt: skip
        positions[log.topic] = start if left_at is None else max(left_at, start)
    return positions
