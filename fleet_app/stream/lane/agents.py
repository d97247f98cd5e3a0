"""Whether agents fit together, found out before anything starts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast

from fleet_app.stream.declarations import Agent, Cleanup, GlobalView
from fleet_app.stream.engine.bound_task import BoundTask
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.row_state import state_of
from fleet_app.stream.engine.task_views import InForce


def check_agents(agents: Sequence[Agent]) -> None:
    """Return if the agents can work side by side; each is bound once for the purpose, to a task that holds nothing.

    Raises:
        ValueError: Two of them have the same name, read the same topic or own the same table, or none owns any; or they
            look at a topic that is not kept whole, or at one in two ways.
        LookupError: One asks for a table that it does not own, or for a view that it does not look at.
    """
    _refuse_twice("agents have the name", (agent.name for agent in agents))
    _refuse_twice("agents read topic", (agent.reads.name for agent in agents))
    _refuse_twice("agents own table", (table.name for agent in agents for table in agent.owns))
    if not any(agent.owns for agent in agents):
        raise ValueError("no agent owns a table: positions are kept beside tables, so at least one must")
    _check_views([view for agent in agents for view in agent.looks_at])
    for agent in agents:
        _bind(agent)


def _check_views(views: Sequence[GlobalView[Any, Any]]) -> None:
    first: dict[str, GlobalView[Any, Any]] = {}
    for view in views:
        topic = view.topic
        if topic.cleanup is not Cleanup.COMPACT:
            raise ValueError(f"topic {topic.name} is no view: Kafka forgets by age there; make it Cleanup.COMPACT")
        if first.setdefault(topic.name, view) != view:
            raise ValueError(f"agents look at topic {topic.name} in two ways; declare its view once")


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"{times} {what} {name!r}; it can be one only")


class _EmptyStore:
    def get(self, _table: str, _key: bytes) -> None:
        return None


def _bind(agent: Agent) -> None:
    journal = Journal()
    nothing = cast(Store, _EmptyStore())
    states = {table.name: state_of(table, nothing, journal) for table in agent.owns}
    seen = {view.topic.name: InForce(view.empty) for view in agent.looks_at}
    outbox = Outbox(journal, _always_zero)
    agent.bind(BoundTask(agent, 0, states=states, seen=seen, outbox=outbox, partition_of=_always_zero))


def _always_zero(_key: bytes) -> int:
    return 0
