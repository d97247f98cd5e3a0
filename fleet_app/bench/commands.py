"""`fleet bench`: figures of this machine, by the real engine on a real Kafka."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

if TYPE_CHECKING:
    from fleet_app.bench.report import Report

console: Final = Console(highlight=False)

_VEHICLES: Final = click.IntRange(1, 9_999_999)
_AT_LEAST_ONE: Final = click.IntRange(1)

_json = click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file, too."
)
_records = click.option("--records", type=_AT_LEAST_ONE, default=2_000_000, show_default=True, help="How many in all.")
_partitions = click.option(
    "--partitions", type=click.IntRange(1, 1024), default=4, show_default=True, help="Of every topic and table."
)
_commit_interval = click.option(
    "--commit-interval",
    "commit_interval_s",
    type=click.FloatRange(0.05, 60),
    default=0.5,
    show_default=True,
    help="Seconds between commits.",
)
_fixes_per_vehicle = click.option(
    "--fixes-per-vehicle", type=_AT_LEAST_ONE, default=100, show_default=True, help="How many each of them sends."
)
_interval = click.option(
    "--interval-s", type=click.IntRange(1, 3_600), default=5, show_default=True, help="Seconds from one to the next."
)
_profile = click.option(
    "--profile", is_flag=True, help="Also say where the time goes, line by line; costs a few percent."
)
_seed = click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same load.")


@click.group()
def bench() -> None:
    """Measure this machine: a Kafka of its own on one core, a worker on another, nothing left behind.

    `domain`, `geofences`, `positions`, `api` and `live` measure the application, the others its engine under simpler
    jobs.
    """


@bench.command()
@click.option(
    "--job", type=click.Choice(["A", "B"]), default="A", show_default=True, help="B: out of order, late, broken."
)
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send.")
@_records
@_partitions
@click.option("--runs", type=_AT_LEAST_ONE, default=5, show_default=True, help="Of which the median counts.")
@_commit_interval
@_seed
@_profile
@_json
def lane(  # noqa: PLR0913 - one per option
    *,
    job: str,
    vehicles: int,
    records: int,
    partitions: int,
    runs: int,
    commit_interval_s: float,
    seed: int,
    json_file: Path | None,
    profile: bool,
) -> None:
    """Records per CPU-second: last state and minutes of every vehicle, exactly once, compared with an oracle."""
    from fleet_app.bench.lane import LaneConfig, run_lane  # noqa: PLC0415 - quick help
    from fleet_app.bench.load import JobName  # noqa: PLC0415 - quick help

    config = LaneConfig(
        job=JobName(job),
        vehicles=vehicles,
        records=records,
        partitions=partitions,
        runs=runs,
        commit_interval_s=commit_interval_s,
        seed=seed,
        profiles=profile,
    )
    _report(run_lane(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=1_000_000, show_default=True, help="Whose state is restored.")
@_records
@_partitions
@click.option("--runs", type=_AT_LEAST_ONE, default=5, show_default=True, help="Restores, of which the median counts.")
@_commit_interval
@_seed
@_json
def restore(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    records: int,
    partitions: int,
    runs: int,
    commit_interval_s: float,
    seed: int,
    json_file: Path | None,
) -> None:
    """Seconds until a worker with an empty disk runs again."""
    from fleet_app.bench.lane import LaneConfig  # noqa: PLC0415 - quick help
    from fleet_app.bench.load import JobName  # noqa: PLC0415 - quick help
    from fleet_app.bench.restore import run_restore  # noqa: PLC0415 - quick help

    config = LaneConfig(
        job=JobName.A,
        vehicles=vehicles,
        records=records,
        partitions=partitions,
        runs=runs,
        commit_interval_s=commit_interval_s,
        seed=seed,
    )
    _report(run_restore(config, console.print), json_file)


@bench.command()
@click.option(
    "--rate", "rates", type=_AT_LEAST_ONE, multiple=True, default=(5_000, 10_000), show_default=True, help="Per second."
)
@click.option(
    "--seconds", type=_AT_LEAST_ONE, default=30, show_default=True, help="For each rate, after 5 s to warm up."
)
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@_partitions
@_commit_interval
@_seed
@_json
def freshness(  # noqa: PLR0913 - one per option
    *,
    rates: tuple[int, ...],
    seconds: int,
    vehicles: int,
    partitions: int,
    commit_interval_s: float,
    seed: int,
    json_file: Path | None,
) -> None:
    """Milliseconds from the moment a record is due to its being in the state, and readable over HTTP."""
    from fleet_app.bench.freshness import FreshnessConfig, run_freshness  # noqa: PLC0415 - quick help

    config = FreshnessConfig(
        rates=rates,
        seconds=seconds,
        vehicles=vehicles,
        partitions=partitions,
        commit_interval_s=commit_interval_s,
        seed=seed,
    )
    _report(run_freshness(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@_fixes_per_vehicle
@_interval
@click.option("--runs", type=_AT_LEAST_ONE, default=5, show_default=True, help="Of which the median counts.")
@_seed
@click.option("--profile", is_flag=True, help="Also say where the time goes, line by line, in a run of its own.")
@_json
def domain(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    fixes_per_vehicle: int,
    interval_s: int,
    runs: int,
    seed: int,
    json_file: Path | None,
    profile: bool,
) -> None:
    """Fixes per CPU-second of the application's own functions: no engine, no Kafka, no disk."""
    from fleet_app.bench.domain import DomainConfig, run_domain  # noqa: PLC0415 - quick help

    config = DomainConfig(
        vehicles=vehicles,
        fixes_per_vehicle=fixes_per_vehicle,
        interval_s=interval_s,
        runs=runs,
        seed=seed,
        profiles=profile,
    )
    _report(run_domain(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@_fixes_per_vehicle
@_interval
@_partitions
@click.option("--runs", type=_AT_LEAST_ONE, default=5, show_default=True, help="Of which the median counts.")
@_commit_interval
@_seed
@_profile
@_json
def positions(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    fixes_per_vehicle: int,
    interval_s: int,
    partitions: int,
    runs: int,
    commit_interval_s: float,
    seed: int,
    json_file: Path | None,
    profile: bool,
) -> None:
    """Fixes per CPU-second of a whole worker: a backlog of positions, all outputs, exactly once, audited."""
    from fleet_app.bench.positions import PositionsConfig, run_positions  # noqa: PLC0415 - quick help

    config = PositionsConfig(
        vehicles=vehicles,
        fixes_per_vehicle=fixes_per_vehicle,
        interval_s=interval_s,
        partitions=partitions,
        runs=runs,
        commit_interval_s=commit_interval_s,
        seed=seed,
        profiles=profile,
    )
    _report(run_positions(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@_fixes_per_vehicle
@_interval
@click.option("--geofences", type=_AT_LEAST_ONE, default=10_000, show_default=True, help="How many there are.")
@click.option("--runs", type=_AT_LEAST_ONE, default=3, show_default=True, help="Of which the median counts.")
@_seed
@_json
def geofences(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    fixes_per_vehicle: int,
    interval_s: int,
    geofences: int,
    runs: int,
    seed: int,
    json_file: Path | None,
) -> None:
    """Processor time per fix among geofences, by that far from ten: what it costs to look them up and follow them."""
    from fleet_app.bench.geofences import GeofencesConfig, run_geofences  # noqa: PLC0415 - quick help

    config = GeofencesConfig(
        vehicles=vehicles,
        fixes_per_vehicle=fixes_per_vehicle,
        interval_s=interval_s,
        geofences=geofences,
        runs=runs,
        seed=seed,
    )
    _report(run_geofences(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@click.option("--interval-s", type=click.IntRange(1, 3_600), default=1, show_default=True, help="How often each does.")
@click.option("--clients", type=_AT_LEAST_ONE, default=16, show_default=True, help="Connections that read.")
@click.option("--seconds", type=_AT_LEAST_ONE, default=15, show_default=True, help="For each kind of read.")
@click.option(
    "--scanned", type=click.IntRange(0, 9_999_999), default=100_000, show_default=True, help="Vehicles of the scan."
)
@_partitions
@click.option("--runs", type=_AT_LEAST_ONE, default=3, show_default=True, help="Of which the median counts.")
@_commit_interval
@_seed
@_profile
@_json
def api(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    interval_s: int,
    clients: int,
    seconds: int,
    scanned: int,
    partitions: int,
    runs: int,
    commit_interval_s: float,
    seed: int,
    json_file: Path | None,
    profile: bool,
) -> None:
    """Reads by key while positions stream in, answered locally and by the other of two workers; and a long scan."""
    from fleet_app.bench.api import ApiConfig, run_api  # noqa: PLC0415 - quick help

    config = ApiConfig(
        vehicles=vehicles,
        interval_s=interval_s,
        clients=clients,
        seconds=seconds,
        scanned=scanned,
        partitions=partitions,
        runs=runs,
        commit_interval_s=commit_interval_s,
        seed=seed,
        profiles=profile,
    )
    _report(run_api(config, console.print), json_file)


@bench.command()
@click.option("--vehicles", type=_VEHICLES, default=10_000, show_default=True, help="How many send, in turns.")
@_interval
@click.option("--clients", type=_AT_LEAST_ONE, default=50, show_default=True, help="How many watch.")
@click.option("--seconds", type=_AT_LEAST_ONE, default=20, show_default=True, help="Unwatched, watched, and so on.")
@_partitions
@_seed
@_profile
@_json
def live(  # noqa: PLR0913 - one per option
    *,
    vehicles: int,
    interval_s: int,
    clients: int,
    seconds: int,
    partitions: int,
    seed: int,
    json_file: Path | None,
    profile: bool,
) -> None:
    """What the live feed costs a worker, and milliseconds from a position's being sent to the frame that shows it."""
    from fleet_app.bench.live import LiveConfig, run_live  # noqa: PLC0415 - quick help

    config = LiveConfig(
        vehicles=vehicles,
        interval_s=interval_s,
        clients=clients,
        seconds=seconds,
        partitions=partitions,
        seed=seed,
        profiles=profile,
    )
    _report(run_live(config, console.print), json_file)


def _report(report: "Report", json_file: Path | None) -> None:
    """Show the figures and write them. One that is void ends with exit code 1."""
    from fleet_app.bench.report import show, write_json  # noqa: PLC0415 - quick help

    if json_file is not None:
        write_json(report, json_file)
    show(report, console)
    if not report.exact:
        raise SystemExit(1)
