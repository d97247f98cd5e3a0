"""An agent gets its own tables and outputs into its hands, nothing else."""

import msgspec
import pytest

from fleet_app.stream.declarations import REKEYED, PlainRecord
from fleet_app.stream.engine.bound_task import BoundTask
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.ports import Log
from fleet_app.stream.engine.row_state import state_of
from fleet_app.stream.engine.task_views import InForce
from tests.stream.engine.counting import (
    AGENTS,
    COPIES,
    COUNT_WORDS,
    DEAD,
    INITIALS,
    LETTERS,
    QUIET,
    SEEN,
    TOTALS,
    Copy,
    Total,
    partition_of,
)
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.looking import NAMES


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(Journal(), partition_of)


@pytest.fixture
def bound(outbox: Outbox) -> BoundTask:
    store, journal = FakeStores().open(1), Journal()
    states = {table.name: state_of(table, store, journal) for agent in AGENTS for table in agent.owns}
    return BoundTask(COUNT_WORDS, 1, states=states, seen={}, outbox=outbox, partition_of=partition_of)


def test_an_agent_writes_its_own_tables(bound: BoundTask) -> None:
    bound.table(TOTALS)["a"] = Total(1)
    bound.rows(SEEN)["a", 1] = Total(1)

    assert (bound.table(TOTALS).get("a"), bound.rows(SEEN).get(("a", 1))) == (Total(1), Total(1))


def test_a_table_of_one_value_per_key_has_no_rows(bound: BoundTask) -> None:
    with pytest.raises(TypeError, match=r"table totals has one value per key"):
        bound.rows(TOTALS)  # type: ignore[arg-type]  # what a type checker would refuse


def test_an_agent_is_refused_another_agents_table(bound: BoundTask) -> None:
    with pytest.raises(LookupError, match=r"table initials has another writer; name it in `owns` of count_words"):
        bound.table(INITIALS)


def test_an_agent_looks_at_the_views_that_it_declares(outbox: Outbox) -> None:
    names = InForce({"a": "Ann"})
    agent = msgspec.structs.replace(COUNT_WORDS, looks_at=(NAMES,))
    bound = BoundTask(agent, 1, states={}, seen={"names": names}, outbox=outbox, partition_of=partition_of)

    assert bound.view(NAMES) is names


def test_an_agent_is_refused_a_view_that_it_has_not_declared(bound: BoundTask) -> None:
    with pytest.raises(LookupError, match=r"the view of names is not declared; name it in `looks_at` of count_words"):
        bound.view(NAMES)


def test_an_agent_sends_where_it_has_declared_and_to_its_dead_letters(bound: BoundTask, outbox: Outbox) -> None:
    bound.send(COPIES, "a", Copy("0-1", "a", 1))
    bound.send(DEAD, "a", None)

    assert {log.topic for log in outbox.cut().appended} == {"copies", "dead"}


def test_an_agent_is_refused_a_topic_that_it_has_not_declared(bound: BoundTask) -> None:
    with pytest.raises(LookupError, match=r"topic letters is not declared; name it in `sends` of count_words"):
        bound.send(LETTERS, "a", None)


def test_an_agents_timers_are_kept_in_its_own_table(bound: BoundTask) -> None:
    gone_off: list[tuple[str, int]] = []
    timers = bound.timers(QUIET, lambda key, now_ms: gone_off.append((key, now_ms)))
    timers.arm("a", 100)

    assert bound.all_timers == [timers]
    assert timers.take_due(100) == "a"


@pytest.mark.parametrize("text", ["a", "b", "ab", "ü"])
def test_a_key_is_at_home_in_one_partition(bound: BoundTask, text: str) -> None:
    assert bound.is_home(text) == (partition_of(text.encode()) == 1)


def test_a_stranger_is_sent_on_in_the_agents_own_source(bound: BoundTask, outbox: Outbox) -> None:
    bound.rekey(PlainRecord(7, 1_000, b"a", b"value"), "b")
    ((log, (outgoing,)),) = outbox.cut().appended.items()

    assert log == Log("lines", partition_of(b"b"))
    assert outgoing.headers == ((REKEYED, b"1"),)
