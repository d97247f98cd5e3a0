"""`fleet replay`: recorded positions from files into `fleet.positions`."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.producer import DoorProducer
from fleet_app.ingest.replay.columns import KNOWN_HEADERS, parse_mapping
from fleet_app.ingest.replay.files import SUFFIXES, FileFormat, PositionsFile
from fleet_app.ingest.replay.nmea_file import ATTRIBUTES
from fleet_app.ingest.replay.recording import Options
from fleet_app.ingest.replay.schedule import Chunk, at_once, paced, shifted
from fleet_app.ingest.replay.send import SHOWN_BAD_ROWS, Tally, read_counted, send
from fleet_app.ingest.replay.values import SpeedUnit, read_vehicle_id
from fleet_app.settings import Settings
from fleet_app.topics import POSITIONS

INTERRUPTED: Final = 130
DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


class _Pace(click.ParamType):
    """`max` (None), or how many times as fast as recorded."""

    name = "pace"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        text = str(value).strip().lower()
        if text == "max":
            return None
        try:
            pace = float(text.removesuffix("x"))
        except ValueError:
            pace = 0.0
        if not 0 < pace < float("inf"):
            self.fail(f"{value!r} is neither `max` nor a number above 0 (1 is real time)", param, ctx)
        return pace


class _Vehicle(click.ParamType):
    """The id of a vehicle."""

    name = "vehicle"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return read_vehicle_id(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class _Zone(click.ParamType):
    """The name of a time zone."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        try:
            return ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self.fail(f"{value!r} is not a time zone such as America/New_York", param, ctx)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in FileFormat]),
    default=None,
    help=f"How the files are written, where neither suffix ({', '.join(SUFFIXES)}) nor first bytes tell.",
)
@click.option(
    "--vehicle",
    "vehicle_id",
    type=_Vehicle(),
    default=None,
    metavar="ID",
    help="Whose positions these are, whatever the files say. Without it: a column in CSV and Parquet, the track's name "
    "in GPX, else the file's name.",
)
@click.option(
    "--map",
    "mapping",
    default="",
    metavar="QUANTITY=HEADER,…",
    help=f"CSV, Parquet: columns whose header is not known. Quantities: {', '.join(KNOWN_HEADERS)}.",
)
@click.option(
    "--attributes",
    default="",
    metavar="NAME,…",
    help=f"What to carry along as attributes: columns, elements of GPX points, {', '.join(ATTRIBUTES)} of NMEA.",
)
@click.option("--time-zone", type=_Zone(), default="UTC", show_default=True, help="Zone of times without an offset.")
@click.option(
    "--speed-unit",
    type=click.Choice([unit.value for unit in SpeedUnit]),
    default=SpeedUnit.MPS.value,
    show_default=True,
    help="Unit of the files' speeds; in NMEA they are in knots.",
)
@click.option(
    "--delimiter",
    type=click.Choice(list(DELIMITERS)),
    default="comma",
    show_default=True,
    help="CSV: what separates cells.",
)
@click.option(
    "--pace",
    type=_Pace(),
    default="max",
    show_default=True,
    help="`1` real time, `10` ten times as fast, `max` as fast as Kafka takes it.",
)
@click.option(
    "--max-pause",
    "max_pause_s",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="With a pace: a longer silence of all vehicles is shortened to this.",
)
@click.option("--shift-to-now", is_flag=True, help="Move all times so that the recording happens now.")
@click.option("--broker", default=None, metavar="HOST:PORT", help="Kafka, instead of FLEET_BROKER.")
def replay(  # noqa: PLR0913 - a command's options are its arguments
    *,
    files: Sequence[Path],
    form: str | None,
    vehicle_id: str | None,
    mapping: str,
    attributes: str,
    time_zone: ZoneInfo,
    speed_unit: str,
    delimiter: str,
    pace: float | None,
    max_pause_s: float,
    shift_to_now: bool,
    broker: str | None,
) -> None:
    """Send recorded positions from CSV, GPX, NMEA and Parquet FILEs (the first three packed with gzip too) to Kafka.

    In CSV and Parquet, vehicle, time, latitude, longitude, speed and heading are recognised by the usual headers of
    their columns; --map names others, for example --map vehicle_id=truck,time=seen_at.

    Positions of one vehicle keep their order. A row that cannot be read is reported with its place; one whose values
    cannot be true is sent, so that it is counted among the refused.
    """
    settings = Settings.load(broker=broker)
    options = Options(
        vehicle_id=vehicle_id,
        mapping=parse_mapping(mapping),
        attributes=tuple(name.strip() for name in attributes.split(",") if name.strip()),
        zone=time_zone,
        speed_unit=SpeedUnit(speed_unit),
        delimiter=DELIMITERS[delimiter],
    )
    told = None if form is None else FileFormat(form)
    tally = Tally()
    began_s = time.monotonic()
    with ExitStack() as stack:
        opened = [stack.enter_context(PositionsFile(path, options, told)) for path in files]
        for path, file in zip(files, opened, strict=True):
            click.echo(f"{path.name} ({file.form}): {file.describe()}", err=True)
        recorded = chain.from_iterable(
            read_counted(path.name, file, tally) for path, file in zip(files, opened, strict=True)
        )
        chunks = _plan(recorded, pace, max_pause_s, shift_to_now=shift_to_now)
        try:
            finished = asyncio.run(_send(chunks, settings, opened, tally))
        finally:
            _report(tally, settings, time.monotonic() - began_s)
    if not finished:
        sys.exit(INTERRUPTED)
    if tally.sent == 0:
        raise InputError(f"nothing was sent: {tally.rows} rows read, none of them a position")


def _plan(
    recorded: Iterable[Position], pace: float | None, max_pause_s: float, *, shift_to_now: bool
) -> Iterable[Chunk]:
    """Return what to send when. Only as fast as possible with the times as they are needs no look at the whole."""
    chunks = at_once(recorded) if pace is None else paced(list(recorded), pace, max_pause_s)
    return shifted(chunks, _now_ms()) if shift_to_now else chunks


async def _send(chunks: Iterable[Chunk], settings: Settings, files: Sequence[PositionsFile], tally: Tally) -> bool:
    """Send the chunks and count what is confirmed; return whether it came to the end before Ctrl-C."""
    producer = DoorProducer(settings)
    await producer.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        with _progress(chunks, files, tally) as show:

            def count(chunk: Chunk) -> None:
                tally.sent += len(chunk.positions)
                if settings.max_age_s is not None:
                    oldest_ms = _now_ms() - settings.max_age_s * 1_000
                    tally.too_old += sum(position.time_ms < oldest_ms for position in chunk.positions)
                show()

            await send(chunks, producer, clock=time.monotonic, stop=stop, on_sent=count)
    finally:
        await producer.stop()
    return not stop.is_set()


@contextmanager
def _progress(chunks: Iterable[Chunk], files: Sequence[PositionsFile], tally: Tally) -> Iterator[Callable[[], None]]:
    """Draw a bar on a terminal: by positions where all are known beforehand, else by bytes read."""
    bar = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[sent]:,} sent, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    began_s = time.monotonic()
    planned = sum(len(chunk.positions) for chunk in chunks) if isinstance(chunks, Sequence) else None
    task = bar.add_task("", total=planned or sum(file.bytes_total for file in files), sent=0, rate=0.0)

    def show() -> None:
        done = sum(file.bytes_read for file in files) if planned is None else tally.sent
        rate = tally.sent / max(time.monotonic() - began_s, 1e-3)
        bar.update(task, completed=done, sent=tally.sent, rate=rate)

    with bar:
        yield show


def _report(tally: Tally, settings: Settings, took_s: float) -> None:
    click.echo(
        f"{tally.rows:,} rows read, {tally.sent:,} sent to {POSITIONS.name}, {tally.bad:,} not readable; "
        f"{took_s:.1f} s, {tally.sent / max(took_s, 1e-3):,.0f} positions/s"
    )
    for line in tally.shown:
        click.echo(f"  {line}")
    if tally.bad > SHOWN_BAD_ROWS:
        click.echo(f"  … and {tally.bad - SHOWN_BAD_ROWS:,} more")
    if tally.too_old:
        click.echo(
            f"{tally.too_old:,} of those sent are older than FLEET_MAX_AGE_S ({settings.max_age_s:g} s) here: workers "
            "with that setting refuse them. FLEET_MAX_AGE_S=off takes any age, --shift-to-now makes them fresh."
        )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
