"""`fleet bench freshness`: how old what is known is, under a steady load in an open loop.

Two ends are measured from the moment a record was to be sent. *In state*: each record, by the worker itself, when its
handler has put the new value, which a read would see. *Over HTTP*: every 20 ms one record is chosen; from the moment
it is due, its key is asked for again and again until the answer carries that record's time or a later one. What that
adds is one way of a request, and up to one more round trip: the resolution. Round trips are told beside it, in the
same process at the same time. Probes start by the clock, not after one another.
"""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

import aiohttp
import msgspec

from fleet_app.bench import usage
from fleet_app.bench.figures import Delays, delays
from fleet_app.bench.fill import make_topic
from fleet_app.bench.fixes import RAW
from fleet_app.bench.job_a import LAST
from fleet_app.bench.lane import SAMPLE_EVERY_S, Say
from fleet_app.bench.load import JobName, vehicle_id
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.plan import IN_STATE, InState, Plan
from fleet_app.bench.sender import Lateness, Schedule, send_all
from fleet_app.bench.stage import MeasuredWorker, Stage, measured_worker, settings_of, stage, wait_until_ready
from fleet_app.errors import WorkerError

WARM_UP_S: Final = 5
_PROBE_EVERY_MS: Final = 20
_SENDER_STARTS_WITHIN_S: Final = 5
_READY_WITHIN_S: Final = 60.0
_PROBE_WITHIN_S: Final = 30.0


class FreshnessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run: each rate for `seconds` after a warm-up of 5 s."""

    rates: tuple[int, ...]
    seconds: int
    vehicles: int
    partitions: int
    commit_interval_s: float
    seed: int


class FreshnessRun(msgspec.Struct, frozen=True, kw_only=True):
    """One rate. Delays in ms.

    Attributes:
        rate: Records per second.
        in_state: From due to handled, of every record.
        over_http: From due to read over HTTP, of every probe.
        round_trip: Of one request, asked right after each probe.
        sender_late: From due to handed to the producer, by the sender.
        worker_cpu_share: Of one core.
        exact: Whether each record was handled once.
    """

    rate: int
    in_state: Delays
    over_http: Delays
    round_trip: Delays
    sender_late: Delays
    worker_cpu_share: float
    exact: bool


class FreshnessReport(msgspec.Struct, frozen=True, kw_only=True):
    """All rates."""

    bench: str = "freshness"
    config: FreshnessConfig
    cores_apart: bool
    exact: bool
    runs: list[FreshnessRun]
    machine: Machine


class Probe(NamedTuple):
    """When a record was due, how long until it was read, and how long one more request took."""

    due_s: float
    delay_ms: float
    round_trip_ms: float


def run_freshness(config: FreshnessConfig, say: Say) -> FreshnessReport:
    """Measure each rate with a Kafka and a worker of its own.

    Raises:
        FleetError: Kafka or the worker cannot be run.
    """
    runs = []
    cores_apart = True
    for rate in config.rates:
        with stage() as place:
            cores_apart = place.cores.are_apart
            runs.append(asyncio.run(_run(place, config, rate)))
        say(f"{rate:,}/s: over HTTP p50 {runs[-1].over_http.p50:.1f} ms, p99 {runs[-1].over_http.p99:.1f} ms")
    return FreshnessReport(
        config=config,
        cores_apart=cores_apart,
        exact=all(run.exact for run in runs),
        runs=runs,
        machine=this_machine(),
    )


async def _run(place: Stage, config: FreshnessConfig, rate: int) -> FreshnessRun:
    settings = settings_of(
        place, run=f"rate-{rate}", partitions=config.partitions, commit_interval_s=config.commit_interval_s
    )
    plan = Plan(job=JobName.A, notes=place.folder / "notes", sample_every_s=SAMPLE_EVERY_S, times_records=True)
    await make_topic(place.broker, RAW, config.partitions)
    with measured_worker(settings, plan, place.cores.worker) as worker:
        async with aiohttp.ClientSession() as session:
            await wait_until_ready(worker, session, within_s=_READY_WITHIN_S)
            schedule = Schedule(
                first_ms=int(time.time() + _SENDER_STARTS_WITHIN_S) * 1_000,
                rate=rate,
                seconds=WARM_UP_S + config.seconds,
                vehicles=config.vehicles,
            )
            lateness, probes, cpu_share = await _load_and_probe(place, config, schedule, worker, session)
        worker.stop()
        in_state = worker.note(IN_STATE, InState)
    began_s = schedule.first_ms / 1_000 + WARM_UP_S
    return FreshnessRun(
        rate=rate,
        in_state=_since(began_s, in_state.sent_s, in_state.delay_ms),
        over_http=delays([probe.due_s for probe in probes], [probe.delay_ms for probe in probes]),
        round_trip=delays([probe.due_s for probe in probes], [probe.round_trip_ms for probe in probes]),
        sender_late=_since(began_s, lateness.sent_s, lateness.late_ms),
        worker_cpu_share=cpu_share,
        exact=len(in_state.sent_s) == schedule.records,
    )


async def _load_and_probe(
    place: Stage, config: FreshnessConfig, schedule: Schedule, worker: MeasuredWorker, session: aiohttp.ClientSession
) -> tuple[Lateness, list[Probe], float]:
    """Return how well the sender kept its time, what was probed, and the worker's share of a core."""
    notes = place.folder / "sender.json"
    sender = multiprocessing.get_context("spawn").Process(
        target=send_all, args=(place.broker, schedule, config.partitions, notes), daemon=True
    )
    sender.start()
    try:
        began_s = schedule.first_ms / 1_000 + WARM_UP_S
        await asyncio.sleep(began_s - time.time())
        cpu_before_s = usage.cpu_s(worker.pid)
        probes = await probe_all(session, worker.settings.url, schedule, random.Random(config.seed))  # noqa: S311 - a sample
        cpu_share = (usage.cpu_s(worker.pid) - cpu_before_s) / (time.time() - began_s)
        await asyncio.to_thread(sender.join, _PROBE_WITHIN_S)
        if sender.exitcode != 0:
            raise WorkerError(f"the sender did not end in order: exit code {sender.exitcode}")
    finally:
        sender.kill()
        sender.join()
    return msgspec.json.decode(notes.read_bytes(), type=Lateness), probes, cpu_share


async def probe_all(session: aiohttp.ClientSession, url: str, schedule: Schedule, chance: random.Random) -> list[Probe]:
    """Probe a record of every 20 ms once the warm-up is over."""
    per_probe = schedule.rate * _PROBE_EVERY_MS // 1_000
    first = WARM_UP_S * schedule.rate
    numbers = [chance.randrange(at, at + per_probe) for at in range(first, schedule.records - per_probe, per_probe)]
    probing = []
    for number in numbers:
        due_s = schedule.due_ms(number) / 1_000
        await asyncio.sleep(max(0.0, due_s - time.time()))
        probing.append(asyncio.create_task(_probe(session, url, schedule, number)))
    return list(await asyncio.gather(*probing))


async def _probe(session: aiohttp.ClientSession, url: str, schedule: Schedule, number: int) -> Probe:
    address = f"{url}/api/tables/{LAST.name}/{vehicle_id(schedule.vehicle(number))}"
    due_ms = schedule.due_ms(number)
    while await _time_ms(session, address) < due_ms:
        if time.time() * 1_000 > due_ms + _PROBE_WITHIN_S * 1_000:
            raise WorkerError(f"{address} did not show a record within {_PROBE_WITHIN_S:g} s of its time")
    read_s = time.time()
    await _time_ms(session, address)
    return Probe(due_ms / 1_000, read_s * 1_000 - due_ms, (time.time() - read_s) * 1_000)


async def _time_ms(session: aiohttp.ClientSession, address: str) -> int:
    """Return the time of the newest fix that is known, 0 if none is."""
    async with session.get(address) as answer:
        body = await answer.read()
        if answer.status != HTTPStatus.OK:
            return 0
    return msgspec.json.decode(body, type=_Entry).value.time_ms


class _Newest(msgspec.Struct, frozen=True):
    time_ms: int


class _Entry(msgspec.Struct, frozen=True):
    value: _Newest


def _since(began_s: float, at_s: Sequence[float], delay_ms: Sequence[float]) -> Delays:
    """Return the figures of what began then or later."""
    kept = [(at, delay) for at, delay in zip(at_s, delay_ms, strict=True) if at >= began_s]
    return delays([at for at, _ in kept], [delay for _, delay in kept])
