"""Workers of an application under load, watched as a supervisor would: who dies by itself is started again."""

import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from fleet_app.broker.testing import RunningKafka
from fleet_app.stream.reads import Phase
from tests.reliability.campaign.findings import UnjudgedError
from tests.reliability.campaign.status import Status, read_status
from tests.reliability.campaign.subject import Sending, Subject
from tests.support.processes import WorkerProcess, free_ports

PARTITIONS: Final = 4
_SAMPLE_S: Final = 0.05
_RESTART_AFTER_S: Final = 0.3
_BEFORE_MS: Final = 150
_FRESH_MS: Final = 1_000
_CHANGES_WITHIN_S: Final = 10.0
_PORTS: Final = 16


class Moment(NamedTuple):
    """When a fault struck, ms since 1970, and whose partitions were whose just before."""

    at_ms: int
    victims: frozenset[int]
    survivors: frozenset[int]


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that ended and was not told to: what a supervisor sees."""

    port: int
    code: int
    last_words: str


class Worker:
    """A worker process with its status file. `wanted` says whether the watch starts it again when it dies."""

    def __init__(self, process: WorkerProcess, status: Path, state: Path) -> None:
        self.running = process
        self.state = state
        self.wanted = True
        self._status = status

    @property
    def port(self) -> int:
        """Its port, by which it is known."""
        return self.running.port

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self.running.process.poll() is None

    def status(self) -> Status | None:
        """Return what it told last in this life."""
        status = read_status(self._status)
        return status if status is not None and status.pid == self.running.process.pid else None

    def owned(self) -> frozenset[int]:
        """Return the partitions that it told to own, lately."""
        status = self.status() if self.alive else None
        if status is None or _now_ms() - status.written_ms > _FRESH_MS or status.phase is not Phase.RUNNING:
            return frozenset()
        return frozenset(status.owned)

    def last_words(self) -> str:
        """Return the last line of its log, which gives the reason where a worker has ended by itself."""
        lines = self.running.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else ""


class Scene:
    """The workers, the broker, and chance; a story tells it what happens."""

    def __init__(self, subject: Subject, kafka: RunningKafka, folder: Path, *, seed: int, session_s: float) -> None:
        self.subject = subject
        self.kafka = kafka
        self.folder = folder
        self.session_s = session_s
        self.chance = random.Random(seed)
        self.app_id = f"{subject.name}-{seed}"
        self.workers: list[Worker] = []
        self.moments: list[Moment] = []
        self.exits: list[Exit] = []
        self.notes: list[str] = []
        self.release = "first"
        self._ports = free_ports(_PORTS)
        self._owners: list[tuple[int, dict[int, int]]] = []
        self._ended = threading.Event()
        self._changed = threading.Event()
        self._lock = threading.Lock()

    def pause(self, at_least_s: float, at_most_s: float) -> None:
        """Let the load run on for a while."""
        self._ended.wait(self.chance.uniform(at_least_s, at_most_s))

    def note(self, note: str) -> None:
        """Say what chance has chosen."""
        self.notes.append(note)

    def note_sent(self, sending: Sending) -> None:
        """Take note of a record of the load; the sender's thread calls this."""
        if sending.topic in self.subject.changes:
            self._changed.set()

    def await_change(self) -> None:
        """Return when the load has just sent a change.

        Raises:
            UnjudgedError: It sends none.
        """
        self._changed.clear()
        if not self._changed.wait(_CHANGES_WITHIN_S):
            raise UnjudgedError(f"the load of {self.subject.name} has sent no change in {_CHANGES_WITHIN_S:g} s")

    # Workers

    def add(self, *, fail_at: str | None = None) -> Worker:
        """Start one more worker; with a plan to fail, it stays dead when it has."""
        port = self._ports.pop(0)
        status = self.folder / f"worker-{port}.status"
        process = WorkerProcess(
            {
                "FLEET_BROKER": self.kafka.bootstrap,
                "FLEET_APP_ID": self.app_id,
                "FLEET_STATE_DIR": str(self.folder / "state"),
                "FLEET_PARTITIONS": str(PARTITIONS),
                "FLEET_SESSION_TIMEOUT_S": f"{self.session_s:g}",
                "FLEET_HEARTBEAT_S": "0.3",
                "FLEET_COMMIT_INTERVAL_S": "0.2",
                **self.subject.settings,
            },
            port,
            self.folder / f"worker-{port}.log",
            self.subject.command(self.release, status),
            _plan(fail_at),
        )
        worker = Worker(process, status, self.folder / "state" / f"worker-{port}")
        worker.wanted = fail_at is None
        self.workers.append(worker)
        return worker

    def alive(self) -> list[Worker]:
        """Return the workers that run and are to go on."""
        return [worker for worker in self.workers if worker.wanted and worker.alive]

    def anyone(self) -> Worker:
        """Return one of the workers that own something."""
        owners = [worker for worker in self.alive() if worker.owned()]
        return self.chance.choice(owners or self.alive())

    def kill(self, *victims: Worker) -> None:
        """End workers as a power cut would, all in one moment."""
        self.strike(*victims)
        with self._lock:
            for victim in victims:
                victim.wanted = False
                victim.running.kill()

    def terminate(self, victim: Worker) -> None:
        """Ask a worker to end, and wait until it has."""
        self.strike(victim)
        with self._lock:
            victim.wanted = False
        code = victim.running.stop()
        if code:
            self.exits.append(Exit(port=victim.port, code=code, last_words=victim.last_words()))

    def restart(self, worker: Worker, *, fail_at: str | None = None) -> None:
        """Start a worker again that has ended."""
        with self._lock:
            worker.running.restart(**_plan(fail_at))
            worker.wanted = fail_at is None

    def empty_disk(self, worker: Worker) -> None:
        """Delete the state of a worker that has ended."""
        shutil.rmtree(worker.state, ignore_errors=True)

    def await_planned_end(self, victim: Worker, *, within_s: float) -> int:
        """Return the exit code of a worker that is to fail, once it has.

        Raises:
            UnjudgedError: It does not.
        """
        try:
            code = victim.running.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired as error:
            raise UnjudgedError(f"worker {victim.port} did not come to its fail point in {within_s:g} s") from error
        self.strike(victim)
        return code

    def strike(self, *victims: Worker) -> None:
        """Note that a fault strikes now: any pause in what the workers do is from here on its doing."""
        now_ms = _now_ms()
        before = [owners for at_ms, owners in self._owners if at_ms <= now_ms - _BEFORE_MS]
        owners = before[-1] if before else {}
        ports = {victim.port for victim in victims}
        hit = frozenset(partition for partition, port in owners.items() if port in ports)
        self.moments.append(Moment(now_ms, hit, frozenset(owners) - hit))

    # Watching

    def owners(self) -> dict[int, int]:
        """Return which worker's port owns each partition; a partition that two claim belongs to none."""
        claims = [(partition, worker.port) for worker in self.workers for partition in worker.owned()]
        twice = {partition for partition, _ in claims if sum(partition == other for other, _ in claims) > 1}
        return {partition: port for partition, port in claims if partition not in twice}

    def is_shared(self) -> bool:
        """Return whether every partition has one owner."""
        return len(self.owners()) == PARTITIONS

    def wait_until_shared(self, within_s: float) -> bool:
        """Return whether every partition has an owner within the time."""
        deadline = time.monotonic() + within_s
        while not self.is_shared():
            if time.monotonic() > deadline:
                return False
            self._ended.wait(_SAMPLE_S)
        return True

    def _watch(self) -> None:
        died_s: dict[int, float] = {}
        while not self._ended.wait(_SAMPLE_S):
            with self._lock:
                self._owners.append((_now_ms(), self.owners()))
                for worker in self.workers:
                    self._restart_if_due(worker, died_s)

    def _restart_if_due(self, worker: Worker, died_s: dict[int, float]) -> None:
        if not worker.wanted or worker.alive:
            return
        now_s = time.monotonic()
        if worker.port not in died_s:
            died_s[worker.port] = now_s
            code = worker.running.process.returncode
            self.exits.append(Exit(port=worker.port, code=code, last_words=worker.last_words()))
        if now_s - died_s[worker.port] >= _RESTART_AFTER_S:
            del died_s[worker.port]
            worker.running.restart()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the workers meanwhile, and end all of them afterwards."""
        watch = threading.Thread(target=self._watch)
        watch.start()
        try:
            yield
        finally:
            self.stop_watching()
            watch.join()
            for worker in self.workers:
                worker.running.end()

    def stop_watching(self) -> None:
        """Start nobody again any more."""
        self._ended.set()


def _plan(fail_at: str | None) -> Mapping[str, str]:
    return {} if fail_at is None else {"FLEET_FAIL_AT": fail_at}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
