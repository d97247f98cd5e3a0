"""Where logs end, as a broker has told with its last answer to a fetch."""

import time
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from fleet_app.stream.engine.ports import Log, LogEnd


class _Told(NamedTuple):
    """What the broker said when: `at_ms` by the wall clock, as aiokafka notes it, `at_s` by the monotonic clock."""

    at_ms: int
    at_s: float


class ToldEnds:
    """The ends that one consumer was told."""

    def __init__(self) -> None:
        self._told: dict[Log, _Told] = {}

    def of(self, client: AIOKafkaConsumer, log: Log) -> LogEnd | None:
        """Return where a log ends for who reads what is committed; None before the first answer.

        May be called from another thread than the consumer's: each thing it reads is one whole number, and an old one
        is as good.
        """
        state = _state(client, TopicPartition(*log))
        if state is None or state.timestamp is None or state.lso is None:
            return None
        return LogEnd(state.lso, self._told_at_s(log, state.timestamp))

    def _told_at_s(self, log: Log, at_ms: int) -> float:
        told = self._told.get(log)
        if told is None or told.at_ms != at_ms:
            # Once per answer, so that a wall clock that is set moves one answer at most, and never into the future.
            age_s = max(0.0, time.time() - at_ms / 1000)
            told = self._told[log] = _Told(at_ms, time.monotonic() - age_s)
        return told.at_s


def _state(client: AIOKafkaConsumer, partition: TopicPartition) -> Any:  # noqa: ANN401 - aiokafka has no types
    """Return what aiokafka knows of a partition, None if it is not assigned; its public calls would raise instead."""
    subscription = client._subscription.subscription  # noqa: SLF001 - as above
    if subscription is None or subscription.assignment is None:
        return None
    return subscription.assignment.state_value(partition)
