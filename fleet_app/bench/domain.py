"""`fleet bench domain`: what the application's own functions do per CPU-second, without engine, Kafka and disk."""

import gc
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

import msgspec

from agents.track_positions import track_positions
from fleet_app import topics
from fleet_app.app import arrival_rules, fix_rules
from fleet_app.bench import usage
from fleet_app.bench.drives import Fleet, Kind, drives
from fleet_app.bench.figures import Spread, spread
from fleet_app.bench.in_memory import InMemoryTask
from fleet_app.bench.load import FIRST_MS, vehicle_id
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.profiler import Profile, Profiler
from fleet_app.bench.stage import default_settings, share_cores
from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.fix import fix_of
from fleet_app.domain.position import ArrivalRules, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import OpenTrack, Vehicle, is_late, is_repeated, receive
from fleet_app.stream.declarations import PlainRecord
from tables.open_tracks import OPEN_TRACKS

BACKLOG_RATE: Final = 100_000
"""Records per second of receive time, and of work: what a worker that catches up should do."""
_BATCHES_PER_S: Final = 100
_BATCHES_PER_COMMIT: Final = 50
_LATENCY_MS: Final = (100, 900)

Say = Callable[[str], None]


class Part(StrEnum):
    """What is measured; each holds the one before."""

    DOMAIN = "domain"
    """Decode, round to a fix, `advance`; in order, nothing waits."""
    RECEIVE = "receive"
    """The gates on arrival, the reorder buffer and the chunks of the track, too."""
    AGENT = "agent"
    """The whole of track_positions: tables that are dicts, all outputs, timers; encoded as a commit does, each half
    second, with five fixes of a vehicle between two commits: a worker that catches up."""
    AGENT_LIVE = "agent_live"
    """The same with fixes that come as they are made: no vehicle has two between two commits."""


class DomainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run."""

    vehicles: int
    fixes_per_vehicle: int
    interval_s: int
    runs: int
    seed: int
    profiles: bool = False


class Tally(NamedTuple):
    """What became of the records; those that wait are in a reorder buffer."""

    accepted: int
    refused: int
    waiting: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's outputs and what a commit stores, per record."""

    outputs: dict[str, float]
    output_bytes: float
    stored_bytes: float


class Outcome(NamedTuple):
    """What a part has done with the records; the figures are the agent's."""

    tally: Tally
    figures: Figures | None = None


class DomainRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `differences` says where records were not accounted for, or judged wrongly."""

    fixes_per_cpu_s: dict[Part, float]
    figures: dict[Part, Figures]
    differences: list[str]


class DomainReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs. `fixes_per_cpu_s` is the median of the part `domain`; a fix is a record, refused ones included."""

    bench: str = "domain"
    config: DomainConfig
    exact: bool
    fixes_per_cpu_s: float
    parts: dict[Part, Spread]
    runs: list[DomainRun]
    profiles: dict[Part, Profile]
    machine: Machine


class Load(NamedTuple):
    """The positions of a fleet as records of a topic, in a backlog and as they come; and what they are."""

    kinds: Counter[Kind]
    backlog: Sequence[PlainRecord]
    live: Sequence[PlainRecord]


class Work(NamedTuple):
    """What a part is given: records, and the rules of the default settings. A batch is a hundredth of a second."""

    records: Sequence[PlainRecord]
    kinds: Counter[Kind]
    batch: int
    gates: ArrivalRules
    rules: Rules


def run_domain(config: DomainConfig, say: Say) -> DomainReport:
    """Measure all parts in a process of its own, on a core of its own."""
    spawn = multiprocessing.get_context("spawn")
    cores = share_cores(os.sched_getaffinity(0))
    runs: list[DomainRun] = []
    with usage.pinned(cores.worker), ProcessPoolExecutor(1, mp_context=spawn) as child:
        for number in range(1, config.runs + 1):
            runs.append(child.submit(measure, config).result())
            rates = ", ".join(f"{part} {rate:,.0f}" for part, rate in runs[-1].fixes_per_cpu_s.items())
            say(f"run {number}: {rates}")
        profiled = tuple(Part) if config.profiles else ()
        profiles = {part: child.submit(profile_of, part, config).result() for part in profiled}
    return report_of(config, runs, profiles)


def report_of(config: DomainConfig, runs: list[DomainRun], profiles: dict[Part, Profile]) -> DomainReport:
    """Put the runs together."""
    parts = {part: spread([run.fixes_per_cpu_s[part] for run in runs]) for part in Part}
    return DomainReport(
        config=config,
        exact=not any(run.differences for run in runs),
        fixes_per_cpu_s=parts[Part.DOMAIN].median,
        parts=parts,
        runs=runs,
        profiles=profiles,
        machine=this_machine(),
    )


def measure(config: DomainConfig) -> DomainRun:
    """Measure every part once, on this thread."""
    rates: dict[Part, float] = {}
    figures: dict[Part, Figures] = {}
    differences: list[str] = []
    for part, work in works_of(config).items():
        began_s = time.thread_time()
        outcome = PARTS[part](work)
        rates[part] = len(work.records) / (time.thread_time() - began_s)
        differences += [f"{part}: {each}" for each in differences_of(work.kinds, outcome.tally)]
        if outcome.figures is not None:
            figures[part] = outcome.figures
    return DomainRun(fixes_per_cpu_s=rates, figures=figures, differences=differences)


def profile_of(part: Part, config: DomainConfig) -> Profile:
    """Return where the time of a part goes."""
    work = works_of(config)[part]
    profiler = Profiler()
    profiler.start()
    PARTS[part](work)
    return profiler.stop()


@cache
def works_of(config: DomainConfig) -> dict[Part, Work]:
    """Return what the parts are given, made once in a process."""
    load = load_of(config)
    works = {part: _work(part, config, load) for part in Part}
    # As the worker does: what is there by now is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    return works


def agent_alone(config: DomainConfig) -> float:
    """Return how many positions of a backlog per CPU-second the agent handles on this thread, now."""
    work = _work(Part.AGENT, config, load_of(config))
    began_s = time.thread_time()
    _agent(work)
    return len(work.records) / (time.thread_time() - began_s)


def load_of(config: DomainConfig) -> Load:
    """Return the records of a configuration."""
    fleet = Fleet(
        vehicles=config.vehicles,
        fixes=config.fixes_per_vehicle,
        interval_s=config.interval_s,
        first_ms=FIRST_MS,
        seed=config.seed,
    )
    reported = list(drives(fleet))
    keys = [vehicle_id(number).encode() for number in range(config.vehicles)]
    began_ms = reported[-1].time_ms
    backlog = [
        PlainRecord(number, began_ms + number * 1_000 // BACKLOG_RATE, keys[each.vehicle], each.value)
        for number, each in enumerate(reported)
    ]
    chance = random.Random(config.seed)  # noqa: S311 - reproducible, not secret
    received = sorted((each.time_ms + chance.randint(*_LATENCY_MS), number) for number, each in enumerate(reported))
    live = [
        PlainRecord(offset, received_ms, keys[reported[number].vehicle], reported[number].value)
        for offset, (received_ms, number) in enumerate(received)
    ]
    return Load(Counter(each.kind for each in reported), backlog, live)


def differences_of(kinds: Counter[Kind], tally: Tally) -> list[str]:
    """Return what is wrong with a tally, in sentences: every record is somewhere, and judged as what it is."""
    records, true = kinds.total(), kinds[Kind.TRUE]
    said = [] if sum(tally) == records else [f"{sum(tally)} records accounted for, not {records}"]
    if not true - tally.waiting <= tally.accepted <= true:
        said.append(f"{tally.accepted} fixes accepted and {tally.waiting} waiting, of {true} true ones")
    return said


def _work(part: Part, config: DomainConfig, load: Load) -> Work:
    settings = default_settings()
    records, rate = load.backlog, float(BACKLOG_RATE)
    if part is Part.AGENT_LIVE:
        records, rate = load.live, config.vehicles / config.interval_s
    return Work(records, load.kinds, max(1, int(rate / _BATCHES_PER_S)), arrival_rules(settings), fix_rules(settings))


def _domain(work: Work) -> Outcome:
    rules = work.rules
    courses: dict[str, Course] = {}
    get = courses.get
    refused = 0
    for record in work.records:
        position = read_position(record.value)
        if isinstance(position, Refusal):
            refused += 1
            continue
        fix = fix_of(position)
        outcome = advance(get(position.vehicle_id), fix, fix, rules)
        assert outcome is not None  # noqa: S101 - it is where the following fix is not known
        courses[position.vehicle_id] = outcome.course
        if outcome.refusal is not None:
            refused += 1
    return Outcome(Tally(sum(course.totals.fixes for course in courses.values()), refused, 0))


def _receive(work: Work) -> Outcome:
    rules, gates = work.rules, work.gates
    vehicles: dict[str, Vehicle] = {}
    tracks: dict[str, OpenTrack] = {}
    nothing = OpenTrack()
    refused = 0
    for record in work.records:
        position = read_position(record.value)
        if isinstance(position, Refusal) or check_arrival(position, record.timestamp, gates) is not None:
            refused += 1
            continue
        vehicle_id = position.vehicle_id
        vehicle = vehicles.get(vehicle_id) or Vehicle(vehicle_id)
        track = tracks.get(vehicle_id, nothing)
        waiting = Waiting(fix_of(position), record.offset, record.timestamp, record.key, record.value)
        if is_late(track, waiting.fix):
            refused += is_repeated(track, waiting.fix)
            continue
        moved = receive(vehicle, track, waiting, rules)
        if isinstance(moved, Refusal):
            refused += 1
            continue
        vehicles[vehicle_id], tracks[vehicle_id] = moved.vehicle, moved.track
        for judged in moved.judged:
            if judged.refusal is not None:
                refused += 1
    accepted = sum(vehicle.accepted for vehicle in vehicles.values())
    return Outcome(Tally(accepted, refused, sum(len(track.buffer) for track in tracks.values())))


def _agent(work: Work) -> Outcome:
    task = InMemoryTask(track_positions(work.gates, work.rules))
    records, batch = work.records, work.batch
    for number, start in enumerate(range(0, len(records), batch), 1):
        task.handle(records[start : start + batch])
        if number % _BATCHES_PER_COMMIT == 0:
            task.commit()
    task.commit()
    return Outcome(_tally_of(task), _figures_of(task, len(records)))


def _tally_of(task: InMemoryTask) -> Tally:
    waiting = sum(len(track.buffer) for track in task.tables[OPEN_TRACKS.name].values())
    return Tally(task.sent[topics.FIXES.name], task.sent[topics.REJECTED.name], waiting)


def _figures_of(task: InMemoryTask, records: int) -> Figures:
    return Figures(
        outputs={topic: sent / records for topic, sent in task.sent.items()},
        output_bytes=task.output_bytes / records,
        stored_bytes=task.stored_bytes / records,
    )


PARTS: Final[dict[Part, Callable[[Work], Outcome]]] = {
    Part.DOMAIN: _domain,
    Part.RECEIVE: _receive,
    Part.AGENT: _agent,
    Part.AGENT_LIVE: _agent,
}
