"""One process of a worker: how it starts, what it says last, and that it does not outlive its supervisor."""

import contextlib
import multiprocessing
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Final, NoReturn

import msgspec

from fleet_app.errors import FleetError, WorkerError
from fleet_app.settings import Settings
from fleet_app.supervisor.restarts import LastWords

Run = Callable[[Settings], int | None]
"""Runs one worker until SIGTERM and returns its exit code. The new process imports it by its name.

A FleetError it raises becomes the reason that the supervisor shows. One that it shows itself, leaving with that
error's exit code, is told apart as well.
"""

_ORPHAN_DRAIN_S: Final = 10.0
"""How long a worker whose supervisor vanished gets to stop before it ends itself."""


class Life:
    """One process of a worker, from its start to its burial.

    Args:
        name: The process's name.
        settings: The worker's own.
        run: What the worker does.
    """

    def __init__(self, name: str, settings: Settings, run: Run) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        with theirs, _interrupts_held_back():
            self._process = multiprocessing.get_context("spawn").Process(
                target=_live, args=(run, settings, theirs), name=name, daemon=True
            )
            self._process.start()
        self.pid = self._process.pid

    @property
    def end(self) -> int:
        """What `multiprocessing.connection.wait` waits for."""
        return self._process.sentinel

    def lasts(self) -> bool:
        """Return whether the process still runs."""
        return self._process.is_alive()

    def ask_to_stop(self) -> None:
        """Send SIGTERM; returns at once."""
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL; returns at once."""
        self._process.kill()

    def bury(self) -> LastWords:
        """Wait for the end of the process and say how it ended. The last call; nothing else may follow."""
        self._process.join()
        words = _read_last_words(self._ours) or _how_it_ended(self._process.exitcode or 0)
        self._process.close()
        self._ours.close()
        return words


def _read_last_words(connection: Connection) -> LastWords | None:
    try:
        return msgspec.msgpack.decode(connection.recv_bytes(), type=LastWords)
    except (EOFError, ConnectionResetError):
        return None


def _how_it_ended(exit_code: int) -> LastWords:
    if exit_code < 0:
        return LastWords(WorkerError.exit_code, f"killed by signal {-exit_code}")
    return LastWords(exit_code, f"ended with exit code {exit_code}; what it said itself is above")


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let processes started inside begin with SIGINT blocked, so that a Ctrl-C cannot hit them half awake."""
    # Starting the tracker later, inside, would unblock the signal again (CPython below 3.13).
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _live(run: Run, settings: Settings, supervisor: Connection) -> NoReturn:
    """Be a worker: the first function of its process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with, args=(supervisor,), name="supervisor-watch", daemon=True).start()
    try:
        sys.exit(run(settings))
    except FleetError as error:
        _tell(supervisor, LastWords(error.exit_code, str(error)))
        sys.exit(error.exit_code)
    except Exception as error:
        _tell(supervisor, LastWords(WorkerError.exit_code, f"{type(error).__name__}: {error}"))
        raise


def _tell(supervisor: Connection, words: LastWords) -> None:
    # A supervisor that is gone needs no words.
    with contextlib.suppress(OSError):
        supervisor.send_bytes(msgspec.msgpack.encode(words))


def _end_with(supervisor: Connection) -> None:
    """Wait until the supervisor's end of the socket pair is gone, then stop this process, at the latest by force."""
    supervisor.poll(None)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_ORPHAN_DRAIN_S)
    os._exit(WorkerError.exit_code)
