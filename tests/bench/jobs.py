"""A job run without a broker, and what it leaves put in the oracle's words."""

from collections.abc import Iterable
from typing import Any

import msgspec

from fleet_app.bench.load import JobName, Sent, vehicle_id
from fleet_app.bench.oracle import Outcome
from fleet_app.bench.readback import Left, outcome_of
from fleet_app.stream.declarations import Agent, PlainRecord, Topic, Undecodable


class FakeTask:
    """Tables that are dicts, and a list of what is sent."""

    partition = 0

    def __init__(self) -> None:
        self.tables: dict[str, dict[Any, Any]] = {}
        self.sent: list[tuple[Topic, str, msgspec.Struct | None]] = []

    def table(self, table: Any) -> Any:  # noqa: ANN401 - a dict for any table
        return self.tables.setdefault(table.name, {})

    def rows(self, table: Any) -> Any:  # noqa: ANN401 - as above
        return self.table(table)

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        self.sent.append((topic, key, value))


def run(agent: Agent, load: Iterable[Sent]) -> tuple[FakeTask, int]:
    """Return the task after the load, and how many records the handler could not read."""
    task: Any = FakeTask()
    handle = agent.bind(task)
    undecodable = 0
    for offset, sent in enumerate(load):
        try:
            handle(PlainRecord(offset, 0, vehicle_id(sent.vehicle).encode(), sent.value))
        except Undecodable:
            undecodable += 1
    return task, undecodable


def outcome(agent: Agent, job: JobName, load: Iterable[Sent]) -> Outcome:
    """Return what the job leaves, by way of the bytes that its changelogs and outputs would hold."""
    task, undecodable = run(agent, load)
    stored = {
        table.name: {table.keys.encode(key): table.encode(value) for key, value in task.tables[table.name].items()}
        for table in agent.owns
    }
    told = [msgspec.json.encode(value) for _, _, value in task.sent]
    return outcome_of(job, Left(stored["last"], stored["minutes"], told, [b""] * undecodable))
