"""`fleet bench lane`: how many records a worker handles per CPU-second, state durable and the outcome right."""

import asyncio
import shutil
import time
from collections.abc import Callable
from typing import Final

import msgspec
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.bench import usage
from fleet_app.bench.alone import job_alone
from fleet_app.bench.figures import Spread, spread, steady_rate
from fleet_app.bench.fill import BATCH_BYTES, fill, make_topic
from fleet_app.bench.fixes import RAW, REFUSED
from fleet_app.bench.job_a import LAST, MINUTES
from fleet_app.bench.job_b import GRACE_MS, MINUTE
from fleet_app.bench.load import JobName, load_of
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.oracle import Oracle, Outcome, differences
from fleet_app.bench.plan import PROFILE, Plan
from fleet_app.bench.profiler import Profile
from fleet_app.bench.readback import Names, committed, outcome_of, read_back
from fleet_app.bench.stage import MeasuredWorker, Stage, measured_worker, settings_of, stage
from fleet_app.errors import WorkerError
from fleet_app.stream.declarations import Topic
from fleet_app.stream.naming import changelog_name
from fleet_app.stream.topic_plans import connected, wait_for_coordinator

MEGABYTE: Final = 1_000_000
SAMPLE_EVERY_S: Final = 0.05
_POLL_S: Final = 0.05
_MEMORY_EVERY_S: Final = 1.0
_STALLED_AFTER_S: Final = 60.0
_WAIT_S: Final = 30.0

Say = Callable[[str], None]


class LaneConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run."""

    job: JobName
    vehicles: int
    records: int
    partitions: int
    runs: int
    commit_interval_s: float
    seed: int
    profiles: bool = False
    batch_bytes: int = BATCH_BYTES


class LaneRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. A run that is not exact is void: `differences` says what was wrong.

    Attributes:
        records_per_cpu_s: In the steady state, after the first fifth of the records.
        records_per_cpu_s_whole: From the start of the process on, imports and all, until everything was committed.
        cpu_s: User and system time of the process and its children until then.
        wall_s: From the start of the process until then.
        peak_rss_mb: The kernel's mark.
        peak_pss_mb: The highest of one look per second.
        waited_share: For how much of the wall time its threads wanted to run, and neighbours had the core.
        job_alone_per_cpu_s: How many records the job's function alone handles, with dicts for tables and no Kafka,
            just before the run: what this machine gave at that moment.
        exact: Whether the outcome is what the oracle says.
        differences: What differs.
        profile: Where the time went, if that was asked for; it costs a few percent.
    """

    records_per_cpu_s: float
    records_per_cpu_s_whole: float
    cpu_s: float
    wall_s: float
    peak_rss_mb: float
    peak_pss_mb: float
    waited_share: float
    job_alone_per_cpu_s: float
    exact: bool
    differences: list[str]
    profile: Profile | None = None


class LaneReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of a configuration. The figures over all of them are medians."""

    bench: str = "lane"
    config: LaneConfig
    cores_apart: bool
    exact: bool
    records_per_cpu_s: float
    steady: Spread
    whole: Spread
    peak_rss_mb: Spread
    job_alone: Spread
    runs: list[LaneRun]
    machine: Machine


class Measured(msgspec.Struct, frozen=True):
    """What was seen from outside when everything was committed."""

    at_s: float
    cpu_s: float
    wall_s: float
    waited_s: float
    peak_rss_mb: float
    peak_pss_mb: float


def run_lane(config: LaneConfig, say: Say) -> LaneReport:
    """Fill a topic once, let a new application work through it in each run, and compare what it leaves.

    Raises:
        FleetError: Kafka or the worker cannot be run.
    """
    with stage() as place:
        expected = asyncio.run(prepare(place, config, say))
        runs = []
        for number in range(1, config.runs + 1):
            runs.append(asyncio.run(_run(place, config, f"run-{number}", expected)))
            say(_told(number, runs[-1]))
    return report_of(config, runs, cores_apart=place.cores.are_apart)


def report_of(config: LaneConfig, runs: list[LaneRun], *, cores_apart: bool) -> LaneReport:
    """Put the runs together."""
    steady = spread([run.records_per_cpu_s for run in runs])
    return LaneReport(
        config=config,
        cores_apart=cores_apart,
        exact=all(run.exact for run in runs),
        records_per_cpu_s=steady.median,
        steady=steady,
        whole=spread([run.records_per_cpu_s_whole for run in runs]),
        peak_rss_mb=spread([run.peak_rss_mb for run in runs]),
        job_alone=spread([run.job_alone_per_cpu_s for run in runs]),
        runs=runs,
        machine=this_machine(),
    )


async def prepare(place: Stage, config: LaneConfig, say: Say) -> Outcome:
    """Put the load on its topic, and return what must come of it."""
    began_s = time.monotonic()
    oracle = Oracle(
        config.vehicles,
        grace_ms=GRACE_MS if config.job is JobName.B else 0,
        tells=config.job is JobName.B,
    )
    load = load_of(config.job, seed=config.seed, vehicles=config.vehicles, records=config.records)
    await make_topic(place.broker, RAW, config.partitions)
    await fill(place.broker, RAW, oracle.watch(load), vehicles=config.vehicles, partitions=config.partitions)
    expected = oracle.outcome()
    say(f"{config.records:,} records of {config.vehicles:,} vehicles are in Kafka: {time.monotonic() - began_s:.1f} s")
    return expected


def names_of(job: JobName, app_id: str) -> Names:
    """Return where a run of a job leaves what."""
    return Names(
        last=changelog_name(app_id, LAST.name),
        minutes=changelog_name(app_id, MINUTES.name),
        told=MINUTE.name if job is JobName.B else None,
        refused=REFUSED.name,
    )


async def _run(place: Stage, config: LaneConfig, run: str, expected: Outcome) -> LaneRun:
    settings = settings_of(place, run=run, partitions=config.partitions, commit_interval_s=config.commit_interval_s)
    plan = Plan(job=config.job, notes=place.folder / run, sample_every_s=SAMPLE_EVERY_S, profiles=config.profiles)
    with usage.pinned(place.cores.worker):
        alone_per_cpu_s = job_alone(config.job, seed=config.seed)
    since_ms = int(time.time() * 1000)
    with measured_worker(settings, plan, place.cores.worker) as worker:
        measured = await work_through(place, worker, RAW, config.records)
        worker.stop()
        samples = worker.samples()
        profile = worker.note(PROFILE, Profile) if config.profiles else None
    left = await read_back(place.broker, names_of(config.job, settings.app_id), since_ms)
    differing = differences(expected, outcome_of(config.job, left))
    shutil.rmtree(settings.state_dir, ignore_errors=True)
    return LaneRun(
        records_per_cpu_s=steady_rate(samples, config.records, measured.at_s),
        records_per_cpu_s_whole=config.records / measured.cpu_s,
        cpu_s=measured.cpu_s,
        wall_s=measured.wall_s,
        peak_rss_mb=measured.peak_rss_mb,
        peak_pss_mb=measured.peak_pss_mb,
        waited_share=measured.waited_s / measured.wall_s,
        job_alone_per_cpu_s=alone_per_cpu_s,
        exact=not differing,
        differences=differing,
        profile=profile,
    )


async def work_through(place: Stage, worker: MeasuredWorker, source: Topic, records: int) -> Measured:
    """Return once the worker has committed all records of its source and noted so.

    Raises:
        WorkerError: It ended, or does not get on.
    """
    pss_bytes: list[int] = [0]
    async with connected({"bootstrap_servers": place.broker}, wait_s=_WAIT_S) as client:
        await wait_for_coordinator(client, worker.settings.app_id)
        watching = asyncio.create_task(_watch_memory(worker.pid, pss_bytes))
        try:
            await _wait_for_commits(client, worker, source, records)
        finally:
            watching.cancel()
    at_s, cpu_s = time.monotonic(), usage.cpu_s(worker.pid)
    measured = Measured(
        at_s=at_s,
        cpu_s=cpu_s,
        wall_s=at_s - worker.started_s,
        waited_s=usage.waited_s(worker.pid),
        peak_rss_mb=usage.peak_rss_bytes(worker.pid) / MEGABYTE,
        peak_pss_mb=max(*pss_bytes, usage.memory(worker.pid).pss_bytes) / MEGABYTE,
    )
    # Its next sample is the first that may count as the end.
    await asyncio.sleep(3 * SAMPLE_EVERY_S)
    return measured


async def _watch_memory(pid: int, pss_bytes: list[int]) -> None:
    while True:
        pss_bytes.append(usage.memory(pid).pss_bytes)
        await asyncio.sleep(_MEMORY_EVERY_S)


async def _wait_for_commits(client: AIOKafkaAdminClient, worker: MeasuredWorker, source: Topic, records: int) -> None:
    done, moved_s = 0, time.monotonic()
    while done < records:
        await asyncio.sleep(_POLL_S)
        worker.check()
        before, done = done, await committed(client, worker.settings.app_id, source.name)
        if done != before:
            moved_s = time.monotonic()
        elif time.monotonic() - moved_s > _STALLED_AFTER_S:
            raise WorkerError(f"the worker has stood at {done} of {records} records for {_STALLED_AFTER_S:g} s")


def _told(number: int, run: LaneRun) -> str:
    outcome = "exact" if run.exact else f"VOID: {'; '.join(run.differences)}"
    return f"run {number}: {run.records_per_cpu_s:,.0f} records per CPU-second, {run.wall_s:.1f} s, {outcome}"
