"""What an agent gets to touch of a task."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fleet_app.stream.declarations import Agent, Due, GlobalView, OnDue, Record, Rows, S, Seen, State, Table, Topic, V
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.row_state import RowState
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.engine.timers import TaskTimers
from fleet_app.stream.keys import K, RowKey


class BoundTask:
    """One task in the hands of one agent: its own tables and outputs, nothing else.

    Args:
        agent: Whose hands.
        partition: The task's partition.
        states: The task's tables by name.
        seen: The global views as the task sees them, by topic.
        outbox: Where its outputs wait.
        partition_of: The partition of a raw key.
    """

    def __init__(  # noqa: PLR0913 - what a task is made of, by name
        self,
        agent: Agent,
        partition: int,
        *,
        states: Mapping[str, TableState[Any, Any]],
        seen: Mapping[str, Seen[Any]],
        outbox: Outbox,
        partition_of: Callable[[bytes], int],
    ) -> None:
        self._agent = agent
        self._states = states
        self._seen = seen
        self._outbox = outbox
        self._partition_of = partition_of
        self._owned = {table.name for table in agent.owns}
        self._looked_at = {view.topic.name for view in agent.looks_at}
        self._outputs = {topic.name for topic in (*agent.sends, agent.dead_letters.topic)}
        self.partition = partition
        self.all_timers: list[TaskTimers] = []

    def table(self, table: Table[K, V]) -> State[K, V]:
        """Return the state of a table that the agent owns.

        Raises:
            LookupError: Another agent owns it.
        """
        return self._state(table)

    def rows(self, table: Table[RowKey, V]) -> Rows[V]:
        """Return the state of a table of rows that the agent owns.

        Raises:
            LookupError: Another agent owns it.
            TypeError: It has one value per key.
        """
        state = self._state(table)
        if not isinstance(state, RowState):
            raise TypeError(f"table {table.name} has one value per key; declare it with keys=ROWS, or ask for `table`")
        return state

    def timers(self, table: Table[str, Due], on_due: OnDue) -> TaskTimers:
        """Return the agent's timers, kept in a table that it owns.

        Raises:
            LookupError: Another agent owns it.
        """
        timers = TaskTimers(self._state(table), on_due)
        self.all_timers.append(timers)
        return timers

    def view(self, view: GlobalView[Any, S]) -> Seen[S]:
        """Return a global view that the agent looks at.

        Raises:
            LookupError: The agent does not declare it.
        """
        topic = view.topic.name
        if topic not in self._looked_at:
            raise LookupError(f"the view of {topic} is not declared; name it in `looks_at` of {self._agent.name}")
        return self._seen[topic]

    def _state(self, table: Table[K, V]) -> TableState[K, V]:
        if table.name not in self._owned:
            raise LookupError(f"table {table.name} has another writer; name it in `owns` of {self._agent.name}")
        return self._states[table.name]

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        """Append one record to an output topic.

        Raises:
            LookupError: The agent does not declare it.
        """
        if topic.name not in self._outputs:
            raise LookupError(f"topic {topic.name} is not declared; name it in `sends` of {self._agent.name}")
        self._outbox.send(topic, key, value)

    def is_home(self, key: str) -> bool:
        """Return whether `key` belongs to this task's partition."""
        return self._partition_of(key.encode()) == self.partition

    def rekey(self, record: Record, key: str) -> None:
        """Send a record of the source topic on to the partition where `key` belongs.

        Raises:
            RekeyedTwiceError: It has come that way already.
        """
        self._outbox.rekey(self._agent.reads, record, key, self.partition)
