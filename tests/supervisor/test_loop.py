import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_app.errors import PortError, WorkerError
from fleet_app.supervisor import Patience, Run
from tests.supervisor.running import Supervised
from tests.supervisor.workers import (
    crash,
    crash_once_then_work,
    find_the_port_taken,
    find_the_topic_gone_later,
    folder,
    is_alive,
    leave_with_the_code_of_a_port_that_is_taken,
    pids,
    work,
    work_on_regardless,
)
from tests.support.processes import eventually


def test_workers_start_and_a_request_to_stop_drains_them(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work, workers=2, patience=Patience())
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    running.supervisor.stop()
    running.end.result(timeout=20)

    first, second = pids(tmp_path, 1)[0], pids(tmp_path, 2)[0]
    assert running.lines == [
        f"worker 1 of 2 at http://127.0.0.1:18080, pid {first}",
        f"worker 2 of 2 at http://127.0.0.1:18081, pid {second}",
        "stopping the workers",
    ]
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]
    assert [is_alive(pid) for pid in (first, second)] == [False, False]


def test_a_killed_worker_comes_back_and_the_other_does_not_notice(
    supervised: Callable[..., Supervised], tmp_path: Path
) -> None:
    running = supervised(work, workers=2)
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    os.kill(pids(tmp_path, 2)[0], signal.SIGKILL)
    eventually(lambda: len(pids(tmp_path, 2)) == 2, what="worker 2 started again")

    assert "worker 2 died (killed by signal 9), restarting in 0.01 s" in running.lines
    assert len(pids(tmp_path, 1)) == 1


def test_a_worker_that_ends_without_a_word_is_restarted(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(crash_once_then_work)

    eventually(lambda: pids(tmp_path, 1), what="a worker at work")

    assert (
        "worker 1 died (ended with exit code 70; what it said itself is above), restarting in 0.01 s" in running.lines
    )


def test_a_worker_that_keeps_crashing_ends_the_supervisor_with_the_last_reason(
    supervised: Callable[..., Supervised], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    running = supervised(crash)

    with pytest.raises(WorkerError, match=r"worker 1 died 5 times .*: ZeroDivisionError: division by zero"):
        running.end.result(timeout=60)

    assert len(pids(tmp_path, 1)) == 5
    assert capfd.readouterr().err.count("ZeroDivisionError: division by zero") == 5


def test_a_port_that_is_taken_ends_the_supervisor_at_once_with_that_message(
    supervised: Callable[..., Supervised],
) -> None:
    running = supervised(find_the_port_taken)

    with pytest.raises(PortError, match="port 18080 is taken: choose another with FLEET_PORT"):
        running.end.result(timeout=20)


def test_the_exit_code_alone_tells_a_first_start_that_needs_an_operator(
    supervised: Callable[..., Supervised],
) -> None:
    running = supervised(leave_with_the_code_of_a_port_that_is_taken)

    with pytest.raises(PortError, match="ended with exit code 6; what it said itself is above"):
        running.end.result(timeout=20)


def test_a_topic_that_goes_bad_after_a_restart_is_one_death_of_five(
    supervised: Callable[..., Supervised], tmp_path: Path
) -> None:
    running = supervised(find_the_topic_gone_later)

    with pytest.raises(WorkerError, match=r"died 5 times .*: topic fleet\.positions has 4 partitions"):
        running.end.result(timeout=60)

    assert len(pids(tmp_path, 1)) == 5


def test_giving_up_on_one_worker_stops_the_others(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work, workers=2, patience=Patience(deaths=1))
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    os.kill(pids(tmp_path, 2)[0], signal.SIGKILL)

    with pytest.raises(WorkerError, match="worker 2 died 1 times"):
        running.end.result(timeout=20)
    assert (folder(tmp_path, 1) / "drained").exists()


def test_a_worker_that_does_not_stop_in_time_is_killed(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work_on_regardless)
    eventually(lambda: pids(tmp_path, 1), what="a worker at work")

    running.supervisor.stop()
    running.end.result(timeout=20)

    assert running.lines[-1] == "worker 1 had not stopped yet, killed"
    assert not is_alive(pids(tmp_path, 1)[0])


def test_a_second_request_to_stop_kills_at_once(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work_on_regardless, patience=Patience(drain_s=3_600.0))
    eventually(lambda: pids(tmp_path, 1), what="a worker at work")

    running.supervisor.stop()
    eventually(lambda: "stopping the workers" in running.lines, what="the drain begins")
    running.supervisor.stop()
    running.end.result(timeout=20)

    assert running.lines[-1] == "worker 1 had not stopped yet, killed"


def test_a_request_to_stop_after_the_end_is_harmless(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work)
    eventually(lambda: pids(tmp_path, 1), what="a worker at work")
    running.supervisor.stop()
    running.end.result(timeout=20)
    said = list(running.lines)

    running.supervisor.stop()

    assert running.lines == said


def test_ctrl_c_ends_the_program_quietly_with_success(
    program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program(work)
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert process.returncode == 0
    assert [line.split(" at ")[0] for line in said.splitlines()] == [
        "worker 1 of 2",
        "worker 2 of 2",
        "stopping the workers",
    ]
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]


def test_sigterm_drains_and_ends_with_success(program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path) -> None:
    process = program(work)
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")

    process.terminate()
    process.communicate(timeout=20)

    assert process.returncode == 0
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]


def test_a_second_ctrl_c_kills_at_once(program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path) -> None:
    process = program(work_on_regardless)
    eventually(lambda: pids(tmp_path, 1) and pids(tmp_path, 2), what="two workers at work")
    assert process.stderr is not None

    os.killpg(process.pid, signal.SIGINT)
    stderr = process.stderr
    eventually(lambda: stderr.readline() == "stopping the workers\n", what="the drain begins")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=15)

    assert process.returncode == 0
    assert said.splitlines() == [f"worker {number} had not stopped yet, killed" for number in (1, 2)]
