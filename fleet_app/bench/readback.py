"""What a run has left in Kafka, read as any other program would: read_committed, folded by key, without the product."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.bench.load import JobName
from fleet_app.bench.oracle import Counts, Outcome, Vehicle

_MARKER: Final = b"\0positions"
_VERSION: Final = 1
_NUMBER_BYTES: Final = 8
_MIDDLE: Final = 1 << 63
_IDLE_MS: Final = 200


class Names(NamedTuple):
    """Where a run leaves what: its changelogs, and its outputs, which it shares with other runs. None if it has none.

    Attributes:
        last: Changelog of the last states.
        minutes: Changelog of the closed minutes.
        told: Topic of the closed minutes.
        refused: Topic of the dead letters.
    """

    last: str
    minutes: str
    told: str | None
    refused: str


class Left(NamedTuple):
    """What a run has left, as bytes: changelogs folded by key, outputs record by record."""

    last: Mapping[bytes, bytes]
    minutes: Mapping[bytes, bytes]
    told: Sequence[bytes]
    refused: Sequence[bytes]


class UnexpectedBytesError(Exception):
    """A changelog holds something that is neither a marker nor a value of version 1."""


async def end_of(broker: str, topic: str) -> int:
    """Return the sum of a topic's end offsets, which are its records if nothing was ever deleted or committed."""
    async with reader(broker) as consumer:
        return sum((await consumer.end_offsets(await _partitions(consumer, topic))).values())


async def committed(client: AIOKafkaAdminClient, group: str, topic: str) -> int:
    """Return how many records a group has committed of a topic that starts at offset 0."""
    offsets = await client.list_consumer_group_offsets(group)
    return sum(max(0, entry.offset) for partition, entry in offsets.items() if partition.topic == topic)


async def read_back(broker: str, names: Names, since_ms: int) -> Left:
    """Return what a run has left; of the outputs, what was appended at `since_ms`, ms since 1970, or later."""
    async with reader(broker) as consumer:
        told: list[bytes] = []
        refused: list[bytes] = []
        if names.told is not None:
            await read_each(consumer, names.told, since_ms, told.append)
        await read_each(consumer, names.refused, since_ms, refused.append)
        last, minutes = await read_folded(consumer, names.last), await read_folded(consumer, names.minutes)
        return Left(last, minutes, told, refused)


@asynccontextmanager
async def reader(broker: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer of committed records, of no group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, group_id=None, enable_auto_commit=False, isolation_level="read_committed"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read_each(consumer: AIOKafkaConsumer, topic: str, since_ms: int, take: Callable[[bytes], object]) -> None:
    """Hand over every value of a topic that was appended at `since_ms`, ms since 1970, or later."""
    await _read(consumer, topic, since_ms, lambda record: take(record.value))


async def read_folded(consumer: AIOKafkaConsumer, changelog: str) -> dict[bytes, bytes]:
    """Return what a changelog says of each key: its newest value."""
    values: dict[bytes, bytes] = {}
    await _read(consumer, changelog, 0, lambda record: _fold(values, record))
    return values


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    # Its metadata holds no topics until it is told to want them.
    known = await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - a consumer without subscription has no public way
    return [TopicPartition(topic, partition) for partition in sorted(known)]


async def _read(consumer: AIOKafkaConsumer, topic: str, since_ms: int, take: Callable[[Any], object]) -> None:
    partitions = await _partitions(consumer, topic)
    ends = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    for each, found in (await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))).items():
        consumer.seek(each, ends[each] if found is None else found.offset)
    while any([await consumer.position(each) < end for each, end in ends.items()]):
        for batch in (await consumer.getmany(timeout_ms=_IDLE_MS)).values():
            for record in batch:
                take(record)


def _fold(values: dict[bytes, bytes], record: Any) -> None:  # noqa: ANN401 - aiokafka has no types
    if record.key == _MARKER:
        return
    if record.value is None:
        values.pop(record.key, None)
        return
    values[record.key] = record.value


def outcome_of(job: JobName, left: Left) -> Outcome:
    """Return the outcome behind the bytes.

    Raises:
        UnexpectedBytesError: A value has another version.
    """
    vehicle = _vehicle_of_a if job is JobName.A else _vehicle_of_b
    told: dict[tuple[str, int], list[Counts]] = {}
    for value in left.told:
        record = msgspec.json.decode(value)
        counts = Counts(record["fixes"], record["distance_m"], record["speed_sum_mps"])
        told.setdefault((record["vehicle_id"], record["minute_ms"]), []).append(counts)
    return Outcome(
        vehicles={key.decode(): vehicle(_fields(value)) for key, value in left.last.items()},
        minutes={_row(key): Counts(*_fields(value)) for key, value in left.minutes.items()},
        told=told,
        refused=len(left.refused),
    )


def _fields(value: bytes) -> list[Any]:
    if value[0] != _VERSION:
        raise UnexpectedBytesError(f"a value has version {value[0]}, not {_VERSION}: {value!r}")
    fields: list[Any] = msgspec.msgpack.decode(value[1:])
    return fields


def _row(key: bytes) -> tuple[str, int]:
    text, number = key[: -_NUMBER_BYTES - 1], key[-_NUMBER_BYTES:]
    return text.decode(), int.from_bytes(number, "big") - _MIDDLE


def _vehicle_of_a(fields: Sequence[Any]) -> Vehicle:
    time_ms, lat, lon, speed_mps, odometer_m, minute_ms, *counts = fields
    return Vehicle(time_ms, lat, lon, speed_mps, odometer_m, 0, {minute_ms: Counts(*counts)})


def _vehicle_of_b(fields: Sequence[Any]) -> Vehicle:
    time_ms, lat, lon, speed_mps, odometer_m, late, minutes = fields
    still_open = {minute_ms: Counts(*counts) for minute_ms, *counts in minutes}
    return Vehicle(time_ms, lat, lon, speed_mps, odometer_m, late, still_open)
