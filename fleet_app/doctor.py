"""`fleet doctor`: what would keep a worker from running here, and what to do about it."""

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

import fleet_app
from fleet_app.errors import FleetError
from fleet_app.ports import why_not_free
from fleet_app.settings import Settings, unknown_variables

_OLDEST_PYTHON: Final = (3, 11)
_FREE_BYTES_WANTED: Final = 2 * 1024**3
_PINNED: Final = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
_BROKER_WAIT_S: Final = 3.0


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: what it is, how it is, and what to do if it is not good."""

    subject: str
    verdict: Verdict
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, and go on after what is bad."""
    return [*_look_locally(settings), await _look_at_kafka(settings)]


def report(findings: list[Finding], console: Console) -> int:
    """Print the findings; return 0, or 1 if something is bad."""
    marks = {Verdict.GOOD: "[green]✓[/green]", Verdict.WARNING: "[yellow]![/yellow]", Verdict.BAD: "[red]✗[/red]"}
    for finding in findings:
        console.print(f"{marks[finding.verdict]} {finding.subject}: ", end="")
        console.print(finding.detail, markup=False, highlight=False)
    return int(any(finding.verdict is Verdict.BAD for finding in findings))


def _look_locally(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield from (_package(name, version) for name, version in _PINNED.items())
    yield from (_own_package(name) for name in ("agents", "tables"))
    yield from (
        Finding("environment", Verdict.WARNING, f"{name} is set but is no setting; see `fleet config`")
        for name in unknown_variables()
    )
    yield _state_directory(settings.state_dir)
    yield _port(settings.host, settings.port)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _OLDEST_PYTHON:
        return Finding("Python", Verdict.GOOD, found)
    return Finding("Python", Verdict.BAD, f"{found} is too old; use 3.11 or newer")


def _package(name: str, wanted: str) -> Finding:
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, Verdict.BAD, f"missing; install fleet-app again, it pins {name}=={wanted}")
    if found != wanted:
        return Finding(name, Verdict.BAD, f"is {found}, the app works with {wanted} only; pip install {name}=={wanted}")
    return Finding(name, Verdict.GOOD, found)


def _own_package(name: str) -> Finding:
    """`agents` and `tables` are common names: another package of that name may come first on the path."""
    ours = Path(fleet_app.__file__).parents[1] / name / "__init__.py"
    spec = importlib.util.find_spec(name)
    origin = None if spec is None or spec.origin is None else Path(spec.origin)
    if origin is not None and origin.resolve() == ours.resolve():
        return Finding(f"package {name}", Verdict.GOOD, "ours")
    return Finding(
        f"package {name}",
        Verdict.BAD,
        f"Python finds {origin or 'nothing'} instead of {ours}; start from another folder, or uninstall the other one",
    )


def _state_directory(path: Path) -> Finding:
    try:
        existing = _nearest_existing(path)
    except OSError as error:
        return Finding("state directory", Verdict.BAD, f"{path} cannot be used ({error.strerror}); set FLEET_STATE_DIR")
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return Finding("state directory", Verdict.BAD, f"{path} cannot be written; set FLEET_STATE_DIR")
    free = shutil.disk_usage(existing).free
    detail = f"{path}, {free / 1024**3:.1f} GiB free"
    if free < _FREE_BYTES_WANTED:
        return Finding("state directory", Verdict.WARNING, f"{detail}; make room, or set FLEET_STATE_DIR")
    return Finding("state directory", Verdict.GOOD, detail)


def _nearest_existing(path: Path) -> Path:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _nearest_existing(path.parent)
    return path


def _port(host: str, port: int) -> Finding:
    error = why_not_free(host, port)
    if error is not None:
        detail = f"{port} on {host} cannot be bound ({error.strerror}): a worker is running, or set FLEET_PORT"
        return Finding("HTTP port", Verdict.WARNING, detail)
    return Finding("HTTP port", Verdict.GOOD, f"{port} on {host} is free")


async def _look_at_kafka(settings: Settings) -> Finding:
    quick = settings.model_copy(update={"broker_wait_s": min(_BROKER_WAIT_S, settings.broker_wait_s)})
    try:
        from fleet_app.topic_admin import check_topics  # noqa: PLC0415 - fails where a package above is bad

        await check_topics(quick)
    except ImportError as error:
        return Finding("Kafka", Verdict.BAD, f"not looked at, the app cannot be loaded ({error})")
    except FleetError as error:
        return Finding("Kafka", Verdict.BAD, str(error))
    return Finding("Kafka", Verdict.GOOD, f"{settings.broker}, all topics fit")
