"""Faust's consumer for tasks: batches instead of records, and never a commit of its own."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Coroutine, Iterable, Mapping
from typing import Any, Final, NoReturn, TypeVar, cast

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage, ServiceT
from mode import Service

from fleet_app.stream.engine.ports import Fetched, Log, NotAssignedError
from fleet_app.stream.kafka.batches import fetch_batches
from fleet_app.stream.lane.host import host_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FETCH_WAIT_S: Final = 1.0
_LONG_POLL_MS: Final = 100
"""Faust's 1,500 would stop a partition that resumes a moment after another, for so long, at each rebalance."""
_GROUP_CHECK_S: Final = 1.0
_NO_EPOCH: Final = -1


class TaskRebalanceListener(driver.ConsumerRebalanceListener):
    """Holds everything back from the moment of an assignment, until each task lets its own sources flow."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Pause in the client, before anybody else hears of the assignment."""
        cast(TaskConsumerThread, self._thread).hold_everything()
        await super().on_partitions_assigned(assigned)


class TaskConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which the group's consumer lives, with the epoch under which each source flows."""

    # Mode tells every start and stop of its services; those of ours are told in our own words.
    logger = logging.getLogger("mode.lane")

    def __post_init__(self) -> None:
        """Faust's hook for what a service sets up at construction."""
        super().__post_init__()
        self._epochs: dict[Log, int] = {}

    @property
    def client(self) -> AIOKafkaConsumer:
        """The consumer itself; its coroutines are to be awaited with `inside`.

        Raises:
            ConsumerNotStarted: The thread has not been started.
        """
        return self._ensure_consumer()

    async def inside(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` returns in this thread; cancelling it here cancels it there.

        Unlike Faust's `call_thread`, calls do not queue up behind a fetch that waits.
        """
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self.thread_loop))

    def hold_everything(self) -> None:
        """Fetch nothing any more, of no partition. To be called inside the thread."""
        self._epochs.clear()
        self.client.pause(*self.client.assignment())

    async def let_flow(self, positions: Mapping[Log, int], epoch: int) -> None:
        """Seek, stamp and resume, in one step. To be called inside the thread.

        Raises:
            NotAssignedError: A source has been taken away meanwhile; none of them flows.
        """
        partitions = {TopicPartition(*log): offset for log, offset in positions.items()}
        lost = partitions.keys() - self.client.assignment()
        if lost:
            raise NotAssignedError(f"{', '.join(sorted(map(str, lost)))} is not assigned any more")
        for partition, offset in partitions.items():
            self.client.seek(partition, offset)
        self._epochs.update(dict.fromkeys(positions, epoch))
        self.client.resume(*partitions)

    async def fetch(self) -> list[Fetched]:
        """Return what flows, stamped with the epoch it flows under. To be called inside the thread."""
        fetched = await fetch_batches(self.client, wanted=None, timeout_s=_FETCH_WAIT_S)
        # Nothing may be awaited between taking bytes over and stamping them: they belong to the epoch of this moment.
        return [msgspec.structs.replace(one, epoch=self._epochs.get(one.log, _NO_EPOCH)) for one in fetched]

    @Service.task
    async def _watch_group(self) -> None:
        async for _ in self.itertimer(_GROUP_CHECK_S, name="group"):
            try:
                self._check_group()
            except KafkaError as error:
                host_of(self.app).fail(error)

    def _check_group(self) -> None:
        """Take the group's troubles off aiokafka, which waits until somebody does; raise what is not worth another try.

        Its public calls do so only when they fetch, and a worker that waits for partitions does not fetch.
        """
        try:
            self.client._coordinator.check_errors()  # noqa: SLF001 - as above
        except KafkaError as error:
            if not error.retriable:
                raise
            logger.warning("the group's coordinator has trouble and will be asked again: %r", error)

    def _stopped_set(self) -> None:
        # After a crash the thread has ended, its loop with it, and nobody is left to be told.
        with contextlib.suppress(RuntimeError):
            super()._stopped_set()

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Not among Faust's settings, and not yet read by the consumer, which has not been started.
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - as above
        consumer._fetch_max_wait_ms = _LONG_POLL_MS  # noqa: SLF001 - as above
        return consumer


class PlainCommitError(Exception):
    """Faust was about to commit offsets by itself, beside the tasks' transactions: records could get lost."""


class TaskConsumer(driver.Consumer):
    """Delivers batches to the agents' streams, and leaves offsets to the tasks."""

    # Mode tells every start and stop of its services; those of ours are told in our own words.
    logger = logging.getLogger("mode.lane")

    RebalanceListener = TaskRebalanceListener

    @property
    def thread(self) -> TaskConsumerThread:
        """Where the consumer lives."""
        return cast(TaskConsumerThread, self._thread)

    def _new_consumer_thread(self) -> TaskConsumerThread:
        return TaskConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Move what is fetched into the agents' streams for as long as `fetcher` lives."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait_first(self.can_resume_flow.wait())
                    continue
                await self._deliver(await self.thread.inside(self.thread.fetch()))
        except asyncio.CancelledError:
            # Faust takes a cancellation for a crash if it comes in the middle of a rebalance.
            if not (self.should_stop or fetcher.should_stop):
                raise
        except Exception as error:
            if self.app.should_stop and isinstance(error, self.consumer_stopped_errors):
                return
            host_of(self.app).fail(error)
            raise

    async def _deliver(self, fetched: Collection[Fetched]) -> None:
        for one in fetched:
            if not self.flow_active:
                # The tasks seek when they start again.
                return
            # A full stream holds this up, and a rebalance ends the wait.
            await self.wait_first(self.callback(_message(one, self.app)), self.suspend_flow.wait())

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ANN401, ARG002, FBT001, FBT002 - Faust's signature
        """Forget what Faust has counted as handled; the tasks commit by themselves."""
        self._acked.clear()
        self._acked_index.clear()
        return True

    async def wait_empty(self) -> None:
        """Commit what the tasks have handled, when partitions are revoked and when the worker stops."""
        self._unacked_messages.clear()
        await self.force_commit()
        await host_of(self.app).tasks.final_commit()

    async def commit_and_end_transactions(self) -> None:
        """Do the same."""
        await self.wait_empty()

    async def _commit(self, offsets: Mapping[TP, int]) -> NoReturn:
        raise PlainCommitError(f"offsets {dict(offsets)}")

    async def _commit_tps(self, tps: Iterable[TP], start_new_transaction: bool = True) -> NoReturn:  # noqa: ARG002, FBT001, FBT002 - Faust's signature
        raise PlainCommitError(f"partitions {list(tps)}")

    async def perform_seek(self) -> NoReturn:
        """Refuse: only tasks seek.

        Raises:
            PlainCommitError: Always.
        """
        raise PlainCommitError("Faust was about to seek by itself")

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: a full stream holds delivery up, and no partition is taken out of the fetch."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing, as above."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: changelogs are never fetched here, and Faust would report each of them as stuck."""


def _message(fetched: Fetched, app: AppT) -> ConsumerMessage:
    """Return Faust's one message for all records of a fetch. Streams drop it if another generation has begun."""
    topic, partition = fetched.log
    return ConsumerMessage(
        topic,
        partition,
        offset=fetched.end - 1,
        timestamp=0.0,
        timestamp_type=0,
        headers=None,
        key=None,
        value=cast(Any, fetched),
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        tp=TP(topic, partition),
        generation_id=app.consumer_generation_id,
    )
