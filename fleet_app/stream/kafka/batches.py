"""What an aiokafka consumer has fetched, as the record batches the broker sent, not one record unpacked."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import ConsumerStoppedError

from fleet_app.errors import BrokerError
from fleet_app.stream.engine.ports import Fetched, Log


class UnreadableBatchError(BrokerError):
    """A batch is damaged, or in a format that Kafka has not written since 0.11."""


async def fetch_batches(
    consumer: AIOKafkaConsumer, *, wanted: Collection[TopicPartition] | None, timeout_s: float
) -> list[Fetched]:
    """Return what has been fetched, one `Fetched` per partition, waiting up to `timeout_s` for the first.

    Control batches are left out, and so are aborted transactions if the consumer reads what is committed; a result
    may therefore hold no batch and only move the position on. Nothing is awaited between taking a result over and
    returning it. Only one caller at a time; after an error the consumer must not be used any more.

    Args:
        consumer: A started consumer.
        wanted: The partitions to take; what has come of others waits. None takes all.
        timeout_s: How long to wait; with 0 the caller gets what is there.

    Raises:
        UnreadableBatchError: A batch does not match its checksum, or has an old format.
        ConsumerStoppedError: The consumer was closed.
        KafkaError: The broker refused a partition.
    """
    fetcher = consumer._fetcher  # noqa: SLF001 - public calls unpack every record
    subscriptions = fetcher._subscriptions  # noqa: SLF001 - as above
    deadline = asyncio.get_running_loop().time() + timeout_s
    with subscriptions.fetch_context():
        while True:
            if consumer._closed or fetcher._closed:  # noqa: SLF001 - as above
                raise ConsumerStoppedError
            if subscriptions.reassignment_in_progress:
                # What is still fetched meanwhile may belong to another worker by then.
                await subscriptions.wait_for_assignment()
            drained = _drain(fetcher, wanted)
            left_s = deadline - asyncio.get_running_loop().time()
            if drained or left_s <= 0:
                return drained
            await _wait_for_fetch(fetcher, left_s)


async def _wait_for_fetch(fetcher: Any, timeout_s: float) -> None:  # noqa: ANN401 - aiokafka has no types
    waiter = fetcher._create_fetch_waiter()  # noqa: SLF001 - aiokafka's own way to wait
    done, _ = await asyncio.wait([waiter], timeout=timeout_s)
    if not done:
        waiter.cancel()
        return
    waiter.result()


def _drain(fetcher: Any, wanted: Collection[TopicPartition] | None) -> list[Fetched]:  # noqa: ANN401 - as above
    waiting: dict[TopicPartition, Any] = fetcher._records  # noqa: SLF001 - aiokafka's buffer
    drained: list[Fetched] = []
    for partition in list(waiting):
        if not fetcher._subscriptions.is_assigned(partition):  # noqa: SLF001 - as aiokafka does
            del waiting[partition]
            continue
        if wanted is not None and partition not in wanted:
            continue
        result = waiting[partition]
        if type(result) is not FetchResult and drained:
            # An error, to be raised by the next call: what is drained already must not get lost.
            return drained
        del waiting[partition]
        fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001 - lets aiokafka fetch on
        if type(result) is not FetchResult:
            result.check_raise()
            continue
        if result.has_more() and result.check_assignment(partition):
            drained.append(_take(result, partition))
    return drained


def _take(result: FetchResult, partition: TopicPartition) -> Fetched:
    """Take a result's batches over and move the consumer's position behind them."""
    records: PartitionRecords = result._partition_records  # noqa: SLF001 - the batches are in there
    start = records.next_fetch_offset
    batches = _data_batches(records, partition)
    result._update_position()  # noqa: SLF001 - as aiokafka does after unpacking
    return Fetched(Log(partition.topic, partition.partition), start, records.next_fetch_offset, batches)


def _data_batches(records: PartitionRecords, partition: TopicPartition) -> list[Any]:
    """Return the batches that hold data, the fetch position left behind the last one of any kind."""
    raw = records._records  # noqa: SLF001 - the bytes of the fetch
    batches = []
    while raw.has_next():
        batch = raw.next_batch()
        _check(batch, records, partition)
        if not (_is_aborted(batch, records) or batch.is_control_batch):
            batches.append(batch)
        records.next_fetch_offset = batch.next_offset
    return batches


def _check(batch: Any, records: PartitionRecords, partition: TopicPartition) -> None:  # noqa: ANN401 - as above
    if batch.producer_id is None:
        raise UnreadableBatchError(
            f"{_where(records, partition)}: a batch in a format of before Kafka 0.11; copy the topic to a new one"
        )
    if records._check_crcs and not batch.validate_crc():  # noqa: SLF001 - the consumer's setting
        raise UnreadableBatchError(
            f"{_where(records, partition)}: a batch does not match its checksum; start again, and if it stays, look at "
            "the broker's disk"
        )


def _where(records: PartitionRecords, partition: TopicPartition) -> str:
    return f"{partition.topic}[{partition.partition}], offset {records.next_fetch_offset}"


def _is_aborted(batch: Any, records: PartitionRecords) -> bool:  # noqa: ANN401 - as above
    """Return whether the batch belongs to an aborted transaction, keeping aiokafka's account of them."""
    if records._isolation_level != READ_COMMITTED:  # noqa: SLF001 - the consumer's setting
        return False
    aborted: set[int] = records._aborted_producers  # noqa: SLF001 - aiokafka's account
    records._consume_aborted_up_to(batch.base_offset)  # noqa: SLF001 - as above
    if batch.is_control_batch and records._contains_abort_marker(batch):  # noqa: SLF001 - as above
        aborted.discard(batch.producer_id)
    return bool(batch.is_transactional) and batch.producer_id in aborted
