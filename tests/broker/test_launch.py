import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import psutil
import pytest

from fleet_app.broker import launch
from tests.support.processes import eventually

SLEEP = ("/bin/sleep", "1000")


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[IO[str]]:
    with (tmp_path / "lock").open("w+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def launched(lock: IO[str], parent_fd: int) -> subprocess.Popen[bytes]:
    passed = [lock.fileno(), *([parent_fd] if parent_fd >= 0 else [])]
    command = [sys.executable, "-I", launch.__file__, str(lock.fileno()), str(parent_fd), *SLEEP]
    return subprocess.Popen(command, pass_fds=passed)


def runs_the_command(process: subprocess.Popen[bytes]) -> bool:
    return psutil.Process(process.pid).cmdline() == list(SLEEP)


def can_be_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_the_command_keeps_its_id_and_the_lock_until_it_ends(lock: IO[str], tmp_path: Path) -> None:
    with launched(lock, -1) as process:
        eventually(lambda: runs_the_command(process), what="the command runs")
        lock.close()

        assert (tmp_path / "lock").read_text() == str(process.pid)
        assert not can_be_locked(tmp_path / "lock")
        process.kill()

    assert can_be_locked(tmp_path / "lock")


def test_the_command_ends_when_the_parent_lets_go_of_the_pipe(lock: IO[str]) -> None:
    reading, writing = os.pipe()
    with launched(lock, reading) as process, closing(os.fdopen(writing, "wb")) as leash:
        os.close(reading)
        eventually(lambda: runs_the_command(process), what="the command runs")

        leash.close()

        assert process.wait(10) < 0


def test_the_watcher_keeps_no_lock_once_the_command_is_gone(lock: IO[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with launched(lock, reading) as process, closing(os.fdopen(writing, "wb")):
        os.close(reading)
        eventually(lambda: runs_the_command(process), what="the command runs")
        lock.close()

        process.kill()
        process.wait()

        assert can_be_locked(tmp_path / "lock")
