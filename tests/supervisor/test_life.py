import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_app.errors import PortError, WorkerError
from fleet_app.settings import Settings
from fleet_app.supervisor import Run
from fleet_app.supervisor.life import Life
from fleet_app.supervisor.restarts import LastWords
from tests.supervisor.workers import (
    crash,
    find_the_port_taken,
    folder,
    is_alive,
    leave_with_the_code_of_a_port_that_is_taken,
    pids,
    work,
    work_on_regardless,
)
from tests.support.processes import eventually


def test_last_words_carry_an_operators_error_and_its_exit_code(settings: Settings) -> None:
    life = Life("worker-1", settings, find_the_port_taken)

    assert life.bury() == LastWords(PortError.exit_code, "port 18080 is taken: choose another with FLEET_PORT")


def test_last_words_name_the_defect_that_a_worker_died_of(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    life = Life("worker-1", settings, crash)

    assert life.bury() == LastWords(WorkerError.exit_code, "ZeroDivisionError: division by zero")
    assert "Traceback" in capfd.readouterr().err


def test_an_exit_code_stands_in_for_words_that_were_not_left(settings: Settings) -> None:
    life = Life("worker-1", settings, leave_with_the_code_of_a_port_that_is_taken)

    assert life.bury() == LastWords(PortError.exit_code, "ended with exit code 6; what it said itself is above")


def test_a_worker_asked_to_stop_drains(settings: Settings, tmp_path: Path) -> None:
    life = Life("worker-1", settings, work)
    eventually(lambda: pids(tmp_path, 1), what="a worker at work")

    life.ask_to_stop()

    assert life.bury().exit_code == 0
    assert (folder(tmp_path, 1) / "drained").exists()


def test_a_worker_that_ignores_the_request_to_stop_can_be_killed(settings: Settings, tmp_path: Path) -> None:
    life = Life("worker-1", settings, work_on_regardless)
    eventually(lambda: pids(tmp_path, 1), what="a worker at work")

    life.ask_to_stop()
    life.kill()

    assert life.bury() == LastWords(WorkerError.exit_code, "killed by signal 9")


def test_ctrl_c_while_the_workers_wake_up_prints_no_traceback(
    program: Callable[[Run], subprocess.Popen[str]],
) -> None:
    process = program(work)
    assert process.stderr is not None
    first = process.stderr.readline()

    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert first.startswith("worker 1 of 2")
    assert process.returncode == 0
    assert "Traceback" not in said


def test_the_workers_of_a_killed_supervisor_drain_by_themselves(
    program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program(work)
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    process.kill()

    eventually(lambda: not any(is_alive(pids(tmp_path, number)[0]) for number in (1, 2)), what="both workers end")
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]
