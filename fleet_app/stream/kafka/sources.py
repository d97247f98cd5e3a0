"""The group's consumer, as far as tasks may touch it."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from fleet_app.stream.engine.ports import Bounds, Log, SourceEnd
from fleet_app.stream.kafka.changelogs import read_bounds
from fleet_app.stream.lane.consumer import TaskConsumerThread


class _Told(NamedTuple):
    """What the broker said when: `at_ms` by the wall clock, as aiokafka notes it, `at_s` by the monotonic clock."""

    at_ms: int
    at_s: float


class GroupSources:
    """The sources of this worker's tasks, in the consumer that Faust keeps in a thread of its own.

    Args:
        thread: Returns that thread; asked at each call, because Faust makes it when the app starts.
    """

    def __init__(self, thread: Callable[[], TaskConsumerThread]) -> None:
        self._thread = thread
        self._told: dict[Log, _Told] = {}

    async def committed(self, logs: Collection[Log]) -> dict[Log, int | None]:
        """Return the group's committed offsets, asked of the broker now; None where there is none."""
        thread = self._thread()
        return await thread.inside(_committed(thread.client, logs))

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        """Return where each source starts and ends, asked of the broker now."""
        thread = self._thread()
        return await thread.inside(read_bounds(thread.client, logs))

    async def run(self, positions: Mapping[Log, int], epoch: int) -> None:
        """Seek, stamp what is fetched from here on with `epoch`, and let it flow; one step for the consumer.

        Raises:
            NotAssignedError: A source has been taken away meanwhile.
        """
        thread = self._thread()
        await thread.inside(thread.let_flow(positions, epoch))

    def end(self, log: Log) -> SourceEnd | None:
        """Return where a source ends, as of the last fetch; None before the first.

        Reads what the consumer's thread writes; each is one whole number, and an old one is as good.
        """
        state = _state(self._thread().client, TopicPartition(*log))
        if state is None or state.timestamp is None or state.lso is None:
            return None
        return SourceEnd(state.lso, self._told_at_s(log, state.timestamp))

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


async def _committed(client: AIOKafkaConsumer, logs: Collection[Log]) -> dict[Log, int | None]:
    offsets = await asyncio.gather(*(client.committed(TopicPartition(*log)) for log in logs))
    return dict(zip(logs, offsets, strict=True))
