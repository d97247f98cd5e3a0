"""`fleet broker`: start, stop and look at the local Kafka."""

import sys
from pathlib import Path

import click

from fleet_app.broker.local import USUAL_PORT, Lifetime, LocalBroker, State, Status
from fleet_app.broker.lock import read_lock
from fleet_app.errors import BrokerError
from fleet_app.settings import Settings


@click.group()
def broker() -> None:
    """A real Apache Kafka on this machine, for trying things out and for tests."""


_directory = click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where it keeps its data and its log.  [default: broker/ in FLEET_STATE_DIR]",
)
_port = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=USUAL_PORT,
    show_default=True,
    help="Port to listen on, on this machine only; another one is used where it is taken.",
)


@broker.command()
@_directory
@_port
@click.option("--foreground", is_flag=True, help="Stay until Ctrl-C, then stop it. Without this it goes on by itself.")
def start(directory: Path | None, port: int, *, foreground: bool) -> None:
    """Start Kafka and wait until it answers. The first time this fetches it."""
    settings = Settings.load()
    kafka = _broker(settings, directory, port)
    before = kafka.status()
    if before.state is State.RUNNING:
        click.echo(f"Kafka runs already: {_described(before, kafka)}")
        _tell_how_to_connect(settings, before)
        return
    now = kafka.start(Lifetime.PARENT if foreground else Lifetime.DETACHED)
    click.echo(f"Kafka {read_lock().kafka} runs: {_described(now, kafka)}")
    if port not in (0, now.port):
        click.echo(f"Port {port} is taken, or was when it started first.")
    _tell_how_to_connect(settings, now)
    if foreground:
        _stay(kafka)
    else:
        click.echo(f"Stop it with: fleet broker stop{'' if directory is None else f' --directory {directory}'}")


@broker.command()
@_directory
def stop(directory: Path | None) -> None:
    """Stop Kafka. Its data stays for the next start."""
    kafka = _broker(Settings.load(), directory)
    if kafka.status().state is State.STOPPED:
        click.echo(f"Kafka does not run in {kafka.directory}.")
        return
    kafka.stop()
    click.echo("Kafka is stopped.")


@broker.command()
@_directory
def status(directory: Path | None) -> None:
    """Say whether Kafka runs and where. Exits with 0 if it answers, else with 3."""
    settings = Settings.load()
    kafka = _broker(settings, directory)
    now = kafka.status()
    match now.state:
        case State.RUNNING:
            click.echo(f"Kafka runs: {_described(now, kafka)}")
            _tell_how_to_connect(settings, now)
            return
        case State.NOT_ANSWERING:
            click.echo(f"Kafka has a process but does not answer: {_described(now, kafka)}")
        case State.STOPPED:
            click.echo(f"Kafka does not run in {kafka.directory}. Start it with: fleet broker start")
    sys.exit(BrokerError.exit_code)


def _broker(settings: Settings, directory: Path | None, port: int = USUAL_PORT) -> LocalBroker:
    return LocalBroker(directory or settings.state_dir / "broker", cache_dir=settings.cache_dir, port=port)


def _described(now: Status, kafka: LocalBroker) -> str:
    return f"{now.bootstrap}, process {now.pid}, data and logs in {kafka.directory}"


def _tell_how_to_connect(settings: Settings, now: Status) -> None:
    """Where the other commands would look elsewhere, say what to set."""
    if settings.broker not in (now.bootstrap, f"localhost:{now.port}"):
        click.echo(f"The other commands find it with: export FLEET_BROKER={now.bootstrap}")


def _stay(kafka: LocalBroker) -> None:
    try:
        click.echo("Ctrl-C stops it.")
        kafka.wait()
    except KeyboardInterrupt:
        click.echo("\nStopping Kafka.")
        kafka.stop()
