"""`fleet bench positions`: what the whole application does per CPU-second, from fleet.positions to all its outputs."""

import asyncio
import shutil
import time
from typing import Final

import msgspec

from fleet_app import topics
from fleet_app.bench import usage
from fleet_app.bench.audit import Sent, audit, read_left
from fleet_app.bench.domain import DomainConfig, agent_alone
from fleet_app.bench.drives import Fleet, drives
from fleet_app.bench.figures import Spread, spread, steady_rate
from fleet_app.bench.fill import fill, make_topic
from fleet_app.bench.lane import SAMPLE_EVERY_S, Say, work_through
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.plan import PROFILE, Plan
from fleet_app.bench.profiler import Profile
from fleet_app.bench.stage import Stage, measured_worker, settings_of, stage

_ALONE: Final = DomainConfig(vehicles=1_000, fixes_per_vehicle=30, interval_s=5, runs=1, seed=1)


class PositionsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run."""

    vehicles: int
    fixes_per_vehicle: int
    interval_s: int
    partitions: int
    runs: int
    commit_interval_s: float
    seed: int
    profiles: bool = False


class PositionsRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. A run that is not exact is void: `differences` says what was wrong.

    Attributes:
        fixes_per_cpu_s: In the steady state, after the first fifth of the positions.
        fixes_per_cpu_s_whole: From the start of the process on, imports and all, until everything was committed.
        cpu_s: User and system time of the process and its children until then.
        wall_s: From the start of the process until then.
        peak_rss_mb: The kernel's mark.
        waited_share: For how much of the wall time its threads wanted to run, and neighbours had the core.
        agent_alone_per_cpu_s: What the agent does without engine and Kafka, with a few vehicles, just before the run:
            what this machine gave at that moment.
        exact: Whether every position is accounted for.
        differences: What is not.
        profile: Where the time went, if that was asked for; it costs a few percent.
    """

    fixes_per_cpu_s: float
    fixes_per_cpu_s_whole: float
    cpu_s: float
    wall_s: float
    peak_rss_mb: float
    waited_share: float
    agent_alone_per_cpu_s: float
    exact: bool
    differences: list[str]
    profile: Profile | None = None


class PositionsReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs. The figures over all of them are medians; a fix is a position, refused ones included."""

    bench: str = "positions"
    config: PositionsConfig
    records: int
    cores_apart: bool
    exact: bool
    fixes_per_cpu_s: float
    steady: Spread
    whole: Spread
    peak_rss_mb: Spread
    agent_alone: Spread
    runs: list[PositionsRun]
    machine: Machine


def run_positions(config: PositionsConfig, say: Say) -> PositionsReport:
    """Fill fleet.positions once, let a new worker work through it in each run, and audit what it leaves.

    Raises:
        FleetError: Kafka or the worker cannot be run.
    """
    with stage() as place:
        sent = asyncio.run(_prepare(place, config, say))
        runs = []
        for number in range(1, config.runs + 1):
            runs.append(asyncio.run(_run(place, config, f"run-{number}", sent)))
            say(_told(number, runs[-1]))
    return report_of(config, runs, records=sum(sent.records), cores_apart=place.cores.are_apart)


def report_of(config: PositionsConfig, runs: list[PositionsRun], *, records: int, cores_apart: bool) -> PositionsReport:
    """Put the runs together."""
    steady = spread([run.fixes_per_cpu_s for run in runs])
    return PositionsReport(
        config=config,
        records=records,
        cores_apart=cores_apart,
        exact=all(run.exact for run in runs),
        fixes_per_cpu_s=steady.median,
        steady=steady,
        whole=spread([run.fixes_per_cpu_s_whole for run in runs]),
        peak_rss_mb=spread([run.peak_rss_mb for run in runs]),
        agent_alone=spread([run.agent_alone_per_cpu_s for run in runs]),
        runs=runs,
        machine=this_machine(),
    )


async def _prepare(place: Stage, config: PositionsConfig, say: Say) -> Sent:
    """Put the positions on their topic: a backlog whose newest fix is from now."""
    began_s = time.monotonic()
    lasts_ms = config.fixes_per_vehicle * config.interval_s * 1_000
    fleet = Fleet(
        vehicles=config.vehicles,
        fixes=config.fixes_per_vehicle,
        interval_s=config.interval_s,
        first_ms=int(time.time() * 1_000) - lasts_ms,
        seed=config.seed,
    )
    sent = Sent(config.vehicles)
    await make_topic(place.broker, topics.POSITIONS, config.partitions)
    load = sent.watch(drives(fleet))
    await fill(place.broker, topics.POSITIONS, load, vehicles=config.vehicles, partitions=config.partitions)
    records, seconds = sum(sent.records), time.monotonic() - began_s
    say(f"{records:,} positions of {config.vehicles:,} vehicles are in Kafka: {seconds:.1f} s")
    return sent


async def _run(place: Stage, config: PositionsConfig, run: str, sent: Sent) -> PositionsRun:
    settings = settings_of(place, run=run, partitions=config.partitions, commit_interval_s=config.commit_interval_s)
    plan = Plan(job=None, notes=place.folder / run, sample_every_s=SAMPLE_EVERY_S, profiles=config.profiles)
    records = sum(sent.records)
    with usage.pinned(place.cores.worker):
        alone_per_cpu_s = agent_alone(_ALONE)
    since_ms = int(time.time() * 1_000)
    with measured_worker(settings, plan, place.cores.worker) as worker:
        measured = await work_through(place, worker, topics.POSITIONS, records)
        worker.stop()
        samples = worker.samples()
        profile = worker.note(PROFILE, Profile) if config.profiles else None
    wrong = audit(sent, await read_left(place.broker, settings.app_id, since_ms))
    shutil.rmtree(settings.state_dir, ignore_errors=True)
    return PositionsRun(
        fixes_per_cpu_s=steady_rate(samples, records, measured.at_s),
        fixes_per_cpu_s_whole=records / measured.cpu_s,
        cpu_s=measured.cpu_s,
        wall_s=measured.wall_s,
        peak_rss_mb=measured.peak_rss_mb,
        waited_share=measured.waited_s / measured.wall_s,
        agent_alone_per_cpu_s=alone_per_cpu_s,
        exact=not wrong,
        differences=wrong,
        profile=profile,
    )


def _told(number: int, run: PositionsRun) -> str:
    outcome = "exact" if run.exact else f"VOID: {'; '.join(run.differences)}"
    return f"run {number}: {run.fixes_per_cpu_s:,.0f} fixes per CPU-second, {run.wall_s:.1f} s, {outcome}"
