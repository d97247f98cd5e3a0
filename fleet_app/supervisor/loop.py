"""The supervisor's loop: start those due, wait for news, bury the dead; at the end, drain."""

import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from typing import Final

import click

from fleet_app.settings import Settings
from fleet_app.supervisor.addresses import worker_settings
from fleet_app.supervisor.life import Life, Run
from fleet_app.supervisor.restarts import LastWords, Patience, Restarts

Say = Callable[[str], None]
"""Shows one line to the person who started the program."""

_USUAL_PATIENCE: Final = Patience()
_REQUESTS_THAT_KILL: Final = 2


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
        self.life: Life | None = None
        self.start_at_s = 0.0
        self._run = run
        self._restarts = Restarts(self.spoken, settings.broker_wait_s + patience.starting_s, patience)

    def start(self, now_s: float) -> int | None:
        """Start its process and return the process id."""
        self.life = Life(self.name, self.settings, self._run)
        self._restarts.note_start(now_s)
        return self.life.pid

    def schedule_restart(self, words: LastWords, now_s: float) -> float:
        """Plan the next start and return the seconds until then; raises what `Restarts.note_death` raises."""
        delay_s = self._restarts.note_death(words, now_s)
        self.start_at_s = now_s + delay_s
        return delay_s


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
