"""`fleet bench restore`: how long until a worker runs again whose disk is empty."""

import asyncio
import random
import shutil
import time
from typing import Any, Final

import aiohttp
import msgspec

from fleet_app.bench import usage
from fleet_app.bench.figures import Spread, first_assigned_at, first_at, spread
from fleet_app.bench.fixes import RAW
from fleet_app.bench.job_a import LAST
from fleet_app.bench.lane import MEGABYTE, SAMPLE_EVERY_S, LaneConfig, Say, names_of, prepare, work_through
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.oracle import Outcome, Vehicle, differences, is_same
from fleet_app.bench.plan import Plan
from fleet_app.bench.readback import outcome_of, read_back
from fleet_app.bench.stage import Stage, measured_worker, settings_of, stage, wait_until_ready
from fleet_app.errors import WorkerError
from fleet_app.settings import Settings
from fleet_app.stream.reads import Phase

_FINE_SAMPLE_EVERY_S: Final = 0.01
_READY_WITHIN_S: Final = 300.0
_KEYS_CHECKED: Final = 1_000


class RestoreRun(msgspec.Struct, frozen=True, kw_only=True):
    """One restore.

    Attributes:
        start_to_running_s: From the start of the process, imports and joining the group included. With the disk goes
            the name that the worker had in the group, so it waits for what is left of that member's session.
        assigned_to_running_s: From the first sign of an assignment; both to 10 ms.
        cpu_s: User and system time of the process and its children until it was seen to be ready.
        peak_rss_mb: The kernel's mark at that moment.
        exact: Whether the keys that were asked for over HTTP have the values that the oracle says.
        differences: Those that have not.
    """

    start_to_running_s: float
    assigned_to_running_s: float
    cpu_s: float
    peak_rss_mb: float
    exact: bool
    differences: list[str]


class RestoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """All restores of the same changelogs."""

    bench: str = "restore"
    config: LaneConfig
    cores_apart: bool
    exact: bool
    changelog_keys: int
    keys_checked: int
    start_to_running_s: Spread
    assigned_to_running_s: Spread
    cpu_s: Spread
    peak_rss_mb: Spread
    runs: list[RestoreRun]
    machine: Machine


def run_restore(config: LaneConfig, say: Say) -> RestoreReport:
    """Let a worker work through the load, then start it again and again with an empty disk.

    Raises:
        FleetError: Kafka or the worker cannot be run, or what the worker left was wrong already.
    """
    with stage() as place:
        expected = asyncio.run(prepare(place, config, say))
        settings = settings_of(
            place, run="restored", partitions=config.partitions, commit_interval_s=config.commit_interval_s
        )
        asyncio.run(_leave_changelogs(place, config, settings, expected))
        say("the changelogs are written, and exact")
        runs = []
        for number in range(1, config.runs + 1):
            runs.append(asyncio.run(_restore(place, config, settings, expected)))
            say(f"restore {number}: {runs[-1].assigned_to_running_s:.2f} s from assignment to running")
    return RestoreReport(
        config=config,
        cores_apart=place.cores.are_apart,
        exact=all(run.exact for run in runs),
        changelog_keys=len(expected.vehicles) + len(expected.minutes),
        keys_checked=min(_KEYS_CHECKED, len(expected.vehicles)),
        start_to_running_s=spread([run.start_to_running_s for run in runs]),
        assigned_to_running_s=spread([run.assigned_to_running_s for run in runs]),
        cpu_s=spread([run.cpu_s for run in runs]),
        peak_rss_mb=spread([run.peak_rss_mb for run in runs]),
        runs=runs,
        machine=this_machine(),
    )


async def _leave_changelogs(place: Stage, config: LaneConfig, settings: Settings, expected: Outcome) -> None:
    since_ms = int(time.time() * 1000)
    plan = Plan(job=config.job, notes=place.folder / "first", sample_every_s=SAMPLE_EVERY_S)
    with measured_worker(settings, plan, place.cores.worker) as worker:
        await work_through(place, worker, RAW, config.records)
        worker.stop()
    left = await read_back(place.broker, names_of(config.job, settings.app_id), since_ms)
    differing = differences(expected, outcome_of(config.job, left))
    if differing:
        raise WorkerError(f"there is nothing to restore: the changelogs are wrong: {'; '.join(differing)}")


async def _restore(place: Stage, config: LaneConfig, settings: Settings, expected: Outcome) -> RestoreRun:
    shutil.rmtree(settings.state_dir, ignore_errors=True)
    plan = Plan(job=config.job, notes=place.folder / "again", sample_every_s=_FINE_SAMPLE_EVERY_S)
    with measured_worker(settings, plan, place.cores.worker) as worker:
        async with aiohttp.ClientSession() as session:
            await wait_until_ready(worker, session, within_s=_READY_WITHIN_S)
            cpu_s, peak_rss_mb = usage.cpu_s(worker.pid), usage.peak_rss_bytes(worker.pid) / MEGABYTE
            differing = await _wrong_keys(session, settings, expected, random.Random(config.seed))  # noqa: S311 - a sample
        worker.stop()
        samples = worker.samples()
        assigned_s, running_s = first_assigned_at(samples), first_at(samples, phase=Phase.RUNNING)
        if assigned_s is None or running_s is None:
            raise WorkerError("the worker was ready, but noted no assignment and no moment from which on it ran")
        return RestoreRun(
            start_to_running_s=running_s - worker.started_s,
            assigned_to_running_s=running_s - assigned_s,
            cpu_s=cpu_s,
            peak_rss_mb=peak_rss_mb,
            exact=not differing,
            differences=differing,
        )


async def _wrong_keys(
    session: aiohttp.ClientSession, settings: Settings, expected: Outcome, chance: random.Random
) -> list[str]:
    """Ask for some keys over HTTP, and return a sentence for each whose value is not the oracle's."""
    wrong = []
    for key in chance.sample(sorted(expected.vehicles), min(_KEYS_CHECKED, len(expected.vehicles))):
        async with session.get(f"{settings.url}/api/tables/{LAST.name}/{key}") as answer:
            found = (await answer.json()).get("value", {})
        if not _fits(expected.vehicles[key], found):
            wrong.append(f"{key}: {found}, not {expected.vehicles[key]}")
    return wrong


def _fits(vehicle: Vehicle, found: dict[str, Any]) -> bool:
    fields = ("time_ms", "lat", "lon", "speed_mps", "odometer_m")
    return is_same([getattr(vehicle, name) for name in fields], [found.get(name) for name in fields])
