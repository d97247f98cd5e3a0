"""What a task's agents do with records and timers, one at a time, all of it or nothing."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from fleet_app.errors import FleetError
from fleet_app.metrics import DEAD_LETTERS, RECORDS_HANDLED, TIMERS
from fleet_app.stream.declarations import (
    Agent,
    FailedRecord,
    Handler,
    PlainRecord,
    Record,
    Seen,
    Undecodable,
    UnknownVersionError,
)
from fleet_app.stream.engine.bound_task import BoundTask
from fleet_app.stream.engine.dead_letters import DeadLetterLimit
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.ports import Store
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.engine.timers import TaskTimers

logger = logging.getLogger(__name__)

AT_ONCE: Final = 150
"""Records or timers handled before other work has its turn: at 50 µs each, less than the 10 ms nothing may exceed."""


class _Reader(msgspec.Struct, frozen=True):
    """An agent at work in one task."""

    agent: Agent
    handle: Handler


class Processing:
    """A task's agents at work, from one assignment to the next.

    Args:
        agents: The application.
        partition: The task's partition.
        states: The task's tables.
        seen: The global views as the task sees them, by topic.
        journal: Where they note their changes.
        partition_of: The partition of a raw key, in every topic.
        limit: When dead letters are too many.
    """

    def __init__(  # noqa: PLR0913 - a task and its surroundings, by name
        self,
        agents: Sequence[Agent],
        *,
        partition: int,
        states: Mapping[str, TableState[Any, Any]],
        seen: Mapping[str, Seen[Any]],
        journal: Journal,
        partition_of: Callable[[bytes], int],
        limit: DeadLetterLimit,
    ) -> None:
        self.outbox = Outbox(journal, partition_of)
        self._partition = partition
        self._journal = journal
        self._limit = limit
        self._readers: dict[str, _Reader] = {}
        self._timers: list[tuple[Agent, TaskTimers]] = []
        for agent in agents:
            bound = BoundTask(agent, partition, states=states, seen=seen, outbox=self.outbox, partition_of=partition_of)
            self._readers[agent.reads.name] = _Reader(agent, agent.bind(bound))
            self._timers += [(agent, timers) for timers in bound.all_timers]

    async def load_timers(self, store: Store) -> None:
        """Read the timers from their tables, before anything is handled."""
        for _, timers in self._timers:
            await timers.load(store)

    def handle(self, topic: str, records: Sequence[Record], now_ms: int) -> None:
        """Handle records of a source in order. What a record's handler raises on is undone and becomes a dead letter.

        Raises:
            DeadLetterLimitError: Too many records failed.
            FleetError: Whatever a handler may not go on with.
        """
        reader = self._readers[topic]
        handle, begin = reader.handle, self._journal.clear
        first_good = 0
        for index, record in enumerate(records):
            begin()
            try:
                handle(record)
            except (FleetError, UnknownVersionError):
                raise
            except Exception as error:  # noqa: BLE001 - one bad record must not stop the others: it is a dead letter
                self._limit.good(index - first_good, now_ms)
                first_good = index + 1
                self._bury(reader.agent, record, error, now_ms)
        begin()
        self._limit.good(len(records) - first_good, now_ms)
        RECORDS_HANDLED.labels(topic).inc(len(records))

    def fire(self, now_ms: int) -> bool:
        """Let some timers go off that are due; return whether any did.

        Raises:
            DeadLetterLimitError: Too many records failed.
            FleetError: Whatever a handler may not go on with.
        """
        fired = 0
        for agent, timers in self._timers:
            while fired < AT_ONCE and (key := self._next_due(timers, now_ms)) is not None:
                fired += 1
                self._fire_one(agent, timers, key, now_ms)
        self._journal.clear()
        TIMERS.inc(fired)
        return fired > 0

    def _next_due(self, timers: TaskTimers, now_ms: int) -> str | None:
        self._journal.clear()
        return timers.take_due(now_ms)

    def _fire_one(self, agent: Agent, timers: TaskTimers, key: str, now_ms: int) -> None:
        try:
            timers.on_due(key, now_ms)
        except (FleetError, UnknownVersionError):
            raise
        except Exception as error:  # noqa: BLE001 - as for a record: the timer is gone, and its failure is told
            record = PlainRecord(offset=-1, timestamp=now_ms, key=key.encode(), value=None)
            self._bury(agent, record, error, now_ms)
            self._journal.clear()
            timers.disarm(key)

    def _bury(self, agent: Agent, record: Record, error: Exception, now_ms: int) -> None:
        """Undo what the handler has done, and write the record to the dead letters."""
        self._journal.undo()
        topic, detail = agent.reads.name, _describe(error)
        failed = FailedRecord(topic=topic, partition=self._partition, record=record, error=error, detail=detail)
        key, value = agent.dead_letters.write(failed)
        self.outbox.send(agent.dead_letters.topic, key, value)
        DEAD_LETTERS.labels(topic).inc()
        if not isinstance(error, Undecodable):
            logger.error(
                "%s partition %d offset %d: %s failed, the record is a dead letter: %s",
                topic, self._partition, record.offset, agent.name, detail,
            )  # fmt: skip
        self._limit.bad(topic, record.offset, now_ms, detail)


def _describe(error: Exception) -> str:
    """Return a sentence about an exception; of a bug, with the place."""
    if isinstance(error, Undecodable):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f", at {frames[-1].name} line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
