"""The `fleet` command. Each room brings its own commands; this file puts them behind one door."""

import importlib
import logging
import sys
from typing import Final

import click

from fleet_app import __version__
from fleet_app.errors import FleetError

COMMANDS: Final = {
    "bench": "fleet_app.bench.commands:bench",
    "broker": "fleet_app.broker.commands:broker",
    "config": "fleet_app.commands:config",
    "demo": "fleet_app.demo.commands:demo",
    "doctor": "fleet_app.commands:doctor",
    "get": "fleet_app.web.commands:get",
    "keys": "fleet_app.keys.commands:keys",
    "replay": "fleet_app.ingest.commands:replay",
    "tables": "fleet_app.web.commands:tables",
    "topics": "fleet_app.commands:topics",
    "up": "fleet_app.commands:up",
    "vehicles": "fleet_app.fleet_csv.commands:vehicles",
    "worker": "fleet_app.commands:worker",
}
"""Command → `module:attribute`. A command imports only its own room; Faust, the slowest, when it runs."""


class _Rooms(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - holds by the table above
        return command


@click.group(cls=_Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fleet")
def fleet() -> None:
    """Real-time fleet tracking on streams."""


def main() -> None:
    """Run the command; an expected failure ends in one message and its own exit code."""
    # It logs every failed attempt to connect; a command says itself what came of them, and a worker sets up its log.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        fleet(standalone_mode=True)
    except FleetError as error:
        click.echo(f"fleet: {error}", err=True)
        sys.exit(error.exit_code)
