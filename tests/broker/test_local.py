import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import create_conn
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataRequest

from fleet_app.broker.local import LocalBroker, State
from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.errors import BrokerError
from tests.support.processes import eventually

TOPIC = "kept"


@pytest.fixture
def broker(tmp_path: Path, kafka_cache: Path) -> Iterator[LocalBroker]:
    """A broker that has not been started."""
    broker = LocalBroker(tmp_path / "broker", cache_dir=kafka_cache, port=0)
    yield broker
    broker.stop()


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with Kafka."""
    with subprocess.Popen(["/bin/sleep", "1000"]) as process:
        yield process
        process.kill()


def starting_process(broker: LocalBroker, cache: Path, lifetime: str, then: str) -> subprocess.Popen[str]:
    """Start `broker` from another process, which prints its state and does `then`."""
    script = f"""
import pathlib, sys
from fleet_app.broker.local import Lifetime, LocalBroker
broker = LocalBroker(pathlib.Path(sys.argv[1]), cache_dir=pathlib.Path(sys.argv[2]), port=0)
print(broker.start(Lifetime.{lifetime}).state, flush=True)
{then}
"""
    command = [sys.executable, "-c", script, str(broker.directory), str(cache)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def send_signal(broker: LocalBroker, number: signal.Signals) -> None:
    pid = broker.status().pid
    assert pid is not None
    os.kill(pid, number)


async def produce(bootstrap: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(TOPIC, value, partition=0)


async def consume(bootstrap: str) -> bytes | None:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        record = await consumer.getone()
        value: bytes | None = record.value
        return value


async def topics_after_asking_for(kafka: RunningKafka, name: str) -> dict[str, int]:
    host, _, port = kafka.bootstrap.partition(":")
    connection = await create_conn(host, int(port))
    await connection.send(MetadataRequest([name], allow_auto_topic_creation=True))
    answer = await connection.send(MetadataRequest([name], allow_auto_topic_creation=False))
    connection.close()
    return {topic[1]: topic[0] for topic in answer.topics}


def listening(pid: int) -> set[str]:
    connections: list[Any] = psutil.Process(pid).net_connections(kind="inet")
    return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}


def test_a_broker_that_was_never_started_is_stopped(broker: LocalBroker) -> None:
    assert broker.status().state is State.STOPPED
    assert broker.status().port is None
    broker.stop()


@pytest.mark.kafka
def test_a_broker_answers_from_start_to_stop(broker: LocalBroker) -> None:
    started = broker.start()
    assert started == broker.status()
    assert started.state is State.RUNNING

    broker.stop()
    stopped = broker.status()
    assert (stopped.state, stopped.pid, stopped.port) == (State.STOPPED, None, started.port)


@pytest.mark.kafka
def test_a_running_broker_is_left_alone_by_another_start(kafka: RunningKafka, kafka_cache: Path) -> None:
    before = kafka.broker.status()

    again = LocalBroker(kafka.broker.directory, cache_dir=kafka_cache).start()

    assert again == before


@pytest.mark.kafka
def test_the_broker_listens_on_the_loopback_address_only(kafka: RunningKafka) -> None:
    pid = kafka.broker.status().pid
    assert pid is not None
    assert {address.removeprefix("::ffff:") for address in listening(pid)} == {"127.0.0.1"}


@pytest.mark.kafka
def test_topics_are_not_made_by_asking_for_them(kafka: RunningKafka) -> None:
    name = "never-made"

    assert asyncio.run(topics_after_asking_for(kafka, name)) == {name: UnknownTopicOrPartitionError.errno}


@pytest.mark.kafka
def test_another_port_is_used_where_the_usual_one_is_taken_and_remembered(tmp_path: Path, kafka_cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        broker = LocalBroker(tmp_path, cache_dir=kafka_cache, port=taken)
        first = broker.start()
        broker.stop()
    second = broker.start()
    broker.stop()

    assert first.port != taken
    assert second.port == first.port


@pytest.mark.kafka
def test_what_was_written_is_there_after_a_kill_of_the_broker(make_kafka: MakeKafka) -> None:
    kafka = make_kafka()
    asyncio.run(produce(kafka.bootstrap, b"still here"))

    send_signal(kafka.broker, signal.SIGKILL)
    eventually(lambda: kafka.broker.status().state is State.STOPPED, what="the broker is gone")
    again = kafka.broker.start()

    assert again.bootstrap == kafka.bootstrap
    assert asyncio.run(consume(again.bootstrap)) == b"still here"


@pytest.mark.kafka
def test_a_broker_dies_with_its_parent(broker: LocalBroker, kafka_cache: Path) -> None:
    with starting_process(broker, kafka_cache, "PARENT", then="sys.stdin.read()") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "running\n"
        assert broker.status().state is State.RUNNING

        parent.kill()

        eventually(lambda: broker.status().state is State.STOPPED, what="the broker is gone")


@pytest.mark.kafka
def test_a_detached_broker_outlives_its_parent(broker: LocalBroker, kafka_cache: Path) -> None:
    with starting_process(broker, kafka_cache, "DETACHED", then="") as parent:
        parent.communicate()

    assert broker.status().state is State.RUNNING


@pytest.mark.kafka
def test_a_process_that_has_the_id_of_a_dead_broker_is_not_touched(
    broker: LocalBroker, bystander: subprocess.Popen[bytes]
) -> None:
    broker.directory.mkdir()
    (broker.directory / "broker.pid").write_text(str(bystander.pid))
    (broker.directory / "broker.json").write_text("not what was written")

    assert broker.status().state is State.STOPPED
    broker.stop()
    assert broker.start().pid != bystander.pid
    assert bystander.poll() is None


@pytest.mark.kafka
def test_a_broker_that_hangs_is_told_from_one_that_runs_and_can_be_stopped(make_kafka: MakeKafka) -> None:
    broker = make_kafka().broker

    send_signal(broker, signal.SIGSTOP)
    eventually(lambda: broker.status().state is State.NOT_ANSWERING, what="all of its threads stand still")

    broker.stop()
    assert broker.status().state is State.STOPPED


@pytest.mark.kafka
def test_storage_that_cannot_be_formatted_is_reported_with_the_reason(tmp_path: Path, kafka_cache: Path) -> None:
    broker = LocalBroker(tmp_path, cache_dir=kafka_cache, port=0, properties={"num.io.threads": "many"})

    with pytest.raises(BrokerError, match=r"(?s)cannot format.*Invalid value many"):
        broker.start()

    assert broker.status().state is State.STOPPED


@pytest.mark.kafka
def test_a_broker_that_ends_while_starting_is_reported_with_its_last_words(
    broker: LocalBroker,
) -> None:
    broker.directory.mkdir()
    (broker.directory / "data").mkdir()

    with pytest.raises(BrokerError, match=r"(?s)ended while starting.*meta\.properties"):
        broker.start()

    assert broker.status().state is State.STOPPED


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(BrokerError, match=f"cannot use {in_the_way}: File exists"):
        LocalBroker(in_the_way, cache_dir=tmp_path).start()
