"""Where logs end, as the broker told; `test_sources.py` asks a real one."""

import time
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from fleet_app.stream.engine.ports import Log
from fleet_app.stream.kafka.ends import ToldEnds

LOG = Log("t", 3)


def client(told: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - what aiokafka keeps of a partition
    """Return a consumer to which so much was told of the log, and to which nothing else is assigned."""
    states = {TopicPartition(*LOG): told}
    assignment = SimpleNamespace(state_value=states.get)
    return cast(AIOKafkaConsumer, SimpleNamespace(_subscription=SimpleNamespace(subscription=_of(assignment))))


def _of(assignment: object) -> object:
    return SimpleNamespace(assignment=assignment)


def answer(last_stable_offset: int, age_s: float = 0.0) -> object:
    """Return what is kept of an answer that came so long ago."""
    return SimpleNamespace(lso=last_stable_offset, timestamp=int((time.time() - age_s) * 1_000))


def test_before_the_first_answer_the_end_is_not_known() -> None:
    unassigned = cast(AIOKafkaConsumer, SimpleNamespace(_subscription=SimpleNamespace(subscription=None)))

    assert ToldEnds().of(unassigned, LOG) is None
    assert ToldEnds().of(client(SimpleNamespace(lso=None, timestamp=None)), LOG) is None
    assert ToldEnds().of(client(answer(7)), Log("t", 4)) is None


def test_the_end_is_where_what_is_committed_ends() -> None:
    end = ToldEnds().of(client(answer(7)), LOG)

    assert end is not None
    assert end.offset == 7


def test_an_answer_keeps_its_age_however_often_it_is_looked_at() -> None:
    ends, told = ToldEnds(), client(answer(7, age_s=5.0))
    first, second = ends.of(told, LOG), ends.of(told, LOG)

    assert first is not None
    assert first == second
    assert first.told_at_s < time.monotonic() - 4.0


def test_a_clock_that_was_set_back_puts_no_answer_into_the_future() -> None:
    end = ToldEnds().of(client(answer(7, age_s=-60.0)), LOG)

    assert end is not None
    assert end.told_at_s <= time.monotonic()
