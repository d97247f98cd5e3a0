"""The tasks of a worker with everything they lean on: clients of Kafka, stores, clocks."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final

from fleet_app.stream.declarations import Agent
from fleet_app.stream.engine.fail_points import fail_points
from fleet_app.stream.engine.ports import Log, Sources
from fleet_app.stream.engine.surroundings import Rules, Surroundings
from fleet_app.stream.engine.tasks import Tasks
from fleet_app.stream.engine.views import GlobalViews, views_of
from fleet_app.stream.kafka.changelogs import ChangelogConsumer
from fleet_app.stream.kafka.origin import read_origins
from fleet_app.stream.kafka.producer import TransactionalProducer
from fleet_app.stream.naming import changelog_name, transactional_id
from fleet_app.stream.options import Options
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.store.rocksdb import RocksStores

_KEYS_REMEMBERED: Final = 50_000
"""Of keys that are sent to, whose partition takes 10 µs to work out in Python."""
_RESTORE_FETCH_BYTES: Final = 4 << 20
_STANDBY_FETCH_BYTES: Final = 256 << 10
"""Standbys and views take small steps, so that they hold up nothing."""


class SystemClock:
    """Time, as the machine tells it."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wall_ms(self) -> int:
        """Return ms since 1970."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Return after a while."""
        await asyncio.sleep(seconds)


class Engine:
    """The tasks, and the start and stop of what they lean on.

    Args:
        options: What it needs to know.
        agents: The application.
        sources: The group's consumer.
        on_failure: Called once, when a task cannot go on.
        on_running: Called when every task of an assignment runs.

    Attributes:
        tasks: The tasks.
        views: The global views.

    Raises:
        SettingsError: The fail point is not known.
    """

    def __init__(
        self,
        options: Options,
        agents: Sequence[Agent],
        sources: Sources,
        *,
        on_failure: Callable[[BaseException], None],
        on_running: Callable[[], None],
    ) -> None:
        self._options = options
        tables = [table.name for agent in agents for table in agent.owns]
        self._sources = [agent.reads.name for agent in agents]
        self._outputs = {topic.name for agent in agents for topic in (*agent.sends, agent.dead_letters.topic)}
        self._changelogs = [changelog_name(options.app_id, table) for table in tables]
        self._restoring = ChangelogConsumer(options.client_options, max_fetch_bytes=_RESTORE_FETCH_BYTES)
        self._following = ChangelogConsumer(options.client_options, max_fetch_bytes=_STANDBY_FETCH_BYTES)
        self._viewing = ChangelogConsumer(options.client_options, max_fetch_bytes=_STANDBY_FETCH_BYTES)
        views = views_of(agents, options.further_views)
        self._view_topics = [view.topic.name for view in views]
        clock = SystemClock()
        self.views = GlobalViews(views, partitions=options.partitions, reader=self._viewing, clock=clock)
        self.tasks = Tasks(
            agents,
            Surroundings(
                new_producer=self._new_producer,
                changelogs=self._restoring,
                standby_changelogs=self._following,
                sources=sources,
                views=self.views,
                stores=RocksStores(options.state_dir, tables),
                partition_of=lru_cache(_KEYS_REMEMBERED)(partial(partition_of, partitions=options.partitions)),
                clock=clock,
                chance=random.Random(),  # noqa: S311 - spreads work, hides nothing
                fail_points=fail_points(options.fail_at),
            ),
            Rules(
                app_id=options.app_id,
                commit_interval_s=options.commit_interval_s,
                stops_at_dead_letter_limit=options.dead_letter_limit,
            ),
            on_failure=on_failure,
            on_running=on_running,
        )

    async def start(self) -> None:
        """Connect, read the global views, and make the tasks ready to take partitions. The topics must exist.

        Raises:
            BrokerError: Kafka cannot be reached.
        """
        # A log of each topic is enough for them to get to know all of it.
        expected = [Log(changelog, 0) for changelog in self._changelogs]
        await self._restoring.start(expected)
        await self._following.start(expected)
        await self._viewing.start([Log(topic, 0) for topic in self._view_topics])
        await self.tasks.start(await read_origins(self._options.client_options, [*self._sources, *self._changelogs]))

    async def stop(self) -> None:
        """Let go of everything; harmless if it never started."""
        await self.tasks.stop()
        await self._restoring.stop()
        await self._following.stop()
        await self._viewing.stop()

    def _new_producer(self, partition: int) -> TransactionalProducer:
        options = self._options
        return TransactionalProducer(
            options.client_options,
            transactional_id=transactional_id(options.app_id, partition),
            group_id=options.app_id,
            topics=[*self._changelogs, *self._outputs],
        )
