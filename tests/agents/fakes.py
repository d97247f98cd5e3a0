"""An agent's task made of dicts and lists, which can be stopped and restarted at any record."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import msgspec

from fleet_app.stream.declarations import (
    REKEYED,
    Agent,
    Due,
    FailedRecord,
    Handler,
    OnDue,
    PlainRecord,
    Record,
    RekeyedTwiceError,
    Rows,
    State,
    Table,
    Topic,
    Undecodable,
    V,
)
from fleet_app.stream.keys import K, RowKey


class FakeRows(dict[Any, Any]):
    """Rows of a table, and what was asked to be forgotten of them."""

    def __init__(self) -> None:
        super().__init__()
        self.expired: list[tuple[str, int]] = []

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, Any]]:
        found = ((key[1], value) for key, value in self.items() if key[0] == text and start <= key[1] < stop)
        return sorted(found, key=itemgetter(0))

    def expire(self, text: str, before: int) -> None:
        self.expired.append((text, before))
        for key in [key for key in self if key[0] == text and key[1] < before]:
            del self[key]


class FakeTimers:
    """Timers kept in a dict."""

    def __init__(self, state: dict[str, Due], on_due: OnDue) -> None:
        self.state = state
        self.on_due = on_due

    def arm(self, key: str, due_ms: int) -> None:
        armed = self.state.get(key)
        self.state[key] = Due(due_ms if armed is None else min(due_ms, armed.due_ms))


class FakeTask:
    """One partition in the hands of one agent.

    Attributes:
        contents: Each table's rows or values, by name.
        sent: What was sent: topic, key, value.
        rekeyed: What was sent on: the record and its key.
        strangers: Keys that belong elsewhere.
    """

    partition = 3

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.contents: dict[str, FakeRows] = {table.name: FakeRows() for table in agent.owns}
        self.sent: list[tuple[Topic, str, msgspec.Struct | None]] = []
        self.rekeyed: list[tuple[Record, str]] = []
        self.strangers: set[str] = set()
        self._timers: list[FakeTimers] = []
        self._handle: Handler = agent.bind(self)

    def table(self, table: Table[K, V]) -> State[K, V]:
        return self.contents[table.name]

    def rows(self, table: Table[RowKey, V]) -> Rows[V]:
        return self.contents[table.name]

    def timers(self, table: Table[str, Due], on_due: OnDue) -> FakeTimers:
        timers = FakeTimers(self.contents[table.name], on_due)
        self._timers.append(timers)
        return timers

    @property
    def send(self) -> Callable[[Topic, str, msgspec.Struct | None], None]:
        return lambda topic, key, value: self.sent.append((topic, key, value))

    def is_home(self, key: str) -> bool:
        return key not in self.strangers

    def rekey(self, record: Record, key: str) -> None:
        if any(name == REKEYED for name, _ in record.headers):
            raise RekeyedTwiceError(key, self.partition)
        self.rekeyed.append((record, key))

    def receive(self, record: PlainRecord) -> None:
        """Handle a record; what cannot be read becomes a dead letter."""
        try:
            self._handle(record)
        except Undecodable as error:
            self.bury(record, error)

    def bury(self, record: PlainRecord, error: Exception) -> None:
        """Write a dead letter."""
        failed = FailedRecord(
            topic=self.agent.reads.name, partition=self.partition, record=record, error=error, detail=str(error)
        )
        key, value = self.agent.dead_letters.write(failed)
        self.sent.append((self.agent.dead_letters.topic, key, value))

    def tick(self, now_ms: int) -> None:
        """Let task time pass: what is due goes off, earliest first."""
        for timers in self._timers:
            while due := sorted((due.due_ms, key) for key, due in timers.state.items() if due.due_ms <= now_ms):
                key = due[0][1]
                del timers.state[key]
                timers.on_due(key, now_ms)

    def restart(self) -> None:
        """Stop, and start again with what the stored forms hold."""
        for table in self.agent.owns:
            content = self.contents[table.name]
            stored = {table.keys.encode(key): table.encode(value) for key, value in content.items()}
            content.clear()
            content.update({table.keys.decode(key): table.decode(value) for key, value in stored.items()})
        self._timers = []
        self._handle = self.agent.bind(self)

    def values(self, topic: Topic) -> list[Any]:
        """Return what was sent to a topic."""
        return [value for sent_to, _, value in self.sent if sent_to is topic]
