"""Records and timers are handled a few at a time, each wholly or not at all."""

from collections.abc import Mapping
from typing import Any

import pytest

from fleet_app.errors import EngineError
from fleet_app.stream.declarations import PlainRecord
from fleet_app.stream.engine.dead_letters import DeadLetterLimit
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.processing import AT_ONCE, Processing
from fleet_app.stream.engine.row_state import state_of
from fleet_app.stream.engine.table_state import TableState
from tests.stream.engine.counting import AGENTS, DEAD, LINES, TOTALS, Total, partition_of
from tests.stream.engine.fake_stores import FakeStores

States = Mapping[str, TableState[Any, Any]]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def states(journal: Journal) -> States:
    store = FakeStores().open(0)
    return {table.name: state_of(table, store, journal) for agent in AGENTS for table in agent.owns}


@pytest.fixture
def processing(states: States, journal: Journal) -> Processing:
    return Processing(
        AGENTS,
        partition=0,
        states=states,
        seen={},
        journal=journal,
        partition_of=partition_of,
        limit=DeadLetterLimit(0),
    )


def say(processing: Processing, *orders: tuple[str, str], now_ms: int = 1_000) -> None:
    """Handle words, each with what is to be done with it."""
    records = [PlainRecord(offset, 0, word.encode(), order.encode()) for offset, (word, order) in enumerate(orders)]
    processing.handle(LINES.name, records, now_ms)


def sent(processing: Processing) -> list[str]:
    """Return where something is to be sent, once for each record."""
    return sorted(log.topic for log, records in processing.outbox.cut().appended.items() for _ in records)


def test_records_are_handled_in_order_by_the_agent_that_reads_their_topic(
    processing: Processing, states: States
) -> None:
    say(processing, ("a", ""), ("b", ""), ("a", ""))

    assert (states[TOTALS.name].get("a"), states[TOTALS.name].get("b")) == (Total(2), Total(1))


def test_what_a_record_had_done_before_it_failed_is_undone_and_the_others_stay(
    processing: Processing, states: States
) -> None:
    say(processing, ("a", ""), ("a", "poison"), ("a", ""))

    assert states[TOTALS.name].get("a") == Total(2)
    assert sent(processing) == ["copies", "copies", DEAD.name]


def test_what_the_engine_must_stop_for_is_no_dead_letter(processing: Processing) -> None:
    with pytest.raises(EngineError):
        say(processing, ("a", "fatal"))


def test_no_more_timers_go_off_at_once_than_records_are_handled(processing: Processing) -> None:
    say(processing, *((f"word-{number}", "arm 2000") for number in range(AT_ONCE + 1)))

    assert (processing.fire(1_999), processing.fire(2_000)) == (False, True)
    assert len(sent(processing)) == AT_ONCE
    assert (processing.fire(2_000), processing.fire(2_000)) == (True, False)
    assert len(sent(processing)) == 1


def test_a_timer_that_fails_is_gone_and_a_dead_letter(processing: Processing) -> None:
    say(processing, ("bomb", "arm 2000"))

    assert (processing.fire(2_000), processing.fire(3_000)) == (True, False)
    assert sent(processing) == [DEAD.name]
