"""What a change asks for, done: kept in the agent's table, and told on the compacted topic, both or neither."""

from typing import Generic

from fleet_app.domain.revisions import Kept, Request, V, decide
from fleet_app.stream.declarations import AgentTask, State, Table, Topic


class Changes(Generic[V]):
    """The values of one task that are changed by request, and what became of the last requests.

    Args:
        task: The task.
        table: Where they are kept.
        topic: Where each accepted value is told; a delete is a tombstone.
    """

    def __init__(self, task: AgentTask, table: Table[str, Kept[V]], topic: Topic) -> None:
        self._kept: State[str, Kept[V]] = task.table(table)
        self._send, self._topic = task.send, topic

    def decide(self, key: str, request: Request[V]) -> None:
        """Do what a request asks for, or refuse it. A repeat changes nothing."""
        before = self._kept.get(key)
        decision = decide(before, request)
        if decision.is_change:
            self._send(self._topic, key, None if decision.kept is None else decision.kept.value)
        if decision.kept is before:
            return
        if decision.kept is None:
            del self._kept[key]
        else:
            self._kept[key] = decision.kept
