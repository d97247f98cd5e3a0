"""An agent's task made of dicts and lists, which can be stopped and restarted at any record."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fleet_app.stream.declarations import (
    REKEYED,
    Agent,
    Due,
    FailedRecord,
    GlobalView,
    Handler,
    OnDue,
    PlainRecord,
    Record,
    RekeyedTwiceError,
    Rows,
    S,
    Seen,
    State,
    Table,
    Topic,
    Undecodable,
    V,
)
from fleet_app.stream.keys import ROWS, K, RowKey


class FakeRows(dict[RowKey, Any]):
    """Rows of a table, sorted per text, and what was asked to be forgotten of them."""

    def __init__(self) -> None:
        super().__init__()
        self.expired: list[tuple[str, int]] = []
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)

    def __setitem__(self, key: RowKey, value: object, /) -> None:
        if key not in self:
            insort(self._numbers[key[0]], key[1])
        super().__setitem__(key, value)

    def __delitem__(self, key: RowKey, /) -> None:
        super().__delitem__(key)
        numbers = self._numbers[key[0]]
        del numbers[bisect_left(numbers, key[1])]

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, Any]]:
        numbers = self._numbers[text]
        found = numbers[bisect_left(numbers, start) : bisect_left(numbers, stop)]
        return [(number, self[text, number]) for number in found]

    def expire(self, text: str, before: int) -> None:
        self.expired.append((text, before))
        numbers = self._numbers[text]
        for number in numbers[: bisect_left(numbers, before)]:
            del self[text, number]


class FakeTimers:
    """Timers kept in a dict."""

    def __init__(self, state: dict[str, Due], on_due: OnDue) -> None:
        self._state = state
        self._on_due = on_due
        self._went_off_ms = -1

    def arm(self, key: str, due_ms: int) -> None:
        armed = self._state.get(key)
        due_ms = max(due_ms, self._went_off_ms + 1)
        self._state[key] = Due(due_ms if armed is None else min(due_ms, armed.due_ms))

    def go_off(self, now_ms: int) -> None:
        """Call what is due, earliest first."""
        while due := sorted((due.due_ms, key) for key, due in self._state.items() if due.due_ms <= now_ms):
            for _, key in due:
                del self._state[key]
                self._went_off_ms = now_ms
                self._on_due(key, now_ms)

    def disarm(self, key: str) -> None:
        self._state.pop(key, None)


class FakeSeen:
    """A global view that a test changes."""

    def __init__(self, snapshot: Any) -> None:  # noqa: ANN401 - whatever the view's snapshots are
        self.now = snapshot


class FakeTask:
    """One partition in the hands of one agent.

    Attributes:
        contents: Each table's rows or values, by name.
        sent: What was sent: topic, key, value.
        rekeyed: What was sent on: the record and its key.
        strangers: Keys that belong elsewhere.
        seen: Each global view as the agent sees it, by topic.
    """

    partition = 3

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.contents: dict[str, Any] = {table.name: _empty(table) for table in agent.owns}
        self.sent: list[tuple[Topic, str, msgspec.Struct | None]] = []
        self.rekeyed: list[tuple[Record, str]] = []
        self.strangers: set[str] = set()
        self.seen = {view.topic.name: FakeSeen(view.empty) for view in agent.looks_at}
        self._timers: list[FakeTimers] = []
        self._handle: Handler = agent.bind(self)

    def table(self, table: Table[K, V]) -> State[K, V]:
        content: State[K, V] = self.contents[table.name]
        return content

    def rows(self, table: Table[RowKey, V]) -> Rows[V]:
        content: Rows[V] = self.contents[table.name]
        return content

    def timers(self, table: Table[str, Due], on_due: OnDue) -> FakeTimers:
        timers = FakeTimers(self.contents[table.name], on_due)
        self._timers.append(timers)
        return timers

    def view(self, view: GlobalView[Any, S]) -> Seen[S]:
        return self.seen[view.topic.name]

    def show(self, view: GlobalView[Any, S], changes: Mapping[str, Any]) -> None:
        """Change a view, as records of its topic would; None deletes."""
        seen = self.seen[view.topic.name]
        seen.now = view.changed(seen.now, changes)

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
            timers.go_off(now_ms)

    def restart(self) -> None:
        """Stop, and start again with what the stored forms hold."""
        for table in self.agent.owns:
            content = self.contents[table.name]
            stored = {table.keys.encode(key): table.encode(value) for key, value in content.items()}
            for key in [*content]:
                del content[key]
            for stored_key, value in stored.items():
                content[table.keys.decode(stored_key)] = table.decode(value)
        self._timers = []
        self._handle = self.agent.bind(self)

    def values(self, topic: Topic) -> list[Any]:
        """Return what was sent to a topic."""
        return [value for sent_to, _, value in self.sent if sent_to is topic]


def _empty(table: Table[Any, Any]) -> dict[Any, Any]:
    return FakeRows() if table.keys is ROWS else {}
