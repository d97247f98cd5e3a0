"""A worker's process ends with the exit code of what ended it. `stream/test_worker_process.py` lets one live."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.processes import free_ports

RUN = "from fleet_app.settings import Settings; from fleet_app.worker import run_worker; run_worker(Settings.load())"


def end_of_worker(state_dir: Path, port: int) -> tuple[int, str, str]:
    """Run a worker whose Kafka is away; return its exit code and what it wrote."""
    environment = {
        "FLEET_BROKER": "127.0.0.1:1",
        "FLEET_BROKER_WAIT_S": "0",
        "FLEET_PORT": str(port),
        "FLEET_STATE_DIR": str(state_dir),
        "FLEET_LOG_LEVEL": "error",
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_kafka_that_is_away_ends_it_with_one_message(tmp_path: Path) -> None:
    code, out, said = end_of_worker(tmp_path, free_ports(1)[0])

    assert (code, out) == (3, "")
    assert said.splitlines()[-1].startswith("fleet: Kafka at 127.0.0.1:1 did not answer within 0 s")
    assert "Traceback" not in said


def test_a_taken_port_ends_it_before_kafka_is_asked(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, said = end_of_worker(tmp_path, port)

    assert code == 6
    assert said.startswith(f"fleet: port {port} on 127.0.0.1 is taken")


def test_a_state_directory_that_cannot_be_made_ends_it_before_the_port_is_bound(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, _, said = end_of_worker(tmp_path / "file", other.getsockname()[1])

    assert code == 5
    assert said.startswith(f"fleet: state directory {tmp_path}/file/worker-")


def test_a_worker_leaves_its_state_to_the_next(tmp_path: Path) -> None:
    port = free_ports(1)[0]

    assert [end_of_worker(tmp_path, port)[0] for _ in range(2)] == [3, 3]
