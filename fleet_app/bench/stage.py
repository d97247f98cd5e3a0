"""What every benchmark stands on: a Kafka on one core, the measured worker on another, nothing left behind."""

import asyncio
import contextlib
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import msgspec

from fleet_app.bench import usage
from fleet_app.bench.figures import Sample
from fleet_app.bench.plan import SAMPLES, Plan
from fleet_app.broker.local import LocalBroker
from fleet_app.errors import WorkerError
from fleet_app.settings import Security, Settings

T = TypeVar("T")
BROKER_SETTINGS: Final = {
    # A load must not lose its beginning: the local broker's cap on a partition is below what a benchmark puts there.
    "log.retention.bytes": "-1",
    "log.retention.ms": "-1",
    "group.min.session.timeout.ms": "1000",
}
_POLL_S: Final = 0.05
_STOP_WITHIN_S: Final = 60.0


class Cores(msgspec.Struct, frozen=True, kw_only=True):
    """Which cores who may use."""

    broker: frozenset[int]
    worker: frozenset[int]

    @property
    def are_apart(self) -> bool:
        """Whether broker and worker have a core each."""
        return not self.broker & self.worker


def share_cores(available: AbstractSet[int]) -> Cores:
    """Give the broker, and all that is not measured, one core and the worker another; with one, both share it."""
    first, *others = sorted(available)
    return Cores(broker=frozenset({first}), worker=frozenset(others[:1] or {first}))


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a benchmark happens."""

    folder: Path
    broker: str
    cores: Cores
    cache_dir: Path


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Give a Kafka of its own, on its core with this process; everything is gone afterwards.

    Raises:
        BrokerError: Kafka cannot be fetched or started.
    """
    cores = share_cores(os.sched_getaffinity(0))
    cache_dir = Settings.load().cache_dir
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-bench-", ignore_cleanup_errors=True))
        )
        stack.enter_context(usage.pinned(cores.broker))
        broker = LocalBroker(folder / "kafka", cache_dir=cache_dir, port=0, properties=BROKER_SETTINGS)
        stack.callback(broker.stop)
        yield Stage(folder=folder, broker=broker.start().bootstrap, cores=cores, cache_dir=cache_dir)


def settings_of(stage: Stage, *, run: str, partitions: int, commit_interval_s: float) -> Settings:
    """Return the settings of a run's worker: the defaults, and what keeps it apart from other runs."""
    own = {
        "app_id": f"bench-{run}",
        "broker": stage.broker,
        "broker_security": Security.PLAINTEXT,
        "partitions": partitions,
        "standbys": 0,
        "commit_interval_s": commit_interval_s,
        "port": _free_port(),
        "state_dir": stage.folder / run,
        "cache_dir": stage.cache_dir,
        "log_level": "warning",
    }
    return default_settings(**own)


def default_settings(**own: Any) -> Settings:
    """Return the settings that hold where nothing else is said but `own`; what the environment says is left aside."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    return Settings.model_construct(**{**defaults, **own})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _live(settings: Settings, plan: Plan) -> None:
    from fleet_app.bench.worker import run_worker  # noqa: PLC0415 - Faust is for the process that is measured alone

    run_worker(settings, plan)


class MeasuredWorker:
    """A worker in its own process, on its own core.

    Args:
        settings: Its settings.
        plan: What it does and notes.
        cores: Where it may run.

    Attributes:
        started_s: When it was started, by the monotonic clock.
        pid: Its process.
    """

    def __init__(self, settings: Settings, plan: Plan, cores: AbstractSet[int]) -> None:
        self.settings = settings
        self._plan = plan
        plan.notes.mkdir(parents=True, exist_ok=True)
        self._process = multiprocessing.get_context("spawn").Process(target=_live, args=(settings, plan), daemon=True)
        with usage.pinned(cores):
            self.started_s = time.monotonic()
            self._process.start()
        self.pid = self._process.pid or 0

    def check(self) -> None:
        """Return if it still runs.

        Raises:
            WorkerError: It has ended.
        """
        if not self._process.is_alive():
            raise WorkerError(f"the measured worker ended with exit code {self._process.exitcode}; its log is above")

    def stop(self) -> None:
        """Ask it to end, and return once it has.

        Raises:
            WorkerError: It does not, or not in order.
        """
        self.check()
        self._process.terminate()
        self._process.join(_STOP_WITHIN_S)
        if self._process.exitcode != 0:
            raise WorkerError(f"the measured worker did not stop in order: exit code {self._process.exitcode}")

    def kill(self) -> None:
        """End it, however it is."""
        self._process.kill()
        self._process.join()

    def note(self, name: str, kind: type[T]) -> T:
        """Return what it noted. After `stop` only."""
        return msgspec.json.decode((self._plan.notes / name).read_bytes(), type=kind)

    def samples(self) -> list[Sample]:
        """Return how far it was, over time. After `stop` only."""
        return self.note(SAMPLES, list[Sample])


@contextlib.contextmanager
def measured_worker(settings: Settings, plan: Plan, cores: AbstractSet[int]) -> Iterator[MeasuredWorker]:
    """Give a worker, and end it if the benchmark does not."""
    worker = MeasuredWorker(settings, plan, cores)
    try:
        yield worker
    finally:
        worker.kill()


async def wait_until_ready(worker: MeasuredWorker, session: aiohttp.ClientSession, *, within_s: float) -> None:
    """Return once the worker processes and can be read.

    Raises:
        WorkerError: It ends, or takes longer.
    """

    async def is_ready() -> bool:
        with contextlib.suppress(aiohttp.ClientConnectionError):
            async with session.get(f"{worker.settings.url}/readyz") as answer:
                return answer.status == HTTPStatus.OK
        return False

    deadline_s = time.monotonic() + within_s
    while not await is_ready():
        worker.check()
        require_time(deadline_s, f"the worker is not ready within {within_s:g} s")
        await asyncio.sleep(_POLL_S)


def require_time(deadline_s: float, complaint: str, clock: Callable[[], float] = time.monotonic) -> None:
    """Return while there is time left.

    Raises:
        WorkerError: There is none.
    """
    if clock() > deadline_s:
        raise WorkerError(complaint)
