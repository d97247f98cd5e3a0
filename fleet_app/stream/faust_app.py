"""Declarations become a running Faust app: its topics, tables, agents, and what starts before it joins the group."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import faust
import msgspec
from faust.app.base import BootStrategy
from faust.types import Message, StreamT, TopicT
from faust.types.auth import CredentialsT
from mode import ServiceT

from fleet_app.stream.declarations import Agent, Record, Table, Topic, V
from fleet_app.stream.membership import GroupMembership
from fleet_app.stream.progress import REFRESH_S, Progress
from fleet_app.stream.state_directory import StateDirectory
from fleet_app.stream.tables import HeldTables, StoredTable
from fleet_app.stream.topic_plans import TopicPlan, changelog_plan, topic_plan
from fleet_app.stream.worker import StreamWorker

logger = logging.getLogger(__name__)

# Above this many unsent records Faust warns and blocks on every further one (issue 173 there).
_PRODUCER_BUFFER_RECORDS = 10_000
# With the default of 4,096 a full buffer costs a one-second pause per fetch (faust/transport/consumer.py:808).
_STREAM_BUFFER_RECORDS = 65_536
_LARGEST_REQUEST_BYTES = 2 * 1_048_588


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs to know. `url` is how other workers reach this one; times are in seconds."""

    app_id: str
    broker: str
    credentials: CredentialsT | None
    partitions: int
    replication: int
    standbys: int
    url: str
    state_dir: Path
    session_timeout_s: float
    heartbeat_s: float
    commit_interval_s: float
    configure_logging: Callable[[], None]


class _Boot(BootStrategy):
    """Faust's order of start, with our services in front and Faust's own web server never."""

    def server(self) -> Iterable[ServiceT]:
        app = self.app
        assert isinstance(app, StreamApp)  # noqa: S101 - the only app that names this strategy
        return self._chain(app.services_before_kafka, super().server())

    def web_server(self) -> Iterable[ServiceT]:
        return []


class StreamApp(faust.App):
    """A Faust app made of declarations.

    Attributes:
        held_tables: What this worker holds, for reading.
        membership: Who owns which partition, for reading.
        services_before_kafka: Started in this order before the worker joins the group, stopped in reverse after.
    """

    BootStrategy = _Boot
    # Mode tells every start and stop of its services; those of ours are told in our own words.
    logger = logging.getLogger("mode.app")

    def __init__(self, options: Options, agents: Sequence[Agent]) -> None:
        super().__init__(options.app_id, **_faust_settings(options))
        self.options = options
        self.declared_agents = tuple(agents)
        self.services_before_kafka: list[ServiceT] = []
        self._state_directory = StateDirectory(options.state_dir)
        self.producer.buffer.max_messages = _PRODUCER_BUFFER_RECORDS
        self._stored: dict[str, Any] = {table.name: self._declare_table(table) for table in self.owned_tables}
        self._progress = Progress(self, self._sources)
        self.membership = GroupMembership(self, options.url, options.partitions, self._changelogs, self._progress)
        self.held_tables = HeldTables(self.owned_tables, self._stored, self.membership)
        for agent in self.declared_agents:
            self._declare_agent(agent)
        self.timer(REFRESH_S)(self._refresh_progress)
        self.on_partitions_revoked.connect(self._on_revoked)
        self.on_rebalance_complete.connect(self._on_running)

    @property
    def owned_tables(self) -> tuple[Table[Any], ...]:
        """Every table of every agent."""
        return tuple(table for agent in self.declared_agents for table in agent.owns)

    @property
    def _sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(agent.reads.name for agent in self.declared_agents))

    @property
    def _changelogs(self) -> tuple[str, ...]:
        return tuple(table.changelog_topic_name for table in self._stored.values())

    def topic_plans(self) -> tuple[TopicPlan, ...]:
        """Return every topic the app needs: those its agents name, and its tables' changelogs."""
        options = self.options
        named = dict.fromkeys(topic for agent in self.declared_agents for topic in (agent.reads, *agent.sends))
        return (
            *(topic_plan(topic, options.partitions, options.replication) for topic in named),
            *(changelog_plan(name, options.partitions, options.replication) for name in self._changelogs),
        )

    def configure_logging(self) -> None:
        """Set up the process's logs, as the worker asks before anything is told."""
        self.options.configure_logging()

    async def on_first_start(self) -> None:
        """Take the state directory before anything opens a file in it."""
        self._state_directory.hold()
        await super().on_first_start()

    async def _refresh_progress(self) -> None:
        await self._progress.refresh(self.membership.owned())

    async def _on_revoked(self, *_: object, **__: object) -> None:
        self._progress.forget()

    async def _on_running(self, *_: object, **__: object) -> None:
        me = next((worker for worker in self.membership.workers() if worker.url == self.options.url), None)
        if me is not None:
            logger.info(
                "running at %s: owns partitions %s, standby for %s", me.url, _list(me.owns), _list(me.standby_for)
            )

    def _declare_table(self, table: Table[Any]) -> faust.Table[bytes, bytes]:
        declared = self.Table(table.name, partitions=self.options.partitions, key_type=bytes, value_type=bytes)
        return cast("faust.Table[bytes, bytes]", declared)

    def _declare_agent(self, agent: Agent) -> None:
        handle = agent.bind(_AgentTask(self, agent))

        async def consume(stream: StreamT[bytes]) -> None:
            async for event in stream.events():
                record = _record(event.message)
                handle(record)
                self._progress.note(record)

        self.agent(self.raw_topic(agent.reads), name=agent.name)(consume)

    def raw_topic(self, topic: Topic) -> TopicT:
        """Return Faust's handle of a topic whose keys and values we encode ourselves."""
        return self.topic(
            topic.name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True
        )


class _AgentTask:
    """What an agent touches, bound to Faust: every table set and every send happens inside its current event."""

    def __init__(self, app: StreamApp, agent: Agent) -> None:
        self._app = app
        self._owned = {table.name for table in agent.owns}
        self._topics = {topic.name: app.raw_topic(topic) for topic in agent.sends}

    def table(self, table: Table[V]) -> StoredTable[V]:
        if table.name not in self._owned:
            raise LookupError(f"table {table.name} has another writer; name it in the agent's `owns`")
        return StoredTable(table, self._app._stored[table.name])  # noqa: SLF001 - one unit, split for reading

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        output = self._topics.get(topic.name)
        if output is None:
            raise LookupError(f"topic {topic.name} is not declared; name it in the agent's `sends`")
        encoded = None if value is None else msgspec.json.encode(value)
        output.send_soon(key=key.encode(), value=encoded)


def _list(partitions: Sequence[int]) -> str:
    return ", ".join(map(str, partitions)) or "none"


def _record(message: Message) -> Record:
    # Faust has made seconds of Kafka's milliseconds; cutting off what the division left would lose one, now and then.
    received_ms = round(message.timestamp * 1000)
    return Record(message.topic, message.partition, message.offset, received_ms, message.key, message.value)


def _faust_settings(options: Options) -> dict[str, Any]:
    return {
        "env": {},  # Faust reads variables such as BROKER_URL by itself; one file reads the environment, not this one.
        "broker": f"aiokafka://{options.broker.replace(',', ';')}",
        "broker_credentials": options.credentials,
        "broker_session_timeout": options.session_timeout_s,
        "broker_heartbeat_interval": options.heartbeat_s,
        "broker_request_timeout": max(30.0, options.session_timeout_s + 5),
        "broker_commit_interval": options.commit_interval_s,
        "canonical_url": options.url,
        "consumer_auto_offset_reset": "earliest",
        "datadir": options.state_dir,
        "producer_max_request_size": _LARGEST_REQUEST_BYTES,
        "producer_request_timeout": 60.0,
        "store": "rocksdb://?driver=rocksdict",
        "stream_buffer_maxsize": _STREAM_BUFFER_RECORDS,
        "table_standby_replicas": options.standbys,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "topic_partitions": options.partitions,
        "web_enabled": False,
        "Worker": StreamWorker,
    }
