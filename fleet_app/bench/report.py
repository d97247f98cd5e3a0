"""Figures for people, beside their targets, and the same for programs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet_app.bench.domain import DomainReport, Part
from fleet_app.bench.figures import Delays, Spread, spread
from fleet_app.bench.freshness import FreshnessReport
from fleet_app.bench.geofences import GeofencesReport, Layout
from fleet_app.bench.lane import LaneReport
from fleet_app.bench.load import JobName
from fleet_app.bench.positions import PositionsReport
from fleet_app.bench.profiler import Profile
from fleet_app.bench.restore import RestoreReport
from fleet_app.bench.targets import TARGETS, Figure
from fleet_app.errors import InputError

Report = LaneReport | RestoreReport | FreshnessReport | DomainReport | PositionsReport | GeofencesReport
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
    if not isinstance(report, DomainReport | GeofencesReport) and not report.cores_apart:
        console.print("Broker and worker shared one core: figures say little.", style="yellow")
    if report.exact:
        console.print("Outcome compared with the oracle: exact.")
    else:
        console.print("VOID: the outcome is not what the oracle says.", style="bold red")
        for difference in _differences(report):
            console.print(Text(f"  {difference}"))
    for what, profile in _profiles(report).items():
        _show_profile(what, profile, console)


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
    if isinstance(report, GeofencesReport):
        yield f"{report.config.geofences:,} geofences"
    elif not isinstance(report, DomainReport):
        yield f"{report.config.partitions} partitions"
        yield f"commit every {report.config.commit_interval_s:g} s"
    if not isinstance(report, FreshnessReport):
        yield f"{len(report.runs)} runs"


def _rows(report: Report) -> Iterator[Row]:
    match report:
        case LaneReport():
            return _lane_rows(report)
        case RestoreReport():
            return _restore_rows(report)
        case FreshnessReport():
            return _freshness_rows(report)
        case DomainReport():
            return _domain_rows(report)
        case PositionsReport():
            return _positions_rows(report)
        case GeofencesReport():
            return _geofences_rows(report)


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
    return [difference for run in report.runs for difference in run.differences]


def _profiles(report: Report) -> Mapping[str, Profile]:
    """Return the profiles by what they are of, the last run's where each run has one."""
    match report:
        case DomainReport(profiles=profiles):
            return {_PARTS[part]: profile for part, profile in profiles.items()}
        case LaneReport() | PositionsReport():
            profile = report.runs[-1].profile
            return {} if profile is None else {"the worker": profile}
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
