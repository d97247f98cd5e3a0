"""What workers do in these tests. Each new process imports this file, so it stays light."""

import contextlib
import os
import signal
import threading
from pathlib import Path

from fleet_app.errors import PortError, TopicsError
from fleet_app.settings import Settings

FIRST_PORT = 18_080


def folder(state_dir: Path, worker: int) -> Path:
    return state_dir / f"worker-{FIRST_PORT + worker - 1}"


def pids(state_dir: Path, worker: int) -> list[int]:
    starts = folder(state_dir, worker) / "starts"
    return [int(line) for line in starts.read_text().splitlines()] if starts.exists() else []


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _note_start(settings: Settings) -> Path:
    settings.worker_dir.mkdir(parents=True, exist_ok=True)
    starts = settings.worker_dir / "starts"
    with starts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return starts


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
