"""Commands about the installation as a whole: run workers, make topics, show settings, find out what is wrong."""

import asyncio
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet_app.settings import PREFIX, Settings, unknown_variables

console: Final = Console()

_port = click.option("--port", type=int, help="Port of the HTTP API.  [default: FLEET_PORT]")
_state_dir = click.option(
    "--state-dir", type=click.Path(path_type=Path), help="Where state is kept.  [default: FLEET_STATE_DIR]"
)


@click.command()
@_port
@_state_dir
def worker(port: int | None, state_dir: Path | None) -> None:
    """Run one worker in the foreground."""
    from fleet_app.worker import run_worker  # noqa: PLC0415 - Faust takes half a second to import

    run_worker(Settings.load(port=port, state_dir=state_dir))


@click.command()
@click.option("--workers", "-n", type=click.IntRange(1), default=2, show_default=True, help="How many to keep running.")
@_port
@_state_dir
def up(workers: int, port: int | None, state_dir: Path | None) -> None:
    """Keep several workers running on this machine, on ports next to each other."""
    from fleet_app.supervisor import supervise  # noqa: PLC0415 - quick help
    from fleet_app.worker import run_worker  # noqa: PLC0415 - quick help

    supervise(Settings.load(port=port, state_dir=state_dir), workers=workers, run=run_worker)


@click.command()
def config() -> None:
    """Print the settings in force, and where each comes from."""
    settings = Settings.load()
    origins = settings.origins()
    table = Table("Setting", "Value", "From", box=None, pad_edge=False)
    for name, value in settings:
        # As text: the brackets of an IPv6 address are no markup.
        table.add_row(PREFIX + name.upper(), Text("" if value is None else str(value)), origins[name])
    console.print(table)
    for variable in unknown_variables():
        console.print(f"{variable} is set but is no setting", style="yellow", markup=False)


@click.group()
def topics() -> None:
    """Create or check the topics in Kafka."""


@topics.command()
def create() -> None:
    """Create the topics that are missing, then check all of them."""
    from fleet_app.topic_admin import create_topics  # noqa: PLC0415 - quick help

    settings = Settings.load()
    for name in asyncio.run(create_topics(settings)):
        console.print(f"created {name}")
    console.print(f"all topics fit, {settings.partitions} partitions each")


@topics.command()
def check() -> None:
    """Say what is missing or does not fit; exit code 4 if anything is."""
    from fleet_app.topic_admin import check_topics  # noqa: PLC0415 - quick help

    settings = Settings.load()
    asyncio.run(check_topics(settings))
    console.print(f"all topics fit, {settings.partitions} partitions each")


@click.command()
def doctor() -> None:
    """Look for what would keep a worker from running here, and say what to do."""
    from fleet_app.doctor import examine, report  # noqa: PLC0415 - quick help

    raise SystemExit(report(asyncio.run(examine(Settings.load())), console))
