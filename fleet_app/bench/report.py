"""Figures for people, beside their targets, and the same for programs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet_app.bench.api import ApiReport, ReadFigures
from fleet_app.bench.domain import DomainReport, Part
from fleet_app.bench.figures import Delays, Spread, spread
from fleet_app.bench.freshness import FreshnessReport
from fleet_app.bench.geofences import GeofencesReport, Layout
from fleet_app.bench.lane import LaneReport
from fleet_app.bench.live import LiveReport, LiveRun
from fleet_app.bench.load import JobName
from fleet_app.bench.positions import PositionsReport
from fleet_app.bench.profiler import Profile
from fleet_app.bench.restore import RestoreReport
from fleet_app.bench.targets import TARGETS, Figure
from fleet_app.errors import InputError

Report = (
    LaneReport
    | RestoreReport
    | FreshnessReport
    | DomainReport
    | PositionsReport
    | GeofencesReport
    | ApiReport
    | LiveReport
)
Row = tuple[str, str, Figure | None, float]

_SMALL_FLEET: Final = 10_000
_LARGE_FLEET: Final = 1_000_000
_TARGET_RATE: Final = 10_000
_LINES_SHOWN: Final = 25
_LEAST_SHARE: Final = 0.005
"""Functions that only call others are left out."""
_PARTS: Final = {
    Part.DOMAIN: "decode and advance",
    Part.RECEIVE: "the same with gates, reorder buffer and track",
    Part.AGENT: "the whole agent, catching up",
    Part.AGENT_LIVE: "the whole agent, fixes as they are made",
}
_BOUND_TO_CORES: Final = (LaneReport, RestoreReport, FreshnessReport, PositionsReport, LiveReport)
_ANSWERS: Final = (ApiReport, LiveReport)
"""What has no oracle: each answer or frame is judged as it comes."""
_LAYOUTS: Final = {
    Layout.SPREAD: "spread over the region",
    Layout.CUSTOMERS: "one in four at a stop",
    Layout.DENSE: "all at stops",
}


def write_json(report: Report, file: Path) -> None:
    """Write a report as JSON.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}; choose another place with --json") from error


def show(report: Report, console: Console) -> None:
    """Print a report as a table, its targets beside it, and whether it counts."""
    table = Table(title=_title(report), title_justify="left", box=None, pad_edge=False)
    for column, justify in (("", "left"), ("measured", "right"), ("target", "right"), ("", "left")):
        table.add_column(column, justify="right" if justify == "right" else "left")
    for name, shown, figure, value in _rows(report):
        target = None if figure is None else TARGETS[figure]
        verdict = "" if target is None else ("met" if target.is_met(value) else "not met")
        table.add_row(name, shown, "" if target is None else str(target), verdict)
    console.print(table)
    if isinstance(report, _BOUND_TO_CORES) and not report.cores_apart:
        console.print("Broker and worker shared one core: figures say little.", style="yellow")
    _show_verdict(report, console)
    for what, profile in _profiles(report).items():
        _show_profile(what, profile, console)


def _show_verdict(report: Report, console: Console) -> None:
    if report.exact:
        console.print(
            "Every answer was whole." if isinstance(report, _ANSWERS) else "Outcome compared with the oracle: exact."
        )
        return
    console.print("VOID: the outcome is not what it must be.", style="bold red")
    for difference in _differences(report):
        console.print(Text(f"  {difference}"))


def _title(report: Report) -> str:
    what = [f"{report.config.vehicles:,} vehicles", *_what(report)]
    return f"fleet bench {report.bench}: {', '.join(what)}; median (lowest to highest)"


def _what(report: Report) -> Iterator[str]:
    match report:
        case LaneReport(config=config) | RestoreReport(config=config):
            yield f"job {config.job}"
            yield f"{config.records:,} records"
        case DomainReport(config=config) | PositionsReport(config=config) | GeofencesReport(config=config):
            yield f"{config.fixes_per_vehicle:,} fixes of each, {config.interval_s} s apart"
        case ApiReport(config=config) | LiveReport(config=config):
            yield f"one position in {config.interval_s} s from each"
            yield f"{config.clients} clients"
    if isinstance(report, GeofencesReport):
        yield f"{report.config.geofences:,} geofences"
    elif isinstance(report, LiveReport):
        yield f"{report.config.partitions} partitions"
    elif not isinstance(report, DomainReport):
        yield f"{report.config.partitions} partitions"
        yield f"commit every {report.config.commit_interval_s:g} s"
    if not isinstance(report, FreshnessReport | LiveReport):
        yield f"{len(report.runs)} runs"


def _rows(report: Report) -> Iterator[Row]:
    match report:
        case LaneReport():
            yield from _lane_rows(report)
        case RestoreReport():
            yield from _restore_rows(report)
        case FreshnessReport():
            yield from _freshness_rows(report)
        case DomainReport():
            yield from _domain_rows(report)
        case PositionsReport():
            yield from _positions_rows(report)
        case GeofencesReport():
            yield from _geofences_rows(report)
        case ApiReport():
            yield from _api_rows(report)
        case LiveReport():
            yield from _live_rows(report)


def _lane_rows(report: LaneReport) -> Iterator[Row]:
    config = report.config
    rate: Figure | None = None
    memory: Figure | None = None
    if config.vehicles <= _SMALL_FLEET:
        rate, memory = Figure.RATE_10_K, Figure.MEMORY_10_K_MB
    elif config.vehicles >= _LARGE_FLEET:
        rate, memory = Figure.RATE_1_M, Figure.MEMORY_1_M_MB
    yield _row("records per CPU-second, steady", report.steady, rate if config.job is JobName.A else None)
    yield _row("records per CPU-second, whole run with start-up", report.whole, None)
    yield _row("peak memory, MB", report.peak_rss_mb, memory)
    wall_s = sorted(run.wall_s for run in report.runs)
    yield "wall time of a run, s", f"{wall_s[0]:.1f} to {wall_s[-1]:.1f}", None, 0.0
    yield _row("the job's function alone, records per CPU-second", report.job_alone, None)
    waited = sorted(run.waited_share for run in report.runs)
    yield "share of a run that neighbours had the core", f"{waited[0]:.0%} to {waited[-1]:.0%}", None, 0.0


def _restore_rows(report: RestoreReport) -> Iterator[Row]:
    is_target = report.config.vehicles == _LARGE_FLEET
    yield _row("assignment to running, s", report.assigned_to_running_s, Figure.RESTORE_S if is_target else None)
    yield _row("start of the process to running, s", report.start_to_running_s, None)
    yield _row("CPU-seconds until ready", report.cpu_s, None)
    yield _row("peak memory, MB", report.peak_rss_mb, Figure.MEMORY_1_M_MB if is_target else None)
    yield "keys restored", f"{report.changelog_keys:,}", None, 0.0


def _freshness_rows(report: FreshnessReport) -> Iterator[Row]:
    for run in report.runs:
        is_target_rate = run.rate == _TARGET_RATE
        yield from _delay_rows(
            f"{run.rate:,}/s, sent to in state",
            run.in_state,
            (Figure.IN_STATE_P50_MS, Figure.IN_STATE_P99_MS) if is_target_rate else (None, None),
        )
        yield from _delay_rows(
            f"{run.rate:,}/s, sent to readable over HTTP",
            run.over_http,
            (Figure.HTTP_P50_MS, Figure.HTTP_P99_MS) if is_target_rate else (None, None),
        )
        yield from _delay_rows(f"{run.rate:,}/s, one round trip of HTTP", run.round_trip, (None, None))
        yield from _delay_rows(f"{run.rate:,}/s, sender behind its schedule", run.sender_late, (None, None))
        yield f"{run.rate:,}/s, share of a core", f"{run.worker_cpu_share:.0%}", None, 0.0


def _domain_rows(report: DomainReport) -> Iterator[Row]:
    for part, name in _PARTS.items():
        target = Figure.DOMAIN_RATE if part is Part.DOMAIN else None
        yield _row(f"{name}, fixes per CPU-second", report.parts[part], target)
    for part, figures in report.runs[-1].figures.items():
        yield f"{_PARTS[part]}, bytes sent per fix", _number(figures.output_bytes), None, 0.0
        yield f"{_PARTS[part]}, bytes stored per fix", _number(figures.stored_bytes), None, 0.0


def _positions_rows(report: PositionsReport) -> Iterator[Row]:
    yield _row("fixes per CPU-second, steady", report.steady, Figure.POSITIONS_RATE)
    yield _row("fixes per CPU-second, whole run with start-up", report.whole, None)
    yield _row("peak memory, MB", report.peak_rss_mb, None)
    wall_s = sorted(run.wall_s for run in report.runs)
    yield "wall time of a run, s", f"{wall_s[0]:.1f} to {wall_s[-1]:.1f}", None, 0.0
    yield _row("the agent alone, fixes per CPU-second", report.agent_alone, None)
    waited = sorted(run.waited_share for run in report.runs)
    yield "share of a run that neighbours had the core", f"{waited[0]:.0%} to {waited[-1]:.0%}", None, 0.0


def _geofences_rows(report: GeofencesReport) -> Iterator[Row]:
    for layout, name in _LAYOUTS.items():
        target = Figure.GEOFENCES_RATIO if layout is Layout.CUSTOMERS else None
        yield _row(f"{name}, by far from ten", report.ratios[layout], target)
        last = report.runs[-1].layouts[layout]
        yield f"{name}, µs per fix, and far from ten", f"{last.among_us:.2f} / {last.elsewhere_us:.2f}", None, 0.0
        yield f"{name}, fixes inside / near one", f"{last.inside_share:.1%} / {last.near_share:.1%}", None, 0.0
    yield _row("all geofences made ready, CPU-seconds", spread([run.build_s for run in report.runs]), None)
    yield _row("one of them changed, CPU-milliseconds", spread([run.change_ms for run in report.runs]), None)


def _api_rows(report: ApiReport) -> Iterator[Row]:
    local = [run.local for run in report.runs]
    forwarded = [run.forwarded for run in report.runs]
    yield from _read_rows("local", local, Figure.LOCAL_P99_MS)
    yield from _read_rows("forwarded", forwarded, Figure.FORWARDED_P99_MS)
    unread = spread([run.positions_per_s_unread for run in report.runs])
    yield _row("positions handled per second while nobody reads", unread, None)
    cpu_ms = spread([run.cpu_ms_per_position for run in report.runs])
    yield _row("processor time of the workers per position then, ms", cpu_ms, None)
    late = spread([run.sender_late.p99 for run in report.runs])
    yield _row("sender behind its schedule, p99 ms", late, None)
    scan = report.scan
    if scan is not None:
        what = f"scan of {scan.vehicles:,} vehicles"
        hold = f"{scan.longest_hold_ms:.1f} / {scan.longest_hold_wall_ms:.1f}"
        name = f"{what}, longest hold of the event loop by answering, ms of processor / wall time"
        yield name, hold, Figure.SCAN_HOLD_MS, scan.longest_hold_ms
        others = max((each.cpu_ms for each in scan.holds), default=0.0)
        yield f"{what}, longest hold by anything, ms of processor time", f"{others:.1f}", None, 0.0
        yield f"{what}, s on {scan.pages} pages", f"{scan.seconds:.1f}", None, 0.0
        yield f"{what}, pages refused and asked for again", f"{len(scan.refused)}", None, 0.0
        yield from _delay_rows(f"{what}, a page", scan.page, (None, None))


def _read_rows(kind: str, figures: Sequence[ReadFigures], p99: Figure) -> Iterator[Row]:
    yield _row(f"{kind} reads per second", spread([each.reads_per_s for each in figures]), Figure.READS_PER_S)
    yield _row(f"{kind} reads, p50 ms", spread([each.took.p50 for each in figures]), None)
    yield _row(f"{kind} reads, p99 ms", spread([each.took.p99 for each in figures]), p99)
    yield _row(
        f"{kind} reads, CPU-s of the workers per 1,000", spread([each.cpu_ms_per_read for each in figures]), None
    )
    own = spread([each.reader_cpu_ms_per_read for each in figures])
    yield _row(f"{kind} reads, CPU-s of the clients per 1,000", own, None)
    handled = spread([each.positions_per_s for each in figures])
    yield _row(f"{kind} reads, positions handled per second meanwhile", handled, None)
    busy = sorted(each.machine_busy_share for each in figures)
    yield f"{kind} reads, share of all cores in use by whomever", f"{busy[0]:.0%} to {busy[-1]:.0%}", None, 0.0


def _live_rows(report: LiveReport) -> Iterator[Row]:
    for run in report.runs:
        yield from _live_run_rows(run)


def _live_run_rows(run: LiveRun) -> Iterator[Row]:
    pace, watched, beside = run.pace, run.watched, run.beside_one_that_never_reads
    what = f"rate={pace.rate}, commit every {pace.commit_interval_s:g} s"
    is_slow = pace.rate == 1
    core_share = f"{run.feed_core_share:.0%}"
    yield f"{what}: share of a core that the feed costs", core_share, Figure.FEED_CORE_SHARE, run.feed_core_share
    shares = f"{run.unwatched_core_share:.0%} / {watched.worker_core_share:.0%}"
    yield f"{what}: share of the worker's core, unwatched / watched", shares, None, 0.0
    handled = f"{run.unwatched_positions_per_s:,.0f} / {watched.positions_per_s:,.0f}"
    yield f"{what}: positions handled per second, unwatched / watched", handled, None, 0.0
    kb_per_s = f"{watched.kb_per_s_of_all:.1f}"
    yield f"{what}: kB/s of a client that watches all", kb_per_s, Figure.FEED_KB_PER_S, watched.kb_per_s_of_all
    yield f"{what}: kB/s of a client, mean of all", f"{watched.kb_per_s:.1f}", None, 0.0
    yield f"{what}: frames per second of a client, mean of all", f"{watched.frames_per_s:.1f}", None, 0.0
    yield f"{what}: share of a core that all clients cost", f"{watched.watchers_core_share:.0%}", None, 0.0
    targets = (
        (Figure.FRAME_P50_MS, Figure.FRAME_P99_MS)
        if is_slow
        else (Figure.QUICK_FRAME_P50_MS, Figure.QUICK_FRAME_P99_MS)
    )
    yield from _delay_rows(f"{what}: sent to frame", watched.age, targets)
    yield from _delay_rows(f"{what}: the same beside a client that never reads", beside.age, (None, None))
    memory = f"{watched.worker_rss_mb:,.0f} / {beside.worker_rss_mb:,.0f}"
    yield f"{what}: memory of the worker, MB, without / with it", memory, None, 0.0
    yield from _delay_rows(f"{what}: sender behind its schedule", run.sender_late, (None, None))


def _row(name: str, figure: Spread, target: Figure | None) -> Row:
    shown = f"{_number(figure.median)} ({_number(figure.lowest)} to {_number(figure.highest)})"
    return name, shown, target, figure.median


def _delay_rows(name: str, figure: Delays, targets: tuple[Figure | None, Figure | None]) -> Iterator[Row]:
    yield f"{name}, p50 ms", f"{figure.p50:.1f}", targets[0], figure.p50
    yield f"{name}, p99 ms", f"{figure.p99:.1f}", targets[1], figure.p99
    worst = f"{figure.p999:.1f} / {figure.worst_second_p99:.1f} / {figure.highest:.1f}"
    yield f"{name}, p99.9 / p99 of the worst second / highest ms", worst, None, 0.0


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits are enough of any figure


def _differences(report: Report) -> Sequence[str]:
    if isinstance(report, FreshnessReport):
        return ["not every record was handled once"]
    if isinstance(report, _ANSWERS):
        return report.differences
    return [difference for run in report.runs for difference in run.differences]


def _profiles(report: Report) -> Mapping[str, Profile]:
    """Return the profiles by what they are of, the last run's where each run has one."""
    match report:
        case DomainReport(profiles=profiles):
            return {_PARTS[part]: profile for part, profile in profiles.items()}
        case LaneReport() | PositionsReport():
            profile = report.runs[-1].profile
            return {} if profile is None else {"the worker": profile}
        case LiveReport():
            return {f"the worker, rate={run.pace.rate}": run.profile for run in report.runs if run.profile is not None}
        case ApiReport():
            return {f"worker {number}": each for number, each in enumerate(report.runs[-1].profiles, 1)}
        case _:
            return {}


def _show_profile(what: str, profile: Profile, console: Console) -> None:
    console.print(
        f"\nProcessor time of {what}: main thread {profile.main_cpu_s:.2f} s, all others {profile.others_cpu_s:.2f} s."
        f" Of the main thread's, in {profile.samples:,} looks:"
    )
    lines = Table("share", "s", "line", "function", box=None, pad_edge=False)
    for line in profile.lines[:_LINES_SHOWN]:
        lines.add_row(f"{line.share:.1%}", f"{line.cpu_s:.2f}", Text(line.place), Text(line.function))
    console.print(lines)
    functions = Table("with calls", "own", "function", "", box=None, pad_edge=False)
    for function in [each for each in profile.functions if each.own_share >= _LEAST_SHARE]:
        functions.add_row(
            f"{function.share:.1%}", f"{function.own_share:.1%}", Text(function.place), Text(function.function)
        )
    console.print(functions)
