"""Agents that do not fit together are refused before anything starts."""

from pathlib import Path

import msgspec
import pytest

from fleet_app.stream.declarations import Agent, AgentTask, Handler
from fleet_app.stream.lane.agents import check_agents
from tests.stream.small_app import COPIES, COUNT_WORDS, DEAD_LETTERS, LINES, TOTALS, count_words, make_app, table


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
