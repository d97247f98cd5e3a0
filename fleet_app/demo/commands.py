"""`fleet demo`: everything at once on one machine."""

from typing import Final

import click
from rich.console import Console

_LOWEST_PORT: Final = 1
_HIGHEST_PORT: Final = 65_535
_USUAL_BROKER_PORT: Final = 9092


@click.command()
@click.option("--workers", "-n", type=click.IntRange(1, 16), default=2, show_default=True, help="Worker processes.")
@click.option(
    "--port",
    type=click.IntRange(_LOWEST_PORT, _HIGHEST_PORT),
    default=8080,
    show_default=True,
    help="Port of the first worker's page and API; further workers take the next ones.",
)
@click.option(
    "--broker-port",
    type=click.IntRange(0, _HIGHEST_PORT),
    default=_USUAL_BROKER_PORT,
    show_default=True,
    help="Port of the local Kafka; another is taken if it is in use, any free one for 0.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop by itself so long after it is ready.  [default: at Ctrl-C]",
)
@click.option("--browser/--no-browser", default=True, help="Open the page once it is ready.")
def demo(workers: int, port: int, broker_port: int, seconds: float | None, *, browser: bool) -> None:
    """Show it all: a real Kafka, workers, a recorded fleet in Berlin, and the page it drives on.

    Everything stays on this machine, in a folder that is removed at the end. Settings in the environment that would
    lead elsewhere (broker, address, key, state directory) are left aside.
    """
    from fleet_app.demo.stage import Demo, run_demo  # noqa: PLC0415 - quick help

    run_demo(
        Demo(workers=workers, port=port, broker_port=broker_port, seconds=seconds, browser=browser),
        Console(highlight=False),
    )
