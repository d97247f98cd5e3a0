"""Reading changelogs: read-committed, without a group, as record batches."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from fleet_app.stream.engine.ports import Bounds, Fetched, Log, LogEnd
from fleet_app.stream.kafka.batches import fetch_batches
from fleet_app.stream.kafka.ends import ToldEnds

_LONG_POLL_MS: Final = 100
"""How long the broker holds back an empty answer: whatever else is asked of it meanwhile waits that long."""

_REQUEST_TIMEOUT_MS: Final = 20_000
_FETCH_TIMEOUT_S: Final = 0.5


class ChangelogConsumer:
    """A consumer that is told where to read, and remembers nothing.

    A position that the log does not hold (any more, or yet) goes on from the log's start; `Fetched.start` shows it.

    Args:
        client_options: How to connect, as aiokafka's keyword arguments.
        max_fetch_bytes: How much one answer of the broker holds of a partition. Small ones make small steps.
    """

    def __init__(self, client_options: Mapping[str, Any], *, max_fetch_bytes: int) -> None:
        self._options = client_options
        self._max_fetch_bytes = max_fetch_bytes
        self._started: AIOKafkaConsumer | None = None
        self._ends = ToldEnds()

    async def start(self, expected: Collection[Log] = ()) -> None:
        """Connect, and get to know where `expected` logs are, which costs the first who asks a quarter of a second.

        Raises:
            KafkaError: The broker does not answer, or does not know the logs.
        """
        self._started = AIOKafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=self._max_fetch_bytes,
            fetch_max_wait_ms=_LONG_POLL_MS,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        await self._consumer.start()
        await self.bounds(expected)

    async def stop(self) -> None:
        """Disconnect; harmless when it never connected."""
        consumer, self._started = self._started, None
        if consumer is not None:
            await consumer.stop()

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        """Return the first offset and the last stable offset of each log, asked now.

        Raises:
            KafkaError: The broker does not answer in time, or does not know a log.
        """
        return await read_bounds(self._consumer, logs)

    def follow(self, positions: Mapping[Log, int]) -> None:
        """From now on fetch these logs from these offsets, and no others. What was on its way is dropped."""
        if not positions:
            self.rest()
            return
        self._consumer.assign([TopicPartition(*log) for log in positions])
        for log, position in positions.items():
            self._consumer.seek(TopicPartition(*log), position)

    async def fetch(self) -> list[Fetched]:
        """Return what has come, or nothing after half a second.

        Raises:
            KafkaError: The broker refuses a log.
            UnreadableBatchError: A batch is damaged.
        """
        return await fetch_batches(self._consumer, wanted=None, timeout_s=_FETCH_TIMEOUT_S)

    def end(self, log: Log) -> LogEnd | None:
        """Return where a log that is followed ends, as of the last fetch; None before the first."""
        return self._ends.of(self._consumer, log)

    def rest(self) -> None:
        """Fetch nothing until the next `follow`."""
        self._consumer.pause(*self._consumer.assignment())

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        if self._started is None:
            raise RuntimeError("the consumer of changelogs has not been started, or is stopped")
        return self._started


async def read_bounds(consumer: AIOKafkaConsumer, logs: Collection[Log]) -> dict[Log, Bounds]:
    """Return the first offset of each log, and its last stable offset if the consumer reads what is committed.

    Raises:
        KafkaError: The broker does not answer in time, or does not know a log.
    """
    if not logs:
        return {}
    partitions = [TopicPartition(*log) for log in logs]
    starts, ends = await asyncio.gather(consumer.beginning_offsets(partitions), consumer.end_offsets(partitions))
    return {Log(*partition): Bounds(starts[partition], ends[partition]) for partition in partitions}
