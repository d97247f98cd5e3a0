"""The producer of one task: transactional, over aiokafka.

aiokafka leaves two things to its caller. It would commit a transaction of which a batch has been refused, and its
`stop` waits for what can no longer be sent. Here a producer that has failed once is of no further use, and `close` is
quick.

A transaction that is under way while the broker is silent is waited for, as long as that lasts: aiokafka never gives up
on one. Whoever commits decides how long is too long.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Generator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerClosed,
    ProducerFenced,
    RecordListTooLargeError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from fleet_app.errors import WorkerError
from fleet_app.stream.engine.ports import Appended, Log

_log = logging.getLogger(__name__)

TRANSACTION_TIMEOUT_S: Final = 10.0
"""An open transaction holds back every reader of its partitions, so the broker ends one that is older."""

FENCE_TIMEOUT_S: Final = 30.0
"""A broker that has just started may take this long to find the state of its transactions."""

CLOSE_TIMEOUT_S: Final = 2.0

MAX_BATCH_BYTES: Final = 900_000
"""Below the 1 MB that a topic takes unless told otherwise. A single record may be larger: the topic decides."""

_RETRY_MS: Final = 20
"""A transaction that the broker is still ending is asked for again after this."""


class ProducerError(WorkerError):
    """A task's producer cannot go on; a new one can, after a restore."""


class FencedError(ProducerError):
    """Another producer has taken over the transactional id: the partition belongs to somebody else now."""


class FenceTimeoutError(ProducerError):
    """The broker did not give an epoch in time."""


class RecordTooLargeError(ProducerError):
    """The topic does not take a record of this size."""


class TransactionalProducer:
    """Writes for one task: what it appends between `begin` and `commit` takes effect at once, or not at all.

    Args:
        client_options: How to connect, as aiokafka's keyword arguments.
        transactional_id: The task's, for life; whoever fences last may write.
        group_id: The group whose offsets go into the transactions.
        topics: Where it will write. They are looked up when it fences, so that no commit has to while Kafka is away.
    """

    def __init__(
        self,
        client_options: Mapping[str, Any],
        *,
        transactional_id: str,
        group_id: str,
        topics: Collection[str] = (),
    ) -> None:
        self._options = client_options
        self._topics = topics
        self._id = transactional_id
        self._group_id = group_id
        self._client: AIOKafkaProducer | None = None
        self._failure: BaseException | None = None
        self._sent: list[_Sent] = []

    async def fence(self) -> None:
        """Connect and take a new epoch of the id; once in a producer's life.

        Raises:
            ProducerError: The broker does not answer in time, or refuses.
        """
        self._client = AIOKafkaProducer(
            **self._options,
            acks="all",
            transactional_id=self._id,
            transaction_timeout_ms=int(TRANSACTION_TIMEOUT_S * 1000),
            request_timeout_ms=int(TRANSACTION_TIMEOUT_S * 1000),
            max_batch_size=MAX_BATCH_BYTES,
            retry_backoff_ms=_RETRY_MS,
        )
        async with self._step(), asyncio.timeout(FENCE_TIMEOUT_S):
            await self._client.start()
            await self._client.client.set_topics(self._topics)

    async def begin(self) -> None:
        """Begin a transaction.

        Raises:
            ProducerError: The producer has failed before.
        """
        self._sent = []
        async with self._step() as client:
            await client.begin_transaction()

    async def append(self, log: Log, records: Iterable[Appended]) -> Awaitable[int]:
        """Hand records over in order, at least one; await the result for the log's next offset once all are acked.

        Gives way to other work between batches.

        Raises:
            ProducerError: Here or when the result is awaited: fenced, or a record that the topic refuses.
        """
        first = len(self._sent)
        async with self._step() as client:
            batch, first_key = client.create_batch(), b""
            for key, value, headers in records:
                if batch.append(timestamp=None, key=key, value=value, headers=list(headers)) is None:
                    await self._send(client, batch, log, first_key)
                    await asyncio.sleep(0)
                    batch, first_key = client.create_batch(), key
                    batch.append(timestamp=None, key=key, value=value, headers=list(headers))
                first_key = first_key or key
            await self._send(client, batch, log, first_key)
        return _Acks(self, self._sent[first:])

    async def send_positions(self, positions: Mapping[Log, int]) -> None:
        """Add the group's offsets to the transaction.

        Raises:
            ProducerError: Fenced.
        """
        offsets = {TopicPartition(*log): offset for log, offset in positions.items()}
        async with self._step() as client:
            await client.send_offsets_to_transaction(offsets, self._group_id)

    async def commit(self) -> None:
        """Commit the transaction, all of it: what was appended is acked first.

        Raises:
            ProducerError: Fenced or refused; whether the transaction took effect, a restore will tell.
        """
        await _Acks(self, self._sent)
        async with self._step() as client:
            await client.commit_transaction()

    async def close(self) -> None:
        """Let go, whatever state it is in. A transaction that is open is left to the broker, or to the next epoch."""
        client, self._client = self._client, None
        if client is None:
            return
        self._failure = self._failure or ProducerError(f"producer {self._id} is closed")
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await _stop(client)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("producer %s was not closed in order: %r", self._id, error)

    async def acked(self, sent: "Iterable[_Sent]") -> int:
        """Wait for batches to be acked; return the offset after the last."""
        end = 0
        for future, log, first_key, records, size in sent:
            async with self._step():
                try:
                    base_offset = (await future).offset
                except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
                    raise RecordTooLargeError(
                        f"{log.topic}: a batch of {size} bytes ({records} records, the first with key {first_key!r}) "
                        "is more than the topic takes; raise its max.message.bytes"
                    ) from error
                if base_offset < 0:
                    raise ProducerError(f"{_name(log)}: the broker has a batch twice and does not say where")
            end = base_offset + records
        return end

    async def _send(self, client: AIOKafkaProducer, batch: BatchBuilder, log: Log, first_key: bytes) -> None:
        records, size = batch.record_count(), batch.size()
        future = await client.send_batch(batch, log.topic, partition=log.partition)
        future.add_done_callback(_take_note)
        self._sent.append((future, log, first_key, records, size))

    @asynccontextmanager
    async def _step(self) -> AsyncIterator[AIOKafkaProducer]:
        """Let no step follow one that has failed or was cancelled."""
        if self._failure is not None:
            raise ProducerError(f"producer {self._id} has failed before: {self._failure}") from self._failure
        if self._client is None:
            raise ProducerError(f"producer {self._id} has not fenced yet")
        try:
            yield self._client
        except BaseException as error:
            self._failure = self._explain(error)
            if self._failure is error:
                raise
            raise self._failure from error

    def _explain(self, error: BaseException) -> BaseException:
        if isinstance(error, ProducerFenced | InvalidProducerEpoch):
            return FencedError(
                f"producer {self._id} is fenced: another worker has taken its partition over, or Kafka has given up a "
                f"transaction that took more than {TRANSACTION_TIMEOUT_S:g} s"
            )
        if isinstance(error, TimeoutError):
            return FenceTimeoutError(f"producer {self._id} has not got its epoch within {FENCE_TIMEOUT_S:g} s")
        if isinstance(error, KafkaError):
            return ProducerError(f"producer {self._id}: {error!r}")
        return error


_Sent = tuple["asyncio.Future[Any]", Log, bytes, int, int]
"""A batch on its way: its ack, where to, the key of its first record, how many records and bytes."""


class _Acks:
    """The acks of what one call appended; may be awaited, need not be."""

    def __init__(self, producer: TransactionalProducer, sent: list[_Sent]) -> None:
        self._producer = producer
        self._sent = sent

    def __await__(self) -> Generator[Any, None, int]:
        return self._producer.acked(self._sent).__await__()


def _take_note(future: "asyncio.Future[Any]") -> None:
    """Look at a failure, so that asyncio does not report it as overlooked where nobody awaits it any more."""
    if future.done() and not future.cancelled():
        future.exception()


def _name(log: Log) -> str:
    return f"{log.topic}[{log.partition}]"


async def _stop(client: AIOKafkaProducer) -> None:
    """Stop without sending anything more.

    The sender goes first: it takes what is on its way to the end, which fails as soon as its connections are closed.
    """
    sender = client._sender.sender_task  # noqa: SLF001 - `stop` alone waits for acks without any limit
    if sender is not None:
        sender.cancel()
    unsent = client._message_accumulator  # noqa: SLF001 - as above
    unsent.fail_all(ProducerClosed())
    await client.client.close()
    if sender is not None:
        # Cancelled once more by `stop` while it still clears up, it would pass the cancellation on to us.
        await asyncio.wait((sender,))
    await client.stop()
    for batch in chain.from_iterable(unsent._batches.values()):  # noqa: SLF001 - futures of theirs that nobody sees
        _take_note(batch._drain_waiter)  # noqa: SLF001 - as above
    end = client._txn_manager.wait_for_transaction_end()  # noqa: SLF001 - as above
    if end is not None:
        _take_note(end)
