"""`fleet get` and `fleet tables`: ask a running worker from the command line."""

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleet_app.errors import FleetError, InputError, WorkerError
from fleet_app.http.problems import Code, Problem
from fleet_app.settings import Settings
from fleet_app.web.peers import PeerAnswer, PeerError, Peers
from fleet_app.web.tables import TablesView, TableView

TIMEOUT_S: Final = 10.0
_UNKNOWN: Final = "?"


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an `EntryView` or a `RowsView`, whichever it is."""

    value: Any = None
    items: list[dict[str, Any]] | None = None
    next: str | None = None


_url = click.option("--url", help="A running worker.  [default: the one that the settings describe]")


@click.command()
@click.argument("table")
@click.argument("key")
@_url
def get(table: str, key: str, url: str | None) -> None:
    """Print the value of KEY in TABLE as JSON, whichever worker holds it; of a table of rows, its first rows."""
    answer = msgspec.json.decode(_ask(url, "api", "tables", table, key), type=_Answer)
    Console().print_json(json.dumps(answer.value if answer.items is None else answer.items), ensure_ascii=False)
    if answer.next is not None:
        click.echo(f"more rows follow: ask /api/tables/{table}/{key} with cursor={answer.next}", err=True)


@click.command()
@_url
def tables(url: str | None) -> None:
    """Print every table: its keys and size (both estimates of RocksDB) and its lag, over all workers."""
    view = msgspec.json.decode(_ask(url, "api", "tables"), type=TablesView)
    console = Console()
    for table in view.items:
        console.print(_summary(table), markup=False)
        console.print(_partitions(table))
    for problem in view.problems:
        console.print(f"not whole: {problem}", style="yellow", markup=False, highlight=False)


def _ask(url: str | None, *segments: str) -> bytes:
    """Return the body that a running worker answers with.

    Raises:
        InputError: It has no such table or key.
        WorkerError: No worker answers there, or it cannot tell at the moment.
    """
    settings = Settings.load()
    asked = (url or settings.url).rstrip("/")
    try:
        answer = asyncio.run(_get(settings, asked, segments))
    except PeerError as error:
        raise WorkerError(f"no worker answers: {error}; start one with `fleet up`, or name one with --url") from error
    if answer.status == HTTPStatus.OK:
        return answer.body
    raise _failure(asked, answer)


async def _get(settings: Settings, url: str, segments: tuple[str, ...]) -> PeerAnswer:
    async with Peers(own_url=None, authorization=_bearer(settings), timeout_s=TIMEOUT_S) as peers:
        return await peers.get(url, segments)


def _bearer(settings: Settings) -> str | None:
    return None if settings.api_key is None else f"Bearer {settings.api_key.get_secret_value()}"


def _failure(url: str, answer: PeerAnswer) -> FleetError:
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except msgspec.DecodeError:
        return WorkerError(f"{url} answered {answer.status}, and not as a worker does: is this the right --url?")
    kind = InputError if problem.code in (Code.UNKNOWN_TABLE, Code.UNKNOWN_KEY) else WorkerError
    return kind(f"{url} answered {answer.status}: {problem.detail}")


def _summary(table: TableView) -> str:
    return (
        f"{table.name}  by {table.key}, written by {table.written_by}: "
        f"{_shown(table.keys)} keys, {_shown(table.bytes)} bytes, lag {_shown(table.lag)}"
    )


def _partitions(table: TableView) -> Table:
    shown = Table("Partition", "Owner", "Keys", "Bytes", "Lag", box=None, pad_edge=False)
    for column in shown.columns[2:]:
        column.justify = "right"
    for part in table.partitions:
        shown.add_row(
            str(part.partition), escape(part.owner or "nobody"), _shown(part.keys), _shown(part.bytes), _shown(part.lag)
        )
    return shown


def _shown(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"
