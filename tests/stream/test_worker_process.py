"""A worker as its operator meets it: what it opens, what it says, and how it ends."""

import json
import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.support.kafka import make_topics
from tests.support.processes import FAUST, FLEET, Cluster, WorkerProcess, eventually, free_ports, listening_sockets

pytestmark = pytest.mark.kafka

WAYS_TO_START = {
    "fleet worker": (FLEET, "worker"),
    "fleet up": (FLEET, "up", "--workers", "2"),
    "faust worker": (FAUST, "-A", "fleet_app.app", "worker", "-l", "info"),
    "faust worker with its own web port": (FAUST, "-A", "fleet_app.app", "worker", "--with-web", "-p", "6066"),
}


@pytest.fixture
def worker(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WorkerProcess]:
    command: Sequence[str] = getattr(request, "param", WAYS_TO_START["fleet worker"])
    process = WorkerProcess(cluster.settings, free_ports(2)[0], tmp_path / "log", command)
    yield process
    process.end()


def wait_until_ready(worker: WorkerProcess) -> None:
    eventually(worker.is_ready, within_s=60, what=f"ready; log in {worker.log}")


@pytest.mark.parametrize(
    ("worker", "workers"),
    [(command, 2 if "up" in command else 1) for command in WAYS_TO_START.values()],
    ids=WAYS_TO_START,
    indirect=["worker"],
)
def test_nothing_listens_but_the_http_port(worker: WorkerProcess, workers: int) -> None:
    wait_until_ready(worker)
    expected = [("127.0.0.1", worker.port + number) for number in range(workers)]
    eventually(lambda: len(listening_sockets(worker.process.pid)) >= workers, what="the last worker's port")

    assert listening_sockets(worker.process.pid) == expected


@pytest.mark.parametrize("worker", WAYS_TO_START.values(), ids=WAYS_TO_START, indirect=True)
def test_a_terminated_worker_leaves_with_success_and_no_traceback(worker: WorkerProcess) -> None:
    wait_until_ready(worker)

    assert worker.stop() == 0
    assert "Traceback" not in worker.log.read_text()


def test_health_is_answered_while_kafka_is_still_awaited(cluster: Cluster, tmp_path: Path) -> None:
    settings = cluster.settings | {"FLEET_BROKER": "127.0.0.1:1"}
    worker = WorkerProcess(settings, free_ports(1)[0], tmp_path / "log")
    try:
        eventually(lambda: worker.ask("/healthz"), what="an answer")
        ready = worker.ask("/readyz")

        assert ready is not None
        assert (ready.status_code, ready.json()["phase"]) == (503, "starting")
    finally:
        worker.end()


def test_a_stopped_worker_leaves_the_group_at_once(worker: WorkerProcess) -> None:
    wait_until_ready(worker)
    worker.stop()
    worker.restart()

    wait_until_ready(worker)
    worker.stop()

    assert "leaving without" not in worker.log.read_text()


def test_a_log_can_be_read_by_programs(cluster: Cluster, tmp_path: Path) -> None:
    settings = cluster.settings | {"FLEET_LOG_FORMAT": "json"}
    worker = WorkerProcess(settings, free_ports(1)[0], tmp_path / "log")
    wait_until_ready(worker)
    worker.stop()

    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    assert {"time", "level", "logger", "worker", "message"} <= set(lines[0])


def ends_with(worker: WorkerProcess) -> tuple[int, str]:
    try:
        return worker.process.wait(timeout=60), worker.log.read_text()
    finally:
        worker.end()


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


def test_bad_settings_are_all_named(cluster: Cluster, tmp_path: Path, port: int) -> None:
    settings = cluster.settings | {"FLEET_PARTITIONS": "none", "FLEET_HEARTBEAT_S": "-1"}

    code, said = ends_with(WorkerProcess(settings, port, tmp_path / "log"))

    assert code == 2
    assert "FLEET_PARTITIONS" in said
    assert "FLEET_HEARTBEAT_S" in said
    assert "Traceback" not in said


def test_a_missing_kafka_is_named_with_what_to_do(cluster: Cluster, tmp_path: Path, port: int) -> None:
    settings = cluster.settings | {"FLEET_BROKER": "127.0.0.1:1", "FLEET_BROKER_WAIT_S": "1"}

    code, said = ends_with(WorkerProcess(settings, port, tmp_path / "log"))

    assert code == 3
    assert "Kafka at 127.0.0.1:1 did not answer within 1 s" in said
    assert "Traceback" not in said


def test_a_wrong_partition_count_is_named(kafka: RunningKafka, cluster: Cluster, tmp_path: Path, port: int) -> None:
    make_topics(kafka.bootstrap, partitions=3)

    code, said = ends_with(WorkerProcess(cluster.settings, port, tmp_path / "log"))

    assert code == 4
    assert "fleet.positions: has 3 partitions, the app is set to 8" in said
    assert "Traceback" not in said


def test_a_state_directory_that_cannot_be_written_is_named(cluster: Cluster, tmp_path: Path, port: int) -> None:
    (tmp_path / "file").touch()
    settings = cluster.settings | {"FLEET_STATE_DIR": str(tmp_path / "file")}

    code, said = ends_with(WorkerProcess(settings, port, tmp_path / "log"))

    assert code == 5
    assert "cannot be written" in said
    assert "Traceback" not in said


def test_a_taken_port_is_named(cluster: Cluster, tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        code, said = ends_with(WorkerProcess(cluster.settings, port, tmp_path / "log"))

    assert code == 6
    assert str(port) in said
    assert "Traceback" not in said


def test_a_second_worker_on_the_same_state_is_refused(worker: WorkerProcess, cluster: Cluster, tmp_path: Path) -> None:
    wait_until_ready(worker)

    code, said = ends_with(WorkerProcess(cluster.settings, worker.port, tmp_path / "second"))

    assert code == 5
    assert "held by another worker" in said


def test_an_address_that_others_reach_is_refused_without_a_key(cluster: Cluster, tmp_path: Path, port: int) -> None:
    code, said = ends_with(WorkerProcess(cluster.settings | {"FLEET_HOST": "0.0.0.0"}, port, tmp_path / "log"))

    assert code == 2
    assert "set FLEET_API_KEY" in said


def test_an_interrupt_ends_a_worker_that_still_waits_for_kafka(cluster: Cluster, tmp_path: Path, port: int) -> None:
    worker = WorkerProcess(cluster.settings | {"FLEET_BROKER": "127.0.0.1:1"}, port, tmp_path / "log")
    eventually(lambda: worker.ask("/healthz"), what="an answer")
    worker.process.send_signal(signal.SIGINT)

    code, said = ends_with(worker)

    assert code == 0
    assert "Traceback" not in said
