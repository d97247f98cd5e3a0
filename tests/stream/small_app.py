"""An application of one agent and one table, and what its engine is told by Kafka."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from faust.assignor.client_assignment import ClientAssignment, ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor

from fleet_app.stream.declarations import Agent, Cleanup, Handler, Record, Table, Task, Topic
from fleet_app.stream.faust_app import Options, StreamApp

PARTITIONS: Final = 4
URL: Final = "http://127.0.0.1:1"
CHANGELOG: Final = "small-totals-changelog"


class Line(msgspec.Struct, frozen=True):
    """A value of both topics."""

    text: str


class Total(msgspec.Struct, frozen=True, array_like=True):
    """How often a key was seen."""

    seen: int


def topic(name: str) -> Topic:
    """Return a topic of lines."""
    return Topic(
        name=name,
        key="a word",
        value=Line,
        cleanup=Cleanup.DELETE,
        retention_s=60,
        written_by="a test",
        read_by="a test",
    )


def table(name: str) -> Table[Total]:
    """Return a table of totals."""
    return Table(
        name=name,
        key="a word",
        value=Total,
        version=1,
        decoders={1: msgspec.msgpack.Decoder(Total).decode},
        written_by="count_words",
    )


LINES: Final = topic("lines")
COPIES: Final = topic("copies")
TOTALS: Final = table("totals")


def count_words(task: Task) -> Handler:
    """Count a record under its key."""
    totals: MutableMapping[str, Total] = task.table(TOTALS)

    def handle(record: Record) -> None:
        key = (record.key or b"").decode()
        totals[key] = Total(totals[key].seen + 1 if key in totals else 1)

    return handle


COUNT_WORDS: Final = Agent(name="count_words", reads=LINES, owns=(TOTALS,), sends=(COPIES,), bind=count_words)


def make_app(state_dir: Path, *agents: Agent, **changes: Any) -> StreamApp:
    """Return the application, or one of other agents; its Kafka is nowhere."""
    options = Options(
        app_id="small",
        broker="127.0.0.1:1",
        credentials=None,
        partitions=PARTITIONS,
        replication=1,
        standbys=1,
        url=URL,
        state_dir=state_dir,
        session_timeout_s=10.0,
        heartbeat_s=1.0,
        commit_interval_s=0.5,
        configure_logging=lambda: None,
    )
    return StreamApp(msgspec.structs.replace(options, **changes), agents or (COUNT_WORDS,))


def assign(app: StreamApp, owners: Mapping[str, list[int]], *, standbys: list[int] | None = None) -> None:
    """Tell the app how the leader of its group has shared the partitions out."""
    mine = owners.get(URL, [])
    actives = {CHANGELOG: [*mine], LINES.name: [*mine], "another": [*range(PARTITIONS)]}
    told = ClientMetadata(
        assignment=ClientAssignment(
            actives=actives,
            standbys={CHANGELOG: standbys or [], "another": [*range(PARTITIONS)]},
        ),
        url=URL,
        changelog_distribution={url: {CHANGELOG: partitions} for url, partitions in owners.items()},
        external_topic_distribution={},
        topic_groups={},
    )
    # What goes over the wire beside it names the standbys' changelogs too.
    assigned = told.assignment.kafka_protocol_assignment(app.tables)
    compressed = PartitionAssignor._compress(told.dumps())
    cast(Any, app.assignor).on_assignment(ConsumerProtocolMemberAssignment(0, assigned, compressed))
