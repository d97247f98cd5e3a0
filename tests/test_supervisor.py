import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.errors import FleetError, PortError, SettingsError, StateError, TopicsError, WorkerError
from fleet_app.settings import Settings
from fleet_app.supervisor import LastWords, Patience, Restarts, Run, Supervisor, worker_settings

ROOT = Path(__file__).parents[1]
FIRST_PORT = 18_080
HASTY = Patience(drain_s=0.3, first_back_off_s=0.01, longest_back_off_s=0.02)
CRASH = LastWords(WorkerError.exit_code, "ZeroDivisionError: division by zero")


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come true in time"
        time.sleep(0.01)


def _note_start(settings: Settings) -> Path:
    settings.worker_dir.mkdir(parents=True, exist_ok=True)
    starts = settings.worker_dir / "starts"
    with starts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return starts


def folder(state_dir: Path, worker: int) -> Path:
    return state_dir / f"worker-{FIRST_PORT + worker - 1}"


def pids(state_dir: Path, worker: int) -> list[int]:
    starts = folder(state_dir, worker) / "starts"
    return [int(line) for line in starts.read_text().splitlines()] if starts.exists() else []


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def work(settings: Settings) -> int:
    """Work until SIGTERM, as a real worker does."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    _note_start(settings)
    stopping.wait()
    (settings.worker_dir / "drained").touch()
    return 0


def work_on_regardless(settings: Settings) -> int:
    """Ignore every request to stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _note_start(settings)
    threading.Event().wait()
    return 0


def crash(settings: Settings) -> int:
    _note_start(settings)
    raise ZeroDivisionError("division by zero")


def crash_once_then_work(settings: Settings) -> int:
    crashed = settings.worker_dir / "crashed"
    if not crashed.exists():
        crashed.parent.mkdir(parents=True)
        crashed.touch()
        os._exit(70)
    return work(settings)


def find_the_port_taken(settings: Settings) -> int:
    raise PortError(f"port {settings.port} is taken: choose another with FLEET_PORT")


def leave_with_the_code_of_a_port_that_is_taken(settings: Settings) -> int:  # noqa: ARG001 - a worker's signature
    return PortError.exit_code


def find_the_topic_gone_later(settings: Settings) -> int:
    starts = _note_start(settings)
    if len(starts.read_text().splitlines()) == 1:
        os._exit(70)
    raise TopicsError("topic fleet.positions has 4 partitions")


@pytest.fixture(autouse=True)
def children_can_import_this_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(state_dir=tmp_path, port=FIRST_PORT)


class Supervised:
    """A supervisor in a thread of its own."""

    def __init__(self, settings: Settings, workers: int, run: Run, patience: Patience) -> None:
        self.lines: list[str] = []
        self.supervisor = Supervisor(settings, workers=workers, run=run, say=self.lines.append, patience=patience)
        self._thread = ThreadPoolExecutor(1)
        self.end: Future[None] = self._thread.submit(self.supervisor.run)

    def close(self) -> None:
        self.supervisor.stop()
        self.supervisor.stop()
        self._thread.shutdown()


@pytest.fixture
def supervised(settings: Settings) -> Iterator[Callable[..., Supervised]]:
    with contextlib.ExitStack() as stack:

        def start(run: Run, *, workers: int = 1, patience: Patience = HASTY) -> Supervised:
            return stack.enter_context(contextlib.closing(Supervised(settings, workers, run, patience)))

        yield start


def test_each_worker_has_its_own_folder_port_and_url(settings: Settings, tmp_path: Path) -> None:
    first, second = worker_settings(settings, 1), worker_settings(settings, 2)

    assert (first.worker_dir, first.port, first.url) == (tmp_path / "worker-18080", 18_080, "http://127.0.0.1:18080")
    assert (second.worker_dir, second.port, second.url) == (tmp_path / "worker-18081", 18_081, "http://127.0.0.1:18081")


@pytest.mark.parametrize(
    ("advertised", "second"),
    [
        ("http://host-a:9000", "http://host-a:9001"),
        ("http://[fd00::1]:9000", "http://[fd00::1]:9001"),
    ],
)
def test_an_advertised_url_counts_up_with_the_workers(settings: Settings, advertised: str, second: str) -> None:
    told = settings.model_copy(update={"advertised_url": advertised})

    assert worker_settings(told, 1).url == advertised
    assert worker_settings(told, 2).url == second


def test_an_advertised_url_without_a_port_does_for_one_worker_only(settings: Settings) -> None:
    told = settings.model_copy(update={"advertised_url": "https://fleet.example"})

    assert worker_settings(told, 1).url == "https://fleet.example"
    with pytest.raises(SettingsError, match=r"FLEET_ADVERTISED_URL 'https://fleet\.example' has no port"):
        worker_settings(told, 2)


def test_workers_do_not_run_out_of_the_range_of_ports(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="worker 2 would need port 65536"):
        worker_settings(settings.model_copy(update={"port": 65_535}), 2)


def test_the_fifth_death_within_two_minutes_is_the_last() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)
    delays_s = [restarts.note_death(CRASH, now_s) for now_s in (10.0, 30.0, 60.0, 90.0)]

    assert delays_s == [0.5, 1.0, 2.0, 4.0]
    with pytest.raises(WorkerError, match="worker 1 died 5 times within 120 s; the last reason: ZeroDivisionError"):
        restarts.note_death(CRASH, 129.9)


def test_deaths_are_forgiven_after_two_minutes() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)
    delays_s = [restarts.note_death(CRASH, now_s) for now_s in (10.0, 30.0, 60.0, 90.0, 130.0, 1000.0)]

    assert delays_s == [0.5, 1.0, 2.0, 4.0, 4.0, 0.5]


@given(st.lists(st.floats(min_value=0.1, max_value=200.0), min_size=1, max_size=40))
def test_giving_up_means_exactly_five_deaths_in_the_last_two_minutes(gaps_s: list[float]) -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    deaths_s = [sum(gaps_s[: count + 1]) for count in range(len(gaps_s))]
    recent = [sum(now_s - 120.0 < death_s <= now_s for death_s in deaths_s) for now_s in deaths_s]
    forgiven = next((index for index, count in enumerate(recent) if count == 5), len(recent))
    for now_s in deaths_s[:forgiven]:
        assert 0.5 <= restarts.note_death(CRASH, now_s) <= 8.0

    for now_s in deaths_s[forgiven : forgiven + 1]:
        with pytest.raises(WorkerError):
            restarts.note_death(CRASH, now_s)


@pytest.mark.parametrize("kind", [SettingsError, TopicsError, StateError, PortError])
def test_a_first_start_that_fails_for_the_operator_to_mend_ends_it_at_once(kind: type[FleetError]) -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)

    with pytest.raises(kind, match="what is wrong"):
        restarts.note_death(LastWords(kind.exit_code, "what is wrong"), 2.0)


def test_the_same_failure_of_a_worker_that_had_worked_is_retried() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)

    assert restarts.note_death(LastWords(StateError.exit_code, "no space left"), 3_600.0) == 0.5


def test_workers_start_and_a_request_to_stop_drains_them(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work, workers=2, patience=Patience())
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

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
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

    os.kill(pids(tmp_path, 2)[0], signal.SIGKILL)
    until(lambda: len(pids(tmp_path, 2)) == 2)

    assert "worker 2 died (killed by signal 9), restarting in 0.01 s" in running.lines
    assert len(pids(tmp_path, 1)) == 1


def test_a_worker_that_ends_without_a_word_is_restarted(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(crash_once_then_work)

    until(lambda: bool(pids(tmp_path, 1)))

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
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

    os.kill(pids(tmp_path, 2)[0], signal.SIGKILL)

    with pytest.raises(WorkerError, match="worker 2 died 1 times"):
        running.end.result(timeout=20)
    assert (folder(tmp_path, 1) / "drained").exists()


def test_a_worker_that_does_not_stop_in_time_is_killed(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work_on_regardless)
    until(lambda: bool(pids(tmp_path, 1)))

    running.supervisor.stop()
    running.end.result(timeout=20)

    assert running.lines[-1] == "worker 1 had not stopped yet, killed"
    assert not is_alive(pids(tmp_path, 1)[0])


def test_a_second_request_to_stop_kills_at_once(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work_on_regardless, patience=Patience(drain_s=3_600.0))
    until(lambda: bool(pids(tmp_path, 1)))

    running.supervisor.stop()
    until(lambda: "stopping the workers" in running.lines)
    running.supervisor.stop()
    running.end.result(timeout=20)

    assert running.lines[-1] == "worker 1 had not stopped yet, killed"


def test_a_request_to_stop_after_the_end_is_harmless(supervised: Callable[..., Supervised], tmp_path: Path) -> None:
    running = supervised(work)
    until(lambda: bool(pids(tmp_path, 1)))
    running.supervisor.stop()
    running.end.result(timeout=20)

    running.supervisor.stop()


class Program:
    """A supervisor as a program of its own, in a process group of its own like a command in a terminal."""

    def __init__(self, run: Run, state_dir: Path) -> None:
        script = (
            "from fleet_app.settings import Settings\n"
            "from fleet_app.supervisor import supervise\n"
            f"from tests.test_supervisor import {run.__name__}\n"
            f"settings = Settings.load(state_dir={str(state_dir)!r}, port={FIRST_PORT})\n"
            f"supervise(settings, workers=2, run={run.__name__})\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[Run], subprocess.Popen[str]]]:
    with contextlib.ExitStack() as stack:

        def start(run: Run) -> subprocess.Popen[str]:
            return stack.enter_context(contextlib.closing(Program(run, tmp_path))).process

        yield start


def test_ctrl_c_ends_the_program_quietly_with_success(
    program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program(work)
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert process.returncode == 0
    assert [line.split(" at ")[0] for line in said.splitlines()] == [
        "worker 1 of 2",
        "worker 2 of 2",
        "stopping the workers",
    ]
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]


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


def test_sigterm_drains_and_ends_with_success(program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path) -> None:
    process = program(work)
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

    process.terminate()
    process.communicate(timeout=20)

    assert process.returncode == 0
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]


def test_a_second_ctrl_c_kills_at_once(program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path) -> None:
    process = program(work_on_regardless)
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))
    assert process.stderr is not None

    os.killpg(process.pid, signal.SIGINT)
    until(lambda: process.stderr is not None and process.stderr.readline() == "stopping the workers\n")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=15)

    assert process.returncode == 0
    assert said.splitlines() == [f"worker {number} had not stopped yet, killed" for number in (1, 2)]


def test_the_workers_of_a_killed_supervisor_drain_by_themselves(
    program: Callable[[Run], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program(work)
    until(lambda: bool(pids(tmp_path, 1) and pids(tmp_path, 2)))

    process.kill()

    until(lambda: not any(is_alive(pids(tmp_path, number)[0]) for number in (1, 2)))
    assert [(folder(tmp_path, number) / "drained").exists() for number in (1, 2)] == [True, True]
