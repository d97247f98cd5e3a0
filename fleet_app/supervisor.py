"""Runs several worker processes and keeps them running: `fleet up`.

What holds:

* Each worker has its own port, and with it its own URL and folder of state, the same at every start, so a restart
  moves no partition.
* A worker that died is started again, later each time. One that died five times within two minutes ends the
  supervisor with the last reason.
* A first start that fails for a reason an operator must mend (settings, port, topics, state, no Kafka) ends the
  supervisor at once with that reason: trying again would only hide it.
* The first request to stop drains: SIGTERM to every worker, SIGKILL to those that take too long. A second request
  kills at once.
* Workers end with their supervisor, however it ends: each holds one end of a socket pair and stops when the other
  end is gone. They never see the terminal's Ctrl-C; the supervisor alone answers it.
"""

import contextlib
import multiprocessing
import multiprocessing.resource_tracker
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Final, NoReturn
from urllib.parse import urlsplit, urlunsplit

import click
import msgspec

from fleet_app.errors import BrokerError, FleetError, PortError, SettingsError, StateError, TopicsError, WorkerError
from fleet_app.settings import Settings

Run = Callable[[Settings], int | None]
"""Runs one worker until SIGTERM and returns its exit code. The new process imports it by its name.

A FleetError it raises becomes the reason that the supervisor shows. One that it shows itself, leaving with that
error's exit code, is told apart as well.
"""

Say = Callable[[str], None]
"""Shows one line to the person who started the program."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the supervisor waits before it does something else.

    Attributes:
        drain_s: How long workers get to hand over and stop.
        first_back_off_s: Time between a worker's death and its next start; doubles with each recent death.
        longest_back_off_s: Where the doubling ends.
        deaths: So many deaths of one worker...
        deaths_within_s: ...within this time, and the supervisor gives up.
        starting_s: Beyond the wait for Kafka: a first run that lasted longer was not a failed start.
    """

    drain_s: float = 25.0
    first_back_off_s: float = 0.5
    longest_back_off_s: float = 8.0
    deaths: int = 5
    deaths_within_s: float = 120.0
    starting_s: float = 60.0


_USUAL_PATIENCE: Final = Patience()
_REQUESTS_THAT_KILL: Final = 2
_ORPHAN_DRAIN_S: Final = 10.0
"""How long a worker whose supervisor vanished gets to stop before it ends itself."""
_HIGHEST_PORT: Final = 65_535
_NEEDS_AN_OPERATOR: Final = {
    kind.exit_code: kind for kind in (SettingsError, BrokerError, TopicsError, StateError, PortError)
}


class LastWords(msgspec.Struct, frozen=True):
    """Why a worker's process ended, in words, and its exit code: that of a FleetError, where one was behind it."""

    exit_code: int
    reason: str


def worker_settings(settings: Settings, number: int) -> Settings:
    """Return the settings of worker `number` (from 1): its own port and URL, and by the port its own `worker_dir`.

    Raises:
        SettingsError: There is no port left for it, or its URL would not be its own.
    """
    port = settings.port + number - 1
    if port > _HIGHEST_PORT:
        raise SettingsError(f"worker {number} would need port {port}: choose a FLEET_PORT below {settings.port}")
    return settings.model_copy(
        update={
            "port": port,
            "advertised_url": _advertised_url(settings.advertised_url, number),
        }
    )


def _advertised_url(url: str | None, number: int) -> str | None:
    if url is None or number == 1:
        return url
    parts = urlsplit(url)
    if parts.port is None:
        raise SettingsError(
            f"FLEET_ADVERTISED_URL {url!r} has no port, and each worker needs a URL of its own: name the first "
            "worker's port, or run one worker"
        )
    host, _, _ = parts.netloc.rpartition(":")
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port + number - 1}"))


def supervise(settings: Settings, *, workers: int, run: Run) -> None:
    """Run `workers` workers until SIGTERM or SIGINT. For the main thread, which alone can answer signals.

    Raises:
        FleetError: A worker's first start failed, or a worker kept dying; the others have been stopped.
    """
    supervisor = Supervisor(settings, workers=workers, run=run)
    with stop_signals_to(supervisor.stop):
        supervisor.run()


@contextlib.contextmanager
def stop_signals_to(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` at each SIGTERM and SIGINT while inside, in place of what they did. For the main thread."""
    kinds = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(kind, lambda *_: stop()) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _to_stderr(line: str) -> None:
    click.echo(line, err=True)


class Supervisor:
    """Keeps a number of workers running. Runs once.

    Args:
        settings: Those of the first worker; the others' are derived from them.
        workers: How many.
        run: What a worker does.
        say: Where the lines for people go.
        patience: How long it waits for what.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        workers: int,
        run: Run,
        say: Say = _to_stderr,
        patience: Patience = _USUAL_PATIENCE,
    ) -> None:
        self._workers = [
            _Worker(f"worker-{number}", worker_settings(settings, number), run, patience)
            for number in range(1, workers + 1)
        ]
        self._say = say
        self._patience = patience
        self._stop_requests = _StopRequests()

    @property
    def urls(self) -> tuple[str, ...]:
        """The workers' URLs, the first worker's first."""
        return tuple(worker.settings.url for worker in self._workers)

    def stop(self) -> None:
        """Ask to drain; asked again, to kill. Returns at once; for signal handlers and other threads."""
        self._stop_requests.add()

    def run(self) -> None:
        """Run the workers until asked to stop; none is left when this returns or raises.

        Raises:
            FleetError: A worker's first start failed, or a worker kept dying.
        """
        try:
            while not self._stop_requests.count():
                self._start_those_due()
                self._wait_for_news()
                self._bury_the_dead()
            self._say("stopping the workers")
        finally:
            self._drain()

    def _start_those_due(self) -> None:
        now_s = time.monotonic()
        for worker in self._workers:
            if worker.life is None and now_s >= worker.start_at_s:
                pid = worker.start(now_s)
                self._say(f"{worker.spoken} of {len(self._workers)} at {worker.settings.url}, pid {pid}")

    def _wait_for_news(self) -> None:
        """Return when a worker died, one is due to start, or a stop was asked for."""
        ends = [worker.life.end for worker in self._workers if worker.life is not None]
        due_s = [worker.start_at_s for worker in self._workers if worker.life is None]
        self._wait(ends, min(due_s) if due_s else None)

    def _wait(self, ends: list[int], until_s: float | None) -> None:
        wait([*ends, self._stop_requests.fileno()], None if until_s is None else max(0.0, until_s - time.monotonic()))

    def _bury_the_dead(self) -> None:
        for worker in self._workers:
            if worker.life is not None and not worker.life.lasts():
                words = worker.life.bury()
                worker.life = None
                delay_s = worker.schedule_restart(words, time.monotonic())
                self._say(f"{worker.spoken} died ({words.reason}), restarting in {delay_s:g} s")

    def _drain(self) -> None:
        """Stop every worker; what is still there after the drain time, or at a second request, is killed."""
        lives = {worker.spoken: worker.life for worker in self._workers if worker.life is not None}
        for life in lives.values():
            life.ask_to_stop()
        deadline_s = time.monotonic() + self._patience.drain_s
        while self._stop_requests.count() < _REQUESTS_THAT_KILL and time.monotonic() < deadline_s:
            ends = [life.end for life in lives.values() if life.lasts()]
            if not ends:
                break
            self._wait(ends, deadline_s)
        for spoken, life in lives.items():
            if life.lasts():
                life.kill()
                self._say(f"{spoken} had not stopped yet, killed")
            life.bury()
        self._stop_requests.close()


class _Worker:
    """One worker over all its runs. `start_at_s`, monotonic, is when it is due to start, unless it runs."""

    def __init__(self, name: str, settings: Settings, run: Run, patience: Patience) -> None:
        self.name = name
        self.spoken = name.replace("-", " ")
        self.settings = settings
        self.life: _Life | None = None
        self.start_at_s = 0.0
        self._run = run
        self._restarts = Restarts(self.spoken, settings.broker_wait_s + patience.starting_s, patience)

    def start(self, now_s: float) -> int | None:
        """Start its process and return the process id."""
        self.life = _Life(self.name, self.settings, self._run)
        self._restarts.note_start(now_s)
        return self.life.pid

    def schedule_restart(self, words: LastWords, now_s: float) -> float:
        """Plan the next start and return the seconds until then; raises what `Restarts.note_death` raises."""
        delay_s = self._restarts.note_death(words, now_s)
        self.start_at_s = now_s + delay_s
        return delay_s


class Restarts:
    """Decides whether and when a worker that died is started again.

    Args:
        worker: The worker, in words.
        start_takes_s: A first run that lasted longer than this was not a failed start.
        patience: How many deaths, and how far apart the starts.
    """

    def __init__(self, worker: str, start_takes_s: float, patience: Patience) -> None:
        self._worker = worker
        self._start_takes_s = start_takes_s
        self._patience = patience
        self._first_start_s: float | None = None
        self._deaths_s: deque[float] = deque()

    def note_start(self, now_s: float) -> None:
        """Note that the worker starts."""
        if self._first_start_s is None:
            self._first_start_s = now_s

    def note_death(self, words: LastWords, now_s: float) -> float:
        """Note a death and return the seconds until the next start.

        Raises:
            FleetError: There shall be none: the first start failed in a way that does not heal (raised again as what
                it was), or this was one death too many (WorkerError).
        """
        if self._is_failed_start(now_s) and words.exit_code in _NEEDS_AN_OPERATOR:
            raise _NEEDS_AN_OPERATOR[words.exit_code](words.reason)
        self._deaths_s.append(now_s)
        while now_s - self._deaths_s[0] >= self._patience.deaths_within_s:
            self._deaths_s.popleft()
        recent = len(self._deaths_s)
        if recent >= self._patience.deaths:
            raise WorkerError(
                f"{self._worker} died {recent} times within {self._patience.deaths_within_s:g} s; "
                f"the last reason: {words.reason}"
            )
        return min(self._patience.longest_back_off_s, self._patience.first_back_off_s * 2.0 ** (recent - 1))

    def _is_failed_start(self, now_s: float) -> bool:
        return (
            not self._deaths_s and self._first_start_s is not None and now_s - self._first_start_s < self._start_takes_s
        )


class _Life:
    """One process of a worker, from its start to its burial."""

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
        return self._process.is_alive()

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> LastWords:
        """Wait for the end of the process and say how it ended."""
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


class _StopRequests:
    """Counts requests to stop. Can be waited for, and added to from a signal handler or another thread."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.settimeout(0)
        self._writer.settimeout(0)
        self._count = 0

    def fileno(self) -> int:
        return self._reader.fileno()

    def add(self) -> None:
        # After the end there is nothing left to stop.
        with contextlib.suppress(OSError):
            self._writer.send(b".")

    def count(self) -> int:
        with contextlib.suppress(BlockingIOError):
            self._count += len(self._reader.recv(64))
        return self._count

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


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
