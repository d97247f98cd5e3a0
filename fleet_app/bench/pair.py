"""Workers of the whole product that share the partitions, each measured, and how busy the machine is meanwhile."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from fleet_app.bench.figures import Sample
from fleet_app.bench.plan import Plan
from fleet_app.bench.stage import MeasuredWorker, Stage, measured_worker, require_time, settings_of

_POLL_S: Final = 0.2
_SAMPLE_EVERY_S: Final = 0.1


class _Member(msgspec.Struct, frozen=True):
    url: str
    owns: tuple[int, ...]
    lag: int | None


class Group(msgspec.Struct, frozen=True):
    """Who owns what, and what waits to be read, as `/api/cluster` tells it."""

    unowned: list[int]
    workers: list[_Member]

    def owned(self) -> dict[str, frozenset[int]]:
        """Return the partitions of each worker."""
        return {worker.url: frozenset(worker.owns) for worker in self.workers}

    def is_shared(self, urls: AbstractSet[str]) -> bool:
        """Return whether these workers, and nobody else, have all partitions, each at least one."""
        return not self.unowned and {worker.url for worker in self.workers if worker.owns} == urls

    def has_caught_up(self) -> bool:
        """Return whether nothing waits to be read."""
        return all(worker.lag == 0 for worker in self.workers)


class Moment(msgspec.Struct, frozen=True):
    """What the clocks say: monotonic, and the processor time of the whole machine, all cores together."""

    at_s: float
    busy_s: float

    def busy_share(self, since: "Moment") -> float:
        """Return the share of all cores that was in use since another moment."""
        return (self.busy_s - since.busy_s) / (self.at_s - since.at_s) / (os.cpu_count() or 1)


class Used(msgspec.Struct, frozen=True):
    """What workers did in a while."""

    seconds: float
    cpu_s: float
    records: int


def now() -> Moment:
    """Return this moment."""
    user, nice, system, _idle, _wait, irq, soft_irq, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    ticks = user + nice + system + irq + soft_irq
    return Moment(time.monotonic(), ticks / os.sysconf("SC_CLK_TCK"))


def used(samples: Sequence[Sample], since: Moment, until: Moment) -> Used:
    """Return what a worker did between two moments, by its own samples, the first at or after each."""
    first = next(sample for sample in samples if sample.at_s >= since.at_s)
    last = next(sample for sample in samples if sample.at_s >= until.at_s)
    return Used(last.at_s - first.at_s, last.cpu_s - first.cpu_s, last.records - first.records)


@contextlib.contextmanager
def workers(  # noqa: PLR0913 - one per thing that a benchmark chooses
    place: Stage,
    count: int,
    *,
    run: str,
    partitions: int,
    commit_interval_s: float,
    cores: AbstractSet[int] | None = None,
    times_steps: bool = False,
    profiles: bool = False,
) -> Iterator[list[MeasuredWorker]]:
    """Give workers of one group, on these cores: on any where none are named, for two and all else that takes part."""
    with contextlib.ExitStack() as stack:
        started = []
        for number in range(count):
            settings = settings_of(place, run=run, partitions=partitions, commit_interval_s=commit_interval_s)
            plan = Plan(
                job=None,
                notes=place.folder / f"{run}-{number}",
                sample_every_s=_SAMPLE_EVERY_S,
                times_steps=times_steps,
                profiles=profiles,
            )
            started.append(stack.enter_context(measured_worker(settings, plan, cores or all_cores())))
        yield started


def all_cores() -> frozenset[int]:
    """Return every core of the machine that this process could use if it asked."""
    return frozenset(range(os.cpu_count() or 1))


async def group_of(worker: MeasuredWorker, session: aiohttp.ClientSession) -> Group | None:
    """Return what a worker says of its group, None if it does not answer yet."""
    with contextlib.suppress(aiohttp.ClientConnectionError):
        async with session.get(f"{worker.settings.url}/api/cluster") as answer:
            if answer.status == HTTPStatus.OK:
                return msgspec.json.decode(await answer.read(), type=Group)
    return None


async def wait_until_shared(started: Sequence[MeasuredWorker], *, within_s: float) -> Group:
    """Return who owns what once every worker owns partitions and all say the same.

    Raises:
        WorkerError: One ends, or it takes longer.
    """
    urls = {worker.settings.url for worker in started}

    def is_shared(groups: Sequence[Group | None]) -> bool:
        return all(group is not None and group.is_shared(urls) for group in groups)

    return await _wait(started, is_shared, within_s=within_s, complaint="the workers do not share the partitions")


async def wait_until_caught_up(started: Sequence[MeasuredWorker], *, within_s: float) -> Group:
    """Return who owns what once nothing waits to be read.

    Raises:
        WorkerError: One ends, or it takes longer.
    """

    def have_caught_up(groups: Sequence[Group | None]) -> bool:
        return all(group is not None and group.has_caught_up() for group in groups)

    return await _wait(started, have_caught_up, within_s=within_s, complaint="the workers do not catch up")


async def _wait(
    started: Sequence[MeasuredWorker],
    is_done: Callable[[Sequence[Group | None]], bool],
    *,
    within_s: float,
    complaint: str,
) -> Group:
    deadline_s = time.monotonic() + within_s
    async with aiohttp.ClientSession() as session:
        while True:
            groups = await asyncio.gather(*(group_of(worker, session) for worker in started))
            if groups[0] is not None and is_done(groups):
                return groups[0]
            for worker in started:
                worker.check()
            require_time(deadline_s, f"{complaint} within {within_s:g} s")
            await asyncio.sleep(_POLL_S)
