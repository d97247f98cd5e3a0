"""An agent's task made of dicts: its outputs and what has changed are encoded as a commit does, and go nowhere."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, Generic

import msgspec

from fleet_app.stream.declarations import (
    Agent,
    Cleanup,
    Due,
    GlobalView,
    OnDue,
    Record,
    S,
    Table,
    Topic,
    Undecodable,
)
from fleet_app.stream.engine.timers import TaskTimers
from fleet_app.stream.keys import RowKey

_encode = msgspec.json.Encoder().encode


class Values(dict[Any, Any]):
    """A table: a dict that knows what has changed since it was committed."""

    def __init__(self, table: Table[Any, Any]) -> None:
        super().__init__()
        self.table = table
        self.changed: set[Any] = set()

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - of any table
        super().__setitem__(key, value)
        self.changed.add(key)

    def __delitem__(self, key: Any) -> None:  # noqa: ANN401 - of any table
        self.pop(key, None)
        self.changed.add(key)

    def commit(self) -> int:
        """Encode what has changed, and return how many bytes that makes."""
        encode_key, encode = self.table.keys.encode, self.table.encode
        size = 0
        for key in self.changed:
            value = self.get(key)
            size += len(encode_key(key)) + (0 if value is None else len(encode(value)))
        self.changed.clear()
        return size


class RowValues(Values):
    """A table of rows, which also knows the numbers of each text's rows."""

    def __init__(self, table: Table[RowKey, Any]) -> None:
        super().__init__(table)
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)

    def __setitem__(self, key: RowKey, value: Any) -> None:  # noqa: ANN401 - of any table
        super().__setitem__(key, value)
        self._numbers[key[0]].add(key[1])

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, Any]]:
        """Return the rows of `text` numbered in [start, stop), in order."""
        numbers = sorted(number for number in self._numbers[text] if start <= number < stop)
        return [(number, self[text, number]) for number in numbers if (text, number) in self]

    def expire(self, text: str, before: int) -> None:
        """Forget the rows of `text` numbered below `before`."""
        numbers = self._numbers[text]
        for number in [number for number in numbers if number < before]:
            numbers.discard(number)
            self.pop((text, number), None)


class Still(Generic[S]):
    """A global view that nobody changes."""

    def __init__(self, snapshot: S) -> None:
        self.now: Final = snapshot


class InMemoryTask:
    """A task without engine, Kafka and disk.

    Args:
        agent: The one that it runs.

    Attributes:
        tables: The agent's, by name.
        sent: How many records were sent, by topic.
        output_bytes: What they take.
        stored_bytes: What was committed of the tables.
    """

    partition: Final = 0

    def __init__(self, agent: Agent) -> None:
        self.tables: dict[str, Values] = {}
        self.sent: defaultdict[str, int] = defaultdict(int)
        self.output_bytes = 0
        self.stored_bytes = 0
        self._agent = agent
        self._latest: defaultdict[str, dict[str, msgspec.Struct | None]] = defaultdict(dict)
        self._timers: list[TaskTimers] = []
        task: Any = self
        self._handle = agent.bind(task)

    def table(self, table: Table[Any, Any]) -> Values:
        """Return a dict."""
        return self.tables.setdefault(table.name, Values(table))

    def rows(self, table: Table[RowKey, Any]) -> Values:
        """Return a dict of rows."""
        return self.tables.setdefault(table.name, RowValues(table))

    def timers(self, table: Table[str, Due], on_due: OnDue) -> TaskTimers:
        """Return the engine's own timers over a dict."""
        state: Any = self.table(table)
        timers = TaskTimers(state, on_due)
        self._timers.append(timers)
        return timers

    def view(self, view: GlobalView[Any, S]) -> "Still[S]":
        """Return a view that nobody changes."""
        return Still(view.empty)

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        """Encode a record; of a compacted topic, keep the newest until the commit."""
        if topic.cleanup is Cleanup.COMPACT:
            self._latest[topic.name][key] = value
            return
        self._count(topic.name, key, value)

    def is_home(self, _key: str) -> bool:
        """Return that every key is."""
        return True

    def rekey(self, record: Record, key: str) -> None:
        """Never happens: every key is at home."""
        raise NotImplementedError(f"offset {record.offset}: {key} is at home")

    def handle(self, records: Sequence[Record]) -> None:
        """Do what is due by the receive time of the newest of some records, then handle them."""
        now_ms = records[-1].timestamp
        for timers in self._timers:
            while (key := timers.take_due(now_ms)) is not None:
                timers.on_due(key, now_ms)
        handle = self._handle
        for record in records:
            try:
                handle(record)
            except Undecodable:
                self.sent[self._agent.dead_letters.topic.name] += 1

    def commit(self) -> None:
        """Encode what has changed in the tables and what waits for compacted topics."""
        self.stored_bytes += sum(values.commit() for values in self.tables.values())
        for topic, latest in self._latest.items():
            for key, value in latest.items():
                self._count(topic, key, value)
            latest.clear()

    def _count(self, topic: str, key: str, value: msgspec.Struct | None) -> None:
        self.sent[topic] += 1
        self.output_bytes += len(key.encode()) + (0 if value is None else len(_encode(value)))
