"""Keeping copies of tasks that run elsewhere, so that taking one over means reading only the last moment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fleet_app.stream.engine.catch_up import CatchUp, catch_ups_of, follow, read_on
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.ports import Bounds, Log
from fleet_app.stream.engine.surroundings import Surroundings
from fleet_app.stream.engine.task import Task

_SEEN_WITHIN_S: Final = 5.0
_ASK_AGAIN_S: Final = 0.1


class Standbys:
    """Follows the changelogs of tasks for ever, a little at a time.

    Args:
        around: Kafka, stores and time; nobody else uses its `standby_changelogs` meanwhile.
        layout: The topics.
        renew_store: Discards a task's store for a reason, and gives it an empty one.
    """

    def __init__(
        self,
        around: Surroundings,
        layout: Layout,
        *,
        renew_store: Callable[[Task, str], None],
    ) -> None:
        self._reader = around.standby_changelogs
        self._clock = around.clock
        self._layout = layout
        self._renew_store = renew_store
        self.catch_ups: dict[int, CatchUp] = {}

    async def follow(self, tasks: Sequence[Task]) -> None:
        """Follow until cancelled.

        Raises:
            ChangelogHoleError: A changelog lacks records.
        """
        bounds = await self._find_bounds(tasks)
        self.catch_ups = catch_ups_of(tasks, self._layout, bounds, self._renew_store)
        follow(self._reader, self.catch_ups)
        behind = set(self.catch_ups)
        while True:
            for partition in [partition for partition in behind if self.catch_ups[partition].is_done()]:
                self.catch_ups[partition].settle(self._clock.wall_ms())
                behind.discard(partition)
            await read_on(self._reader, self.catch_ups, self._clock)

    async def _find_bounds(self, tasks: Sequence[Task]) -> dict[Log, Bounds]:
        """Return where the changelogs begin and end.

        Kafka acknowledges a commit a moment before its readers see it. Where a store is further than its log seems to
        be, it is asked again for a while: the worker may have written that log itself until now.
        """
        logs = {task: self._layout.logs(task.partition) for task in tasks}
        give_up_at_s = self._clock.monotonic_s() + _SEEN_WITHIN_S
        while True:
            bounds = await self._reader.bounds([log for named in logs.values() for log in named.values()])
            ahead = any(_is_ahead(task, named, bounds) for task, named in logs.items())
            if not ahead or self._clock.monotonic_s() > give_up_at_s:
                return bounds
            await self._clock.sleep(_ASK_AGAIN_S)


def _is_ahead(task: Task, logs: Mapping[str, Log], bounds: Mapping[Log, Bounds]) -> bool:
    offsets = {log: task.states[name].next_offset for name, log in logs.items()}
    return any(offset is not None and offset > bounds[log].end for log, offset in offsets.items())
