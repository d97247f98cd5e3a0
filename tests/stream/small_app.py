"""An application of one agent, one table and one output, and a way to run it as a process of its own."""

import logging
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from fleet_app.stream.declarations import (
    Agent,
    AgentTask,
    Cleanup,
    DeadLetters,
    FailedRecord,
    Handler,
    Record,
    Table,
    Topic,
)
from fleet_app.stream.faust_app import Options, StreamApp
from fleet_app.stream.keys import TEXT
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.worker import StreamWorker

PARTITIONS: Final = 4
URL: Final = "http://127.0.0.1:1"
CHANGELOG: Final = "small-totals-changelog"


class Line(msgspec.Struct, frozen=True):
    """A value of every topic."""

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
        retention_s=None,
        written_by="a test",
        read_by="a test",
    )


def table(name: str) -> Table[str, Total]:
    """Return a table of totals."""
    return Table(
        name=name,
        key="a word",
        keys=TEXT,
        value=Total,
        version=1,
        decoders={1: msgspec.msgpack.Decoder(Total).decode},
        written_by="count_words",
    )


LINES: Final = topic("lines")
COPIES: Final = topic("copies")
BURIED: Final = topic("buried")
TOTALS: Final = table("totals")


def count_words(task: AgentTask) -> Handler:
    """Count a record under its key, and tell the new total."""
    totals = task.table(TOTALS)

    def handle(record: Record) -> None:
        key = (record.key or b"").decode()
        before = totals.get(key)
        total = Total(1 if before is None else before.seen + 1)
        totals[key] = total
        task.send(COPIES, key, Line(str(total.seen)))

    return handle


def bury(failed: FailedRecord) -> tuple[str, msgspec.Struct]:
    """Write a dead letter."""
    return "dead", Line(failed.detail)


DEAD_LETTERS: Final = DeadLetters(topic=BURIED, write=bury)
COUNT_WORDS: Final = Agent(
    name="count_words", reads=LINES, owns=(TOTALS,), sends=(COPIES,), dead_letters=DEAD_LETTERS, bind=count_words
)


def make_app(state_dir: Path, *agents: Agent, **changes: Any) -> StreamApp:
    """Return the application, or one of other agents; its Kafka is nowhere unless it is told."""
    options = Options(
        app_id="small",
        broker="127.0.0.1:1",
        credentials=None,
        client_options={"bootstrap_servers": changes.get("broker", "127.0.0.1:1")},
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


def run(*agents: Agent) -> None:
    """Run a worker of the application, or of one of other agents; BROKER, STATE_DIR and URL are the arguments."""
    broker, state_dir, url = sys.argv[1:]
    app = make_app(
        Path(state_dir),
        *agents,
        broker=broker,
        url=url,
        session_timeout_s=3.0,
        heartbeat_s=0.2,
        commit_interval_s=0.1,
        configure_logging=lambda: logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        ),
    )
    topics = TopicsReady(app.options.client_options, app.topic_plans(), group_id=app.options.app_id, wait_s=10)
    app.services_before_kafka = [ServiceOf(topics)]
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    run()
