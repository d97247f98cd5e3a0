import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_app.broker.local import LocalBroker
from fleet_app.errors import BrokerError

FLEET_BROKER = (sys.executable, "-c", "from fleet_app.cli import main; main()", "broker")


@pytest.fixture
def directory(tmp_path: Path, kafka_cache: Path) -> Iterator[Path]:
    yield tmp_path / "broker"
    LocalBroker(tmp_path / "broker", cache_dir=kafka_cache).stop()


def fleet_broker(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*FLEET_BROKER, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


def test_a_broker_that_does_not_run_says_how_to_start_it(directory: Path) -> None:
    assert fleet_broker("status", "--directory", str(directory)) == (
        BrokerError.exit_code,
        f"Kafka does not run in {directory}. Start it with: fleet broker start\n",
    )


def test_stopping_a_broker_that_does_not_run_is_no_failure(directory: Path) -> None:
    assert fleet_broker("stop", "--directory", str(directory)) == (0, f"Kafka does not run in {directory}.\n")


@pytest.mark.kafka
def test_a_started_broker_stays_until_it_is_stopped(directory: Path) -> None:
    place = ("--directory", str(directory))

    started = fleet_broker("start", "--port", "0", *place)
    again = fleet_broker("start", *place)
    seen = fleet_broker("status", *place)
    stopped = fleet_broker("stop", *place)

    assert {code for code, _ in (started, again, seen)} == {0}
    assert "export FLEET_BROKER=127.0.0.1:" in started[1]
    assert again[1].startswith("Kafka runs already: 127.0.0.1:")
    assert seen[1].startswith("Kafka runs: 127.0.0.1:")
    assert stopped == (0, "Kafka is stopped.\n")


@pytest.mark.kafka
def test_a_broker_in_the_foreground_is_stopped_by_ctrl_c(directory: Path) -> None:
    command = [*FLEET_BROKER, "start", "--foreground", "--port", "0", "--directory", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "Ctrl-C stops it.\n" in iter(process.stdout.readline, "")
        process.send_signal(signal.SIGINT)
        last_words, _ = process.communicate()

    assert process.returncode == 0
    assert "Stopping Kafka." in last_words
    assert fleet_broker("status", "--directory", str(directory))[0] == BrokerError.exit_code
