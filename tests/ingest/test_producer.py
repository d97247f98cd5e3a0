"""The producer against a real Kafka, and against none."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.ingest.producer import DoorProducer, Outgoing, Placed
from fleet_app.settings import Settings
from fleet_app.stream.partitioning import partition_of
from fleet_app.topics import POSITIONS
from tests.support.kafka import forget_topics, make_topics, read_all

PARTITIONS = 8


@pytest.fixture
def bootstrap(kafka: RunningKafka) -> str:
    """The session's broker, with the app's topics fresh and empty."""
    forget_topics(kafka.bootstrap)
    make_topics(kafka.bootstrap, partitions=PARTITIONS)
    return kafka.bootstrap


@contextmanager
def frozen(kafka: RunningKafka) -> Iterator[None]:
    """A broker that is there and does not answer."""
    pid = kafka.broker.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def send_all(bootstrap: str, records: list[Outgoing]) -> list[Placed]:
    producer = DoorProducer(Settings.load(broker=bootstrap))
    await producer.start()
    try:
        return await producer.send_all(records)
    finally:
        await producer.stop()


async def send_until_taken(producer: DoorProducer, value: bytes) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await producer.send("van-7", value)
            except BrokerError:
                continue
            break


@pytest.mark.kafka
def test_each_record_stands_where_the_producer_says(bootstrap: str) -> None:
    records = [Outgoing(f"van-{number % 5}", b"%d" % number) for number in range(2_000)]

    placed = asyncio.run(send_all(bootstrap, records))

    stands = {(record.partition, record.offset): record for record in read_all(bootstrap, POSITIONS.name)}
    assert len(stands) == len(records)
    assert [
        (stands[place.partition, place.offset].key, stands[place.partition, place.offset].value) for place in placed
    ] == [(record.key.encode(), record.value) for record in records]


@pytest.mark.kafka
def test_a_record_may_have_headers_and_no_value(bootstrap: str) -> None:
    asyncio.run(send_all(bootstrap, [Outgoing("van-7", None, headers=(("fleet-forget", b""),))]))

    (record,) = read_all(bootstrap, POSITIONS.name)
    assert (record.value, record.headers) == (None, (("fleet-forget", b""),))


@pytest.mark.kafka
def test_keys_are_raw_and_partitioned_by_murmur2_and_a_vehicle_keeps_its_order(bootstrap: str) -> None:
    vehicles = ["van-7", "Lieferwagen-Süd", "車-1", "v" * 128]
    records = [Outgoing(vehicle, b"%d" % number) for number in range(300) for vehicle in vehicles]

    placed = asyncio.run(send_all(bootstrap, records))

    assert [place.partition for place in placed] == [
        partition_of(record.key.encode(), PARTITIONS) for record in records
    ]
    for vehicle in vehicles:
        values = [record.value for record in read_all(bootstrap, POSITIONS.name) if record.key == vehicle.encode()]
        assert values == [b"%d" % number for number in range(300)]


@pytest.mark.kafka
def test_a_missing_topic_is_named_and_not_made(kafka: RunningKafka) -> None:
    forget_topics(kafka.bootstrap)

    with pytest.raises(TopicsError, match=r"no topic fleet\.positions.*fleet topics create"):
        asyncio.run(send_all(kafka.bootstrap, []))


@pytest.mark.kafka
def test_a_broker_that_does_not_answer_ends_in_an_error_and_is_used_again_once_it_does(make_kafka: MakeKafka) -> None:
    kafka = make_kafka()
    make_topics(kafka.bootstrap)

    async def send_before_during_and_after() -> None:
        producer = DoorProducer(Settings.load(broker=kafka.bootstrap), delivery_timeout_s=1.0)
        await producer.start()
        await producer.send("van-7", b"before")
        with frozen(kafka), pytest.raises(BrokerError, match="did not confirm within 1 s"):
            await producer.send("van-7", b"during")
        await send_until_taken(producer, b"after")
        await producer.stop()

    asyncio.run(send_before_during_and_after())

    values = [record.value for record in read_all(kafka.bootstrap, POSITIONS.name)]
    assert values[0] == b"before"
    assert b"after" in values


@pytest.mark.kafka
def test_a_refused_record_is_an_error_and_the_next_one_is_taken(bootstrap: str) -> None:
    async def send_after_a_refusal() -> Placed:
        producer = DoorProducer(Settings.load(broker=bootstrap))
        await producer.start()
        await producer.send("van-7", b"1")
        with pytest.raises(BrokerError, match="did not take"):
            await producer.send("van-7", b"x" * POSITIONS.max_message_bytes)
        placed = await producer.send("van-7", b"2")
        await producer.stop()
        return placed

    assert asyncio.run(send_after_a_refusal()).offset == 1


@pytest.mark.kafka
def test_a_topic_that_was_deleted_and_made_again_is_written_to_again(bootstrap: str) -> None:
    async def send_before_and_after() -> None:
        producer = DoorProducer(Settings.load(broker=bootstrap), delivery_timeout_s=2.0)
        await producer.start()
        for _ in range(3):
            await producer.send("van-7", b"before")
        await asyncio.to_thread(forget_topics, bootstrap)
        await asyncio.to_thread(make_topics, bootstrap)
        await send_until_taken(producer, b"after")
        await producer.stop()

    asyncio.run(send_before_and_after())

    assert b"after" in [record.value for record in read_all(bootstrap, POSITIONS.name)]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_kafka_that_is_not_there_ends_the_start_with_advice() -> None:
    broker = f"127.0.0.1:{closed_port()}"

    async def start() -> None:
        await DoorProducer(Settings.load(broker=broker, broker_wait_s=0.2)).start()

    with pytest.raises(BrokerError, match=rf"{broker} cannot be reached within 0\.2 s.*FLEET_BROKER"):
        asyncio.run(start())


def test_a_listener_that_never_answers_ends_the_start_too() -> None:
    async def start() -> None:
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            broker = f"127.0.0.1:{deaf.getsockname()[1]}"
            await DoorProducer(Settings.load(broker=broker, broker_wait_s=0.2)).start()

    with pytest.raises(BrokerError, match="cannot be reached"):
        asyncio.run(start())


def test_before_the_start_and_after_the_stop_nothing_is_taken() -> None:
    async def send() -> None:
        producer = DoorProducer(Settings.load())
        with pytest.raises(BrokerError, match="not connected"):
            await producer.send("van-7", b"{}")
        await producer.stop()
        with pytest.raises(BrokerError, match="not connected"):
            await producer.send("van-7", b"{}")

    asyncio.run(send())
