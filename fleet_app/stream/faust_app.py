"""Declarations become a running Faust app: its topics, tables, agents, and what starts before it joins the group."""

import asyncio
import gc
import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import faust
from faust.app.base import BootStrategy
from faust.types import StreamT
from mode import ServiceT

from fleet_app.stream.declarations import Agent, Table
from fleet_app.stream.engine.local_tables import RunningTables
from fleet_app.stream.engine.ports import Fetched
from fleet_app.stream.identity import instance_id
from fleet_app.stream.kafka.sources import GroupSources
from fleet_app.stream.lane.agents import check_agents
from fleet_app.stream.lane.assignor import TaskAssignor
from fleet_app.stream.lane.consumer import TaskConsumer
from fleet_app.stream.lane.engine import Engine
from fleet_app.stream.lane.table_manager import TaskTables
from fleet_app.stream.lane.transport import SCHEME, BatchTopic
from fleet_app.stream.lane.watchdog import PATIENCE_S
from fleet_app.stream.membership import GroupMembership
from fleet_app.stream.naming import changelog_name
from fleet_app.stream.options import Options
from fleet_app.stream.reads import LocalViews
from fleet_app.stream.state_directory import StateDirectory
from fleet_app.stream.topic_plans import TopicPlan, changelog_plan, topic_plan
from fleet_app.stream.worker import StreamWorker, leave_soon

__all__ = ["Options", "StreamApp"]

logger = logging.getLogger(__name__)

_STREAM_BUFFER_BATCHES: Final = 8
"""Each holds up to a megabyte of records, of which the agent keeps one in hand."""
_FAUST_COMMIT_INTERVAL_S: Final = 1.0
"""Commits nothing: it is how often Faust forgets what its streams have acknowledged."""


class _Boot(BootStrategy):
    """Faust's order of start, with our services in front, and neither Faust's web server nor its producer."""

    enable_kafka_producer = False

    def server(self) -> Iterable[ServiceT]:
        app = self.app
        assert isinstance(app, StreamApp)  # noqa: S101 - the only app that names this strategy
        return self._chain(app.services_before_kafka, super().server())

    def web_server(self) -> Iterable[ServiceT]:
        return []


class StreamApp(faust.App):
    """A Faust app made of declarations.

    Args:
        options: What it needs to know.
        agents: The application.

    Attributes:
        tasks: The engine's tasks.
        held_tables: What this worker holds, for reading.
        views: The global views of this worker, for reading.
        membership: Who owns which partition, for reading.
        services_before_kafka: Started in this order before the worker joins the group, stopped in reverse after.

    Raises:
        ValueError: The agents do not fit together.
        LookupError: An agent asks for a table that it does not own, or for a view that it does not look at.
    """

    BootStrategy = _Boot
    # Mode tells every start and stop of its services; those of ours are told in our own words.
    logger = logging.getLogger("mode.app")

    def __init__(self, options: Options, agents: Sequence[Agent]) -> None:
        check_agents(agents)
        super().__init__(options.app_id, **_faust_settings(options))
        self.options = options
        self.declared_agents = tuple(agents)
        self.source_topics = tuple(agent.reads.name for agent in agents)
        self.changelog_topics = tuple(changelog_name(options.app_id, table.name) for table in self.owned_tables)
        self.services_before_kafka: list[ServiceT] = []
        self._state_directory = StateDirectory(options.state_dir)
        self._ending: asyncio.Task[None] | None = None
        sources = GroupSources(lambda: cast(TaskConsumer, self.consumer).thread)
        self._engine = Engine(options, agents, sources, on_failure=self.fail, on_running=self._on_running)
        self.tasks = self._engine.tasks
        self.held_tables = RunningTables(self.tasks)
        self.views: LocalViews = self._engine.views
        self.membership = GroupMembership(
            url=options.url,
            partitions=options.partitions,
            tasks=self.tasks,
            answer=lambda: cast(TaskAssignor, self.assignor).answer,
            is_stopping=lambda: bool(self.should_stop),
        )
        for table in self.owned_tables:
            self._declare_table(table)
        for agent in self.declared_agents:
            self._declare_agent(agent)

    @property
    def owned_tables(self) -> tuple[Table[Any, Any], ...]:
        """Every table of every agent."""
        return tuple(table for agent in self.declared_agents for table in agent.owns)

    def topic_plans(self) -> tuple[TopicPlan, ...]:
        """Return every topic the app needs: those its agents name, and its tables' changelogs."""
        options = self.options
        of_agents = (
            topic
            for agent in self.declared_agents
            for topic in (
                agent.reads,
                *agent.sends,
                agent.dead_letters.topic,
                *(view.topic for view in agent.looks_at),
            )
        )
        further = (*options.further_topics, *(view.topic for view in options.further_views))
        named = dict.fromkeys((*of_agents, *further))
        return (
            *(topic_plan(topic, options.partitions, options.replication) for topic in named),
            *(
                changelog_plan(options.app_id, table, options.partitions, options.replication)
                for table in self.owned_tables
            ),
        )

    def configure_logging(self) -> None:
        """Set up the process's logs, as the worker asks before anything is told."""
        self.options.configure_logging()

    async def on_first_start(self) -> None:
        """Take the state directory before anything opens a file in it, and the name in the group that goes with it."""
        self._state_directory.hold()
        self.conf.consumer_group_instance_id = instance_id(
            self.options.state_dir,
            topics=(*self.source_topics, *self.changelog_topics),
            url=self.options.url,
            new_id=lambda: uuid.uuid4().hex,
        )
        await super().on_first_start()

    async def start_engine(self) -> None:
        """Start the tasks and what they lean on; the lane calls this before the group is joined."""
        await self._engine.start()

    async def stop_engine(self) -> None:
        """Stop them."""
        await self._engine.stop()

    def fail(self, error: BaseException) -> None:
        """End the worker with this reason, from any thread; the first reason counts."""
        if self.in_worker:
            leave_soon()
        self.loop.call_soon_threadsafe(self._end, error)

    def _end(self, error: BaseException) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self.crash(error))

    def _on_running(self) -> None:
        cast(TaskTables, self.tables).on_running()
        if not gc.get_freeze_count():
            # What is there by now stays. Looking through it for garbage, again and again, took a third of all time.
            gc.collect()
            gc.freeze()
        me = next((worker for worker in self.membership.workers() if worker.url == self.options.url), None)
        if me is not None:
            logger.info(
                "running at %s: owns partitions %s, standby for %s", me.url, _list(me.owns), _list(me.standby_for)
            )

    def _declare_table(self, table: Table[Any, Any]) -> None:
        """Let the group subscribe to the table's changelog; Faust's own table stays empty."""
        self.Table(table.name, partitions=self.options.partitions, key_type=bytes, value_type=bytes)

    def _declare_agent(self, agent: Agent) -> None:
        async def consume(stream: StreamT[Fetched]) -> None:
            async for fetched in stream:
                await self.tasks.apply(fetched)

        self.agent(self.topic(agent.reads.name), name=agent.name)(consume)


def _list(partitions: Sequence[int]) -> str:
    return ", ".join(map(str, partitions)) or "none"


def _faust_settings(options: Options) -> dict[str, Any]:
    return {
        "env": {},  # Faust reads variables such as BROKER_URL by itself; one file reads the environment, not this one.
        "broker": f"{SCHEME}://{options.broker.replace(',', ';')}",
        "broker_credentials": options.credentials,
        "broker_session_timeout": options.session_timeout_s,
        "broker_heartbeat_interval": options.heartbeat_s,
        "broker_rebalance_timeout": PATIENCE_S / 2,
        "broker_request_timeout": max(30.0, options.session_timeout_s + 5),
        "broker_commit_interval": _FAUST_COMMIT_INTERVAL_S,
        "canonical_url": options.url,
        "consumer_auto_offset_reset": "earliest",
        "datadir": options.state_dir,
        "store": "memory://",
        "stream_buffer_maxsize": _STREAM_BUFFER_BATCHES,
        "table_standby_replicas": options.standbys,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "topic_partitions": options.partitions,
        "web_enabled": False,
        "PartitionAssignor": TaskAssignor,
        "TableManager": TaskTables,
        "Topic": BatchTopic,
        "Worker": StreamWorker,
    }
