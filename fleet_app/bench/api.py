"""`fleet bench api`: reads by key while positions stream in, local and forwarded, and a scan of a large fleet.

Two workers share the partitions. Clients ask for one vehicle after another over connections that stay open: first only
for vehicles of the worker that they ask, then only for those of the other one. A first while without reads says what
the positions cost alone; what the workers use beyond that, per position, is the reads'.

The scan takes all pages of `/api/vehicles` from one of two workers that have nothing else to do, while each times
every step of its event loop.
"""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from fleet_app import topics
from fleet_app.bench import usage
from fleet_app.bench.crew import Between
from fleet_app.bench.drives import Fleet, drives
from fleet_app.bench.figures import Delays, Spread, delays, spread
from fleet_app.bench.fill import fill, make_topic
from fleet_app.bench.holds import Hold
from fleet_app.bench.lane import Say
from fleet_app.bench.load import vehicle_id
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.pair import (
    Group,
    Moment,
    all_cores,
    now,
    used,
    wait_until_caught_up,
    wait_until_shared,
    workers,
)
from fleet_app.bench.plan import HOLDS, PROFILE
from fleet_app.bench.profiler import Profile
from fleet_app.bench.readers import Asking, Reads, readers
from fleet_app.bench.stage import MeasuredWorker, Stage, require_time, stage
from fleet_app.bench.streaming import Kept, Sender, Streaming, sender
from fleet_app.errors import WorkerError
from fleet_app.http.problems import RETRY_AFTER_S
from fleet_app.stream.partitioning import partition_of

WARM_UP_S: Final = 8
READER_PROCESSES: Final = 2
_SHARED_WITHIN_S: Final = 60.0
_CAUGHT_UP_WITHIN_S: Final = 300.0
_READERS_END_WITHIN_S: Final = 60.0
_SCANNED_WITHIN_S: Final = 300.0
_PAGE: Final = 1_000
_WORST_SHOWN: Final = 5
_ANSWERING: Final = RequestResponseCycle.run_asgi.__qualname__
"""What the loop runs for a request."""


class ApiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run.

    Attributes:
        vehicles: How many report, `interval_s` apart.
        interval_s: How often each does.
        clients: Connections that read at the same time, half of them from each worker.
        seconds: How long each kind of read is measured.
        scanned: Vehicles of the scan; none without one.
        partitions: Of every topic and table.
        runs: Of the reads.
        commit_interval_s: Of the workers.
        seed: Of the drives.
        profiles: Whether the workers say where their time goes.
    """

    vehicles: int
    interval_s: int
    clients: int
    seconds: int
    scanned: int
    partitions: int
    runs: int
    commit_interval_s: float
    seed: int
    profiles: bool = False


class ReadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of read, over a while.

    Attributes:
        reads_per_s: Answers, from both workers together.
        took: From asking to the last byte of the answer, ms.
        refused: Answers with a status other than 200.
        cpu_ms_per_read: Processor time of both workers beyond what the positions cost, per read.
        reader_cpu_ms_per_read: That of the clients.
        positions_per_s: What both workers handled meanwhile.
        machine_busy_share: Share of all cores of the machine that was in use, by whomever.
    """

    reads_per_s: float
    took: Delays
    refused: int
    cpu_ms_per_read: float
    reader_cpu_ms_per_read: float
    positions_per_s: float
    machine_busy_share: float


class ApiRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of both kinds of read.

    Attributes:
        local: Of the asked worker's own vehicles.
        forwarded: Of the other worker's.
        cpu_ms_per_position: Processor time of both workers while nobody reads.
        positions_per_s_unread: What they handled then.
        sender_late: By how much the sender was behind its schedule.
        load_1m: The machine's load average at the end.
        profiles: Where the workers' time went, if that was asked for.
    """

    local: ReadFigures
    forwarded: ReadFigures
    cpu_ms_per_position: float
    positions_per_s_unread: float
    sender_late: Delays
    load_1m: float
    profiles: list[Profile]


class ScanFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A scan of all pages.

    Attributes:
        vehicles: How many were listed.
        pages: On so many pages.
        seconds: From the first page asked for to the last.
        page: From asking for a page to its last byte.
        refused: What was said instead of a page, which was asked for again.
        longest_hold_ms: The longest step of answering on either worker's event loop, in processor time.
        longest_hold_wall_ms: The longest by the wall clock: neighbours that take the core away are in it.
        holds: The longest of all steps by processor time, and what the loop ran: timers of vehicles gone quiet, too.
    """

    vehicles: int
    pages: int
    seconds: float
    page: Delays
    refused: list[str]
    longest_hold_ms: float
    longest_hold_wall_ms: float
    holds: list[Hold]


class ApiReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs. Figures over all of them are medians. It is `exact` if every answer was one, and no vehicle missing.

    Attributes:
        point_reads_per_s: Local reads.
        forwarded_reads_per_s: Forwarded ones.
    """

    bench: str = "api"
    config: ApiConfig
    exact: bool
    differences: list[str]
    point_reads_per_s: float
    forwarded_reads_per_s: float
    local_p99_ms: Spread
    forwarded_p99_ms: Spread
    local_cpu_ms: Spread
    forwarded_cpu_ms: Spread
    runs: list[ApiRun]
    scan: ScanFigures | None
    machine: Machine


def run_api(config: ApiConfig, say: Say) -> ApiReport:
    """Measure reads in each run with a Kafka and workers of its own, then the scan.

    Raises:
        FleetError: Kafka or a worker cannot be run.
    """
    runs = []
    for number in range(1, config.runs + 1):
        with stage() as place:
            runs.append(_read_run(place, config))
        say(_told(number, runs[-1]))
    scan = None
    if config.scanned:
        with stage() as place:
            scan = asyncio.run(_scan_run(place, config))
        say(f"scan: {scan.vehicles:,} vehicles on {scan.pages} pages in {scan.seconds:.1f} s")
    return report_of(config, runs, scan)


def report_of(config: ApiConfig, runs: list[ApiRun], scan: ScanFigures | None) -> ApiReport:
    """Put the runs together."""
    differences = [
        f"{figures.refused} of the answers of a run were refused"
        for run in runs
        for figures in (run.local, run.forwarded)
        if figures.refused
    ]
    if scan is not None and scan.vehicles != config.scanned:
        differences.append(f"the scan listed {scan.vehicles} of {config.scanned} vehicles")
    return ApiReport(
        config=config,
        exact=not differences,
        differences=differences,
        point_reads_per_s=spread([run.local.reads_per_s for run in runs]).median,
        forwarded_reads_per_s=spread([run.forwarded.reads_per_s for run in runs]).median,
        local_p99_ms=spread([run.local.took.p99 for run in runs]),
        forwarded_p99_ms=spread([run.forwarded.took.p99 for run in runs]),
        local_cpu_ms=spread([run.local.cpu_ms_per_read for run in runs]),
        forwarded_cpu_ms=spread([run.forwarded.cpu_ms_per_read for run in runs]),
        runs=runs,
        scan=scan,
        machine=this_machine(),
    )


def shares(
    keys: Sequence[str], owned: Mapping[str, AbstractSet[int]], partitions: int, clients: int, *, is_local: bool
) -> list[list[Asking]]:
    """Return what each connection of each process asks for: in turns from one worker and the next.

    Args:
        keys: The vehicles there are.
        owned: The partitions of each worker.
        partitions: How many there are.
        clients: Connections in all.
        is_local: Whether they ask for vehicles of the asked worker, or for all others.
    """
    home = {key: partition_of(key.encode(), partitions) for key in keys}
    urls = sorted(owned)
    askings: list[list[Asking]] = [[] for _ in range(READER_PROCESSES)]
    for client in range(clients):
        url = urls[client % len(urls)]
        paths = tuple(f"/api/vehicles/{key}" for key in keys if (home[key] in owned[url]) == is_local)
        # Each begins elsewhere, so that no two ask for the same at the same time.
        begins = client * len(paths) // clients
        askings[client // len(urls) % READER_PROCESSES].append(
            Asking(url=url, paths=(*paths[begins:], *paths[:begins]))
        )
    return [share for share in askings if share]


class _Phase(msgspec.Struct, frozen=True):
    """A while of a run, and what readers saw in it."""

    since: Moment
    until: Moment
    reads: list[Reads]


def _read_run(place: Stage, config: ApiConfig) -> ApiRun:
    asyncio.run(make_topic(place.broker, topics.POSITIONS, config.partitions))
    streaming = Streaming(
        vehicles=config.vehicles,
        interval_s=config.interval_s,
        seconds=WARM_UP_S + 3 * config.seconds + 2 * _STARTS_S,
        seed=config.seed,
    )
    with workers(
        place,
        2,
        run="api",
        partitions=config.partitions,
        commit_interval_s=config.commit_interval_s,
        profiles=config.profiles,
    ) as pair:
        group = asyncio.run(wait_until_shared(pair, within_s=_SHARED_WITHIN_S))
        with usage.pinned(all_cores()), sender(place.broker, streaming, config.partitions) as sending:
            quiet, local, forwarded, kept = _watch(config, group, sending)
        for worker in pair:
            worker.stop()
        return _figures(pair, quiet, local, forwarded, kept, profiles=config.profiles)


_STARTS_S: Final = 8
"""How long processes of readers take to begin at most, for positions to stream until they have ended."""


def _watch(config: ApiConfig, group: Group, sending: Sender) -> tuple[_Phase, _Phase, _Phase, Kept]:
    sending.wait()
    keys = [vehicle_id(number) for number in range(config.vehicles)]
    local = shares(keys, group.owned(), config.partitions, config.clients, is_local=True)
    forwarded = shares(keys, group.owned(), config.partitions, config.clients, is_local=False)
    time.sleep(max(0.0, sending.first_ms / 1_000 + WARM_UP_S - time.time()))
    since = now()
    time.sleep(config.seconds)
    quiet = _Phase(since, now(), [])
    return quiet, _read(local, config.seconds), _read(forwarded, config.seconds), sending.result()


def _read(askings: Sequence[Sequence[Asking]], seconds: int) -> _Phase:
    with usage.pinned(all_cores()), readers(askings) as reading:
        reading.wait_until_ready()
        between = Between(time.time(), time.time() + seconds)
        since = now()
        reading.begin(between)
        time.sleep(seconds)
        return _Phase(since, now(), reading.results(within_s=_READERS_END_WITHIN_S))


def _figures(  # noqa: PLR0913 - the parts of a run
    pair: Sequence[MeasuredWorker], quiet: _Phase, local: _Phase, forwarded: _Phase, kept: Kept, *, profiles: bool
) -> ApiRun:
    idle = [used(worker.samples(), quiet.since, quiet.until) for worker in pair]
    cpu_s_per_position = sum(each.cpu_s for each in idle) / max(1, sum(each.records for each in idle))
    return ApiRun(
        local=_read_figures(pair, local, cpu_s_per_position),
        forwarded=_read_figures(pair, forwarded, cpu_s_per_position),
        cpu_ms_per_position=cpu_s_per_position * 1_000,
        positions_per_s_unread=sum(each.records / each.seconds for each in idle),
        sender_late=delays(kept.due_s, kept.late_ms),
        load_1m=os.getloadavg()[0],
        profiles=[worker.note(PROFILE, Profile) for worker in pair] if profiles else [],
    )


def _read_figures(pair: Sequence[MeasuredWorker], phase: _Phase, cpu_s_per_position: float) -> ReadFigures:
    did = [used(worker.samples(), phase.since, phase.until) for worker in pair]
    seconds = phase.until.at_s - phase.since.at_s
    asked_s = [at for reads in phase.reads for at in reads.asked_s]
    took_ms = [took for reads in phase.reads for took in reads.took_ms]
    if not took_ms:
        raise WorkerError("no reader got an answer")
    cpu_s = sum(each.cpu_s - each.records * cpu_s_per_position for each in did)
    return ReadFigures(
        reads_per_s=len(took_ms) / seconds,
        took=delays(asked_s, took_ms),
        refused=sum(reads.refused for reads in phase.reads),
        cpu_ms_per_read=cpu_s * 1_000 / len(took_ms),
        reader_cpu_ms_per_read=sum(reads.cpu_s for reads in phase.reads) * 1_000 / len(took_ms),
        positions_per_s=sum(each.records / each.seconds for each in did),
        machine_busy_share=phase.until.busy_share(phase.since),
    )


async def _scan_run(place: Stage, config: ApiConfig) -> ScanFigures:
    await _prepare_scan(place, config)
    with workers(
        place,
        2,
        run="scan",
        partitions=config.partitions,
        commit_interval_s=config.commit_interval_s,
        times_steps=True,
    ) as pair:
        await wait_until_shared(pair, within_s=_SHARED_WITHIN_S)
        await wait_until_caught_up(pair, within_s=_CAUGHT_UP_WITHIN_S)
        # Lists show what is committed.
        await asyncio.sleep(_SETTLES_S + 3 * config.commit_interval_s)
        began_s = time.time()
        done = await scan(pair[0].settings.url)
        ended_s = time.time()
        for worker in pair:
            worker.stop()
        holds = [hold for worker in pair for hold in worker.note(HOLDS, list[Hold]) if began_s <= hold.at_s <= ended_s]
    answering = [hold for hold in holds if hold.what == _ANSWERING]
    return ScanFigures(
        vehicles=done.listed,
        pages=len(done.took_ms),
        seconds=ended_s - began_s,
        page=delays(done.asked_s, done.took_ms),
        refused=done.refused,
        longest_hold_ms=max((hold.cpu_ms for hold in answering), default=0.0),
        longest_hold_wall_ms=max((hold.wall_ms for hold in answering), default=0.0),
        holds=sorted(holds, reverse=True)[:_WORST_SHOWN],
    )


_SETTLES_S: Final = 8.0
"""A fix is judged this long after it came in at the latest; then nothing changes any more."""


async def _prepare_scan(place: Stage, config: ApiConfig) -> None:
    fleet = Fleet(
        vehicles=config.scanned,
        fixes=2,
        interval_s=5,
        first_ms=int(time.time() * 1_000) - 20_000,
        seed=config.seed,
    )
    await make_topic(place.broker, topics.POSITIONS, config.partitions)
    await fill(place.broker, topics.POSITIONS, drives(fleet), vehicles=config.scanned, partitions=config.partitions)


class _Page(msgspec.Struct, frozen=True):
    items: list[msgspec.Raw]
    next: str | None


class Scan(msgspec.Struct):
    """What came of asking for all pages: vehicles, when each page was asked for and took, and refusals in between."""

    listed: int = 0
    asked_s: list[float] = []
    took_ms: list[float] = []
    refused: list[str] = []


async def scan(url: str) -> Scan:
    """Take all pages of a worker's list of vehicles. A page that is refused is asked for again.

    Raises:
        WorkerError: The end is not reached in time.
    """
    done = Scan()
    deadline_s = time.monotonic() + _SCANNED_WITHIN_S
    query: dict[str, Any] = {"limit": _PAGE}
    async with aiohttp.ClientSession() as session:
        while True:
            asked_s = time.time()
            async with session.get(f"{url}/api/vehicles", params=query) as answer:
                body = await answer.read()
            if answer.status != HTTPStatus.OK:
                done.refused.append(body.decode())
                require_time(deadline_s, f"{url} does not list all vehicles: {done.refused[-1]}")
                await asyncio.sleep(RETRY_AFTER_S)
                continue
            done.asked_s.append(asked_s)
            done.took_ms.append((time.time() - asked_s) * 1_000)
            page = msgspec.json.decode(body, type=_Page)
            done.listed += len(page.items)
            if page.next is None:
                return done
            query["cursor"] = page.next


def _told(number: int, run: ApiRun) -> str:
    local, forwarded = run.local, run.forwarded
    return (
        f"run {number}: local {local.reads_per_s:,.0f}/s, p99 {local.took.p99:.1f} ms; forwarded "
        f"{forwarded.reads_per_s:,.0f}/s, p99 {forwarded.took.p99:.1f} ms; "
        f"{local.positions_per_s:,.0f} positions/s meanwhile"
    )
