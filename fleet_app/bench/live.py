"""`fleet bench live`: what the live feed costs a worker, and how old a position is when a client gets it.

One worker, on a core of its own, tracks a fleet and feeds clients that watch parts of the map, or all of it. The same
worker is measured in turns: unwatched, watched, and watched with one client more that never reads. What the feed costs
is the difference between the first two.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Final

import msgspec

from fleet_app import topics
from fleet_app.bench import usage
from fleet_app.bench.crew import Between
from fleet_app.bench.figures import Delays, delays
from fleet_app.bench.fill import make_topic
from fleet_app.bench.lane import MEGABYTE, Say
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.pair import Moment, Used, now, used, wait_until_shared, workers
from fleet_app.bench.plan import PROFILE
from fleet_app.bench.profiler import Profile
from fleet_app.bench.stage import MeasuredWorker, Stage, stage
from fleet_app.bench.streaming import Kept, Sender, Streaming, sender
from fleet_app.bench.watchers import Watched, Watching, shake_hands, watchers
from fleet_app.errors import WorkerError

WATCHER_PROCESSES: Final = 2
VIEWPORTS: Final = (
    "",
    "bbox=6,48,15,54",
    "bbox=6.0,48.0,8.5,50.0",
    "bbox=9.9,53.4,10.2,53.7",
    "bbox=12.0,51.0,14.9,53.9",
)
"""What clients look at, in turns: all, the region of the fleet, a country's corner, a city, a few counties."""
_WARM_UP_S: Final = 12
"""More than twice the time in which every vehicle reports once."""
_SETTLES_S: Final = 3
"""After so long all watchers have had their snapshots."""
_JOINS_S: Final = 10
"""How long watchers may take to begin, for positions to stream until they have ended."""
_WATCHERS_END_WITHIN_S: Final = 60.0
_SHARED_WITHIN_S: Final = 60.0


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How quick it is meant to be.

    Attributes:
        rate: How often a second a vehicle is told at most.
        commit_interval_s: Of the worker: what is not committed is not told.
    """

    rate: int
    commit_interval_s: float


PACES: Final = (Pace(rate=1, commit_interval_s=0.5), Pace(rate=10, commit_interval_s=0.1))


class LiveConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run, at each pace.

    Attributes:
        vehicles: How many report, `interval_s` apart.
        interval_s: How often each does.
        clients: How many watch.
        seconds: How long the worker is measured unwatched, watched, and with the client that does not read.
        partitions: Of every topic and table.
        seed: Of the drives.
        profiles: Whether the worker says where its time goes.
    """

    vehicles: int
    interval_s: int
    clients: int
    seconds: int
    partitions: int
    seed: int
    profiles: bool = False


class FeedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen while clients watched.

    Attributes:
        age: From when a position was due to be sent to the receipt of a frame that shows it, ms, by the clients that
            watch all.
        kb_per_s: Of a client, the mean of all.
        kb_per_s_of_all: Of a client that watches the whole fleet.
        frames_per_s: Of a client, the mean of all.
        went_back: Vehicles shown at an earlier time than before.
        worker_core_share: Of the worker's core.
        worker_rss_mb: What the worker held at the end.
        watchers_core_share: Processor time of all clients by the wall clock.
        positions_per_s: What the worker handled.
    """

    age: Delays
    kb_per_s: float
    kb_per_s_of_all: float
    frames_per_s: float
    went_back: int
    worker_core_share: float
    worker_rss_mb: float
    watchers_core_share: float
    positions_per_s: float


class LiveRun(msgspec.Struct, frozen=True, kw_only=True):
    """One pace.

    Attributes:
        pace: How quick.
        unwatched_core_share: What the worker used while nobody watched, of its core.
        unwatched_positions_per_s: What it handled then.
        watched: With the clients.
        beside_one_that_never_reads: With one client more.
        feed_core_share: What the feed cost: watched less unwatched.
        sender_late: By how much the sender was behind its schedule, ms.
        profile: Where the worker's time went, if that was asked for.
    """

    pace: Pace
    unwatched_core_share: float
    unwatched_positions_per_s: float
    watched: FeedFigures
    beside_one_that_never_reads: FeedFigures
    feed_core_share: float
    sender_late: Delays
    profile: Profile | None = None


class LiveReport(msgspec.Struct, frozen=True, kw_only=True):
    """Both paces. It is `exact` if no vehicle's time went back before the eyes of a client."""

    bench: str = "live"
    config: LiveConfig
    cores_apart: bool
    exact: bool
    differences: list[str]
    runs: list[LiveRun]
    machine: Machine


def run_live(config: LiveConfig, say: Say) -> LiveReport:
    """Measure each pace with a Kafka and a worker of its own.

    Raises:
        FleetError: Kafka or the worker cannot be run.
    """
    runs = []
    cores_apart = True
    for pace in PACES:
        with stage() as place:
            cores_apart = place.cores.are_apart
            runs.append(_run(place, config, pace))
        say(_told(runs[-1]))
    return report_of(config, runs, cores_apart=cores_apart)


def report_of(config: LiveConfig, runs: list[LiveRun], *, cores_apart: bool) -> LiveReport:
    """Put the runs together."""
    differences = [
        f"rate={run.pace.rate}: {figures.went_back} times a vehicle was shown at an earlier time than before"
        for run in runs
        for figures in (run.watched, run.beside_one_that_never_reads)
        if figures.went_back
    ]
    return LiveReport(
        config=config,
        cores_apart=cores_apart,
        exact=not differences,
        differences=differences,
        runs=runs,
        machine=this_machine(),
    )


def shares(url: str, clients: int, rate: int) -> list[list[Watching]]:
    """Return what each client of each process watches; one that watches all in each process looks how old it is."""
    share: list[list[Watching]] = [[] for _ in range(WATCHER_PROCESSES)]
    for client in range(clients):
        viewport = VIEWPORTS[client // WATCHER_PROCESSES % len(VIEWPORTS)]
        query = f"format=packed&fields=map&rate={rate}" + (f"&{viewport}" if viewport else "")
        share[client % WATCHER_PROCESSES].append(Watching(url=url, query=query, times=client < WATCHER_PROCESSES))
    return [each for each in share if each]


class _Phase(msgspec.Struct, frozen=True):
    """A while of a run, what clients saw in it, and what the worker held at its end."""

    since: Moment
    until: Moment
    watched: list[Watched]
    rss_bytes: int


def _run(place: Stage, config: LiveConfig, pace: Pace) -> LiveRun:
    asyncio.run(make_topic(place.broker, topics.POSITIONS, config.partitions))
    streaming = Streaming(
        vehicles=config.vehicles,
        interval_s=config.interval_s,
        seconds=_WARM_UP_S + 3 * config.seconds + 2 * _JOINS_S,
        seed=config.seed,
    )
    with workers(
        place,
        1,
        run=f"rate-{pace.rate}",
        partitions=config.partitions,
        commit_interval_s=pace.commit_interval_s,
        profiles=config.profiles,
        cores=place.cores.worker,
    ) as [worker]:
        asyncio.run(wait_until_shared([worker], within_s=_SHARED_WITHIN_S))
        with sender(place.broker, streaming, config.partitions) as sending:
            unwatched, watched, beside, kept = _watch(config, pace, worker, sending)
        worker.stop()
        samples = worker.samples()
        profile = worker.note(PROFILE, Profile) if config.profiles else None
    alone = used(samples, unwatched.since, unwatched.until)
    figures = _feed_figures(watched, used(samples, watched.since, watched.until))
    return LiveRun(
        pace=pace,
        unwatched_core_share=alone.cpu_s / alone.seconds,
        unwatched_positions_per_s=alone.records / alone.seconds,
        watched=figures,
        beside_one_that_never_reads=_feed_figures(beside, used(samples, beside.since, beside.until)),
        feed_core_share=figures.worker_core_share - alone.cpu_s / alone.seconds,
        sender_late=delays(kept.due_s, kept.late_ms),
        profile=profile,
    )


def _watch(
    config: LiveConfig, pace: Pace, worker: MeasuredWorker, sending: Sender
) -> tuple[_Phase, _Phase, _Phase, Kept]:
    sending.wait()
    time.sleep(max(0.0, sending.first_ms / 1_000 + _WARM_UP_S - time.time()))
    since = now()
    time.sleep(config.seconds)
    unwatched = _Phase(since, now(), [], usage.memory(worker.pid).rss_bytes)
    watched = _phase(config, pace, worker)
    with one_that_never_reads(worker.settings.url):
        beside = _phase(config, pace, worker)
    return unwatched, watched, beside, sending.result()


def _phase(config: LiveConfig, pace: Pace, worker: MeasuredWorker) -> _Phase:
    with watchers(shares(worker.settings.url, config.clients, pace.rate)) as watching:
        watching.wait_until_ready()
        # Snapshots are taken meanwhile.
        begins_s = time.time() + _SETTLES_S
        watching.begin(Between(begins_s, begins_s + config.seconds))
        time.sleep(_SETTLES_S)
        since = now()
        time.sleep(config.seconds)
        until, rss_bytes = now(), usage.memory(worker.pid).rss_bytes
        return _Phase(since, until, watching.results(within_s=_WATCHERS_END_WITHIN_S), rss_bytes)


@contextlib.contextmanager
def one_that_never_reads(url: str) -> Iterator[None]:
    """Have a client connected that asks for everything, as often as it can, and reads nothing."""
    with contextlib.closing(shake_hands(Watching(url=url, query="format=packed&fields=full&rate=10", times=False))):
        yield


def _feed_figures(phase: _Phase, did: Used) -> FeedFigures:
    seen = [each for watched in phase.watched for each in watched.seen]
    seconds = phase.until.at_s - phase.since.at_s
    if not any(each.age_ms for each in seen):
        raise WorkerError("no client of the feed was shown a vehicle")
    whole = [each.bytes for each in seen if each.age_ms]
    return FeedFigures(
        age=_ages([(at, age) for each in seen for at, age in zip(each.seen_s, each.age_ms, strict=True)]),
        kb_per_s=mean(each.bytes for each in seen) / seconds / 1_000,
        kb_per_s_of_all=mean(whole) / seconds / 1_000,
        frames_per_s=mean(each.frames for each in seen) / seconds,
        went_back=sum(each.went_back for each in seen),
        worker_core_share=did.cpu_s / did.seconds,
        worker_rss_mb=phase.rss_bytes / MEGABYTE,
        watchers_core_share=sum(watched.cpu_s for watched in phase.watched) / seconds,
        positions_per_s=did.records / did.seconds,
    )


def _ages(seen: Sequence[tuple[float, float]]) -> Delays:
    return delays([at for at, _ in seen], [age for _, age in seen])


def _told(run: LiveRun) -> str:
    return (
        f"rate={run.pace.rate}: the feed takes {run.feed_core_share:.0%} of a core; sent to frame p50 "
        f"{run.watched.age.p50:.0f} ms, p99 {run.watched.age.p99:.0f} ms"
    )
