"""Agents that do not fit together are refused before anything starts."""

from pathlib import Path

import msgspec
import pytest

from fleet_app.stream.declarations import Agent, AgentTask, Cleanup, GlobalView, Handler
from fleet_app.stream.lane.agents import check_agents
from tests.stream.small_app import (
    COPIES,
    COUNT_WORDS,
    DEAD_LETTERS,
    LINES,
    TOTALS,
    Line,
    count_words,
    make_app,
    table,
    topic,
)


def do_nothing(_task: AgentTask) -> Handler:
    return lambda _record: None


SECOND = Agent(name="second", reads=COPIES, owns=(), sends=(), dead_letters=DEAD_LETTERS, bind=do_nothing)


def test_agents_in_a_row_with_tables_of_their_own_fit(tmp_path: Path) -> None:
    second = msgspec.structs.replace(SECOND, owns=(table("letters"),))

    assert make_app(tmp_path, COUNT_WORDS, second).declared_agents == (COUNT_WORDS, second)


def test_two_agents_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="2 agents have the name 'count_words'"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, name="count_words")])


def test_two_agents_that_read_one_topic_are_refused() -> None:
    with pytest.raises(ValueError, match="2 agents read topic 'lines'"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, reads=LINES)])


def test_two_agents_that_own_one_table_are_refused() -> None:
    with pytest.raises(ValueError, match="2 agents own table 'totals'"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, owns=(TOTALS,))])


def test_agents_without_any_table_are_refused() -> None:
    with pytest.raises(ValueError, match="no agent owns a table"):
        check_agents([SECOND])


def test_an_agent_that_asks_for_a_table_of_another_is_refused() -> None:
    with pytest.raises(LookupError, match="table totals has another writer; name it in `owns` of second"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, bind=count_words)])


NAMES: GlobalView[Line, frozenset[str]] = GlobalView(
    topic=msgspec.structs.replace(topic("names"), cleanup=Cleanup.COMPACT),
    empty=frozenset(),
    changed=lambda names, changes: names | changes.keys(),
)


def look(task: AgentTask) -> Handler:
    assert task.view(NAMES).now == frozenset()
    return do_nothing(task)


def test_several_agents_may_look_at_one_view_and_see_it_empty_at_first() -> None:
    first = msgspec.structs.replace(SECOND, name="first", reads=LINES, owns=(TOTALS,), looks_at=(NAMES,), bind=look)

    check_agents([first, msgspec.structs.replace(SECOND, looks_at=(NAMES,), bind=look)])


def test_an_agent_that_asks_for_a_view_it_does_not_declare_is_refused() -> None:
    with pytest.raises(LookupError, match="the view of names is not declared; name it in `looks_at` of second"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, bind=look)])


def test_a_topic_that_kafka_empties_by_age_is_no_view() -> None:
    forgetful = msgspec.structs.replace(NAMES, topic=topic("names"))

    with pytest.raises(ValueError, match="topic names is no view: Kafka forgets by age there"):
        check_agents([COUNT_WORDS, msgspec.structs.replace(SECOND, looks_at=(forgetful,))])


def test_two_views_of_one_topic_are_refused() -> None:
    other = msgspec.structs.replace(NAMES, empty=frozenset("a"))
    first = msgspec.structs.replace(COUNT_WORDS, looks_at=(NAMES,))

    with pytest.raises(ValueError, match="agents look at topic names in two ways"):
        check_agents([first, msgspec.structs.replace(SECOND, looks_at=(other,))])
