"""The group's consumer, as far as tasks may touch it."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from fleet_app.stream.engine.ports import Bounds, Log, LogEnd
from fleet_app.stream.kafka.changelogs import read_bounds
from fleet_app.stream.kafka.ends import ToldEnds
from fleet_app.stream.lane.consumer import TaskConsumerThread


class GroupSources:
    """The sources of this worker's tasks, in the consumer that Faust keeps in a thread of its own.

    Args:
        thread: Returns that thread; asked at each call, because Faust makes it when the app starts.
    """

    def __init__(self, thread: Callable[[], TaskConsumerThread]) -> None:
        self._thread = thread
        self._ends = ToldEnds()

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

    def end(self, log: Log) -> LogEnd | None:
        """Return where a source ends, as of the last fetch; None before the first."""
        return self._ends.of(self._thread().client, log)


async def _committed(client: AIOKafkaConsumer, logs: Collection[Log]) -> dict[Log, int | None]:
    offsets = await asyncio.gather(*(client.committed(TopicPartition(*log)) for log in logs))
    return dict(zip(logs, offsets, strict=True))
