"""Keeping copies of tasks that run elsewhere, so that taking one over means reading only the last moment."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from fleet_app.stream.engine.catch_up import CatchUp, logs_of, why_unusable
from fleet_app.stream.engine.surroundings import Surroundings
from fleet_app.stream.engine.task import Task

logger = logging.getLogger(__name__)


class Standbys:
    """Follows the changelogs of tasks for ever, a little at a time.

    Args:
        around: Kafka, stores and time; nobody else uses its `standby_changelogs` meanwhile.
        changelogs: The changelog's topic of each table.
        origin: What stores are to say they were made from.
        renew_store: Discards a task's store for a reason, and gives it an empty one.
    """

    def __init__(
        self,
        around: Surroundings,
        *,
        changelogs: Mapping[str, str],
        origin: str,
        renew_store: Callable[[Task, str], None],
    ) -> None:
        self._reader = around.standby_changelogs
        self._clock = around.clock
        self._changelogs = changelogs
        self._origin = origin
        self._renew_store = renew_store
        self.catch_ups: dict[int, CatchUp] = {}

    async def follow(self, tasks: Sequence[Task]) -> None:
        """Follow until cancelled.

        Raises:
            ChangelogHoleError: A changelog lacks records.
        """
        logs = {task: logs_of(task, self._changelogs) for task in tasks}
        bounds = await self._reader.bounds([log for named in logs.values() for log in named.values()])
        for task, named in logs.items():
            reason = why_unusable(task, named, bounds)
            if reason is not None:
                self._renew_store(task, reason)
        self.catch_ups = {task.partition: CatchUp(task, self._changelogs, self._origin, bounds) for task in tasks}
        self._reader.follow({log: at for each in self.catch_ups.values() for log, at in each.positions().items()})
        behind = set(self.catch_ups)
        while True:
            for partition in [partition for partition in behind if self.catch_ups[partition].is_done()]:
                self.catch_ups[partition].settle(self._clock.wall_ms())
                behind.discard(partition)
            for fetched in await self._reader.fetch():
                for _ in self.catch_ups[fetched.log.partition].take(fetched, self._clock.wall_ms()):
                    await asyncio.sleep(0)
