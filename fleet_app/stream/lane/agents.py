"""Whether agents fit together, found out before anything starts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

from fleet_app.stream.declarations import Agent
from fleet_app.stream.engine.bound_task import BoundTask
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.row_state import state_of


def check_agents(agents: Sequence[Agent]) -> None:
    """Return if the agents can work side by side; each is bound once for the purpose, to a task with empty tables.

    Raises:
        ValueError: Two of them have the same name, read the same topic or own the same table, or none owns any.
        LookupError: One asks for a table that it does not own.
    """
    _refuse_twice("agents have the name", (agent.name for agent in agents))
    _refuse_twice("agents read topic", (agent.reads.name for agent in agents))
    _refuse_twice("agents own table", (table.name for agent in agents for table in agent.owns))
    if not any(agent.owns for agent in agents):
        raise ValueError("no agent owns a table: positions are kept beside tables, so at least one must")
    for agent in agents:
        _bind(agent)


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
    agent.bind(BoundTask(agent, 0, states, Outbox(journal, _always_zero), _always_zero))


def _always_zero(_key: bytes) -> int:
    return 0
