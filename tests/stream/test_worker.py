"""How a worker ends: its exit code, its last words, and in what time."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
WORKER: Final = """
import asyncio
import logging
import sys
from pathlib import Path

from fleet_app import errors
from fleet_app.stream import worker
from fleet_app.stream.services import ServiceOf
from mode import Service
from tests.stream.small_app import make_app

class Fails:
    def __init__(self, error):
        self.error = error

    async def start(self):
        raise self.error

    async def stop(self):
        pass

class Starts:
    async def start(self):
        print("starting", flush=True)
        await asyncio.Event().wait()

    async def stop(self):
        print("stopped", flush=True)

class Clings(Starts):
    async def stop(self):
        await asyncio.Event().wait()

class FailsLater(Service):
    error: Exception

    @Service.task
    async def fail(self):
        raise self.error

def fails_later(error):
    service = FailsLater()
    service.error = error
    return service

app = make_app(Path(sys.argv[1]), configure_logging=lambda: logging.basicConfig(format="%(levelname)s %(message)s"))
"""


def worker_with(state: Path, services: str, *lines: str) -> subprocess.Popen[str]:
    """Start a worker whose services before Kafka are these."""
    script = "\n".join(
        [
            WORKER,
            *lines,
            f"app.services_before_kafka = [{services}]",
            "worker.StreamWorker(app).execute_from_commandline()",
        ]
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end_of(worker: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit code and everything said."""
    said, _ = worker.communicate(timeout=30)
    return worker.returncode, said


@pytest.mark.parametrize(("kind", "code"), [("SettingsError", 2), ("BrokerError", 3), ("PortError", 6)])
def test_a_failure_at_start_that_an_operator_can_act_on_is_one_line_and_its_own_code(
    tmp_path: Path, kind: str, code: int
) -> None:
    ended = end_of(worker_with(tmp_path, f"ServiceOf(Fails(errors.{kind}('set FLEET_THIS')))"))

    assert ended == (code, "fleet: set FLEET_THIS\n")


def test_a_crash_of_one_part_ends_the_worker_while_another_still_starts(tmp_path: Path) -> None:
    crashes = "fails_later(errors.TopicsError('topics do not fit'))"
    code, said = end_of(worker_with(tmp_path, f"{crashes}, ServiceOf(Starts())"))

    assert code == 4
    assert said.count("fleet: topics do not fit\n") == 1


def test_anything_unexpected_ends_with_1_and_a_traceback(tmp_path: Path) -> None:
    code, said = end_of(worker_with(tmp_path, "ServiceOf(Fails(ZeroDivisionError('by zero')))"))

    assert code == 1
    assert "CRITICAL the worker ends: ZeroDivisionError('by zero')\nTraceback (most recent call last):" in said


def test_a_held_state_directory_has_its_own_code(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = end_of(worker_with(tmp_path / "file", ""))

    assert code == 5
    assert said.startswith(f"fleet: state directory {tmp_path / 'file'} cannot be written")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_starting_ends_it_with_success(tmp_path: Path, number: signal.Signals) -> None:
    worker = worker_with(tmp_path, "ServiceOf(Starts())")
    assert worker.stdout is not None
    assert worker.stdout.readline() == "starting\n"

    worker.send_signal(number)

    assert end_of(worker) == (0, "stopped\n")


def test_a_part_that_does_not_stop_holds_it_up_for_a_while_only(tmp_path: Path) -> None:
    worker = worker_with(tmp_path, "ServiceOf(Clings())", "worker._STOP_WITHIN_S = 0.1")
    assert worker.stdout is not None
    assert worker.stdout.readline() == "starting\n"

    worker.send_signal(signal.SIGTERM)

    assert end_of(worker) == (0, "WARNING did not stop within 0.1 s; leaving without a last commit\n")


def test_a_failed_worker_whose_loop_is_held_up_leaves_all_the_same() -> None:
    held_up = "worker._LEAVE_WITHIN_S = 0.1; worker.leave_soon(); threading.Event().wait(30)"
    script = f"import threading; from fleet_app.stream import worker; {held_up}"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)

    assert ended.returncode == 70
