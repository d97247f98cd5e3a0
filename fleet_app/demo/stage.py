"""Sets the demo up, lets it run, and takes all of it down again."""

import asyncio
import contextlib
import random
import signal
import tempfile
import time
import webbrowser
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from rich.console import Console

from fleet_app.broker.local import LocalBroker
from fleet_app.broker.lock import read_lock
from fleet_app.demo.dirt import spoil
from fleet_app.demo.feed import Door, Feed
from fleet_app.demo.fleet import drive_fleet
from fleet_app.demo.introduction import PLACES, introduce, van_profile
from fleet_app.demo.recording import Recording, read_recording
from fleet_app.errors import PortError, WorkerError
from fleet_app.ports import why_not_free
from fleet_app.settings import Security, Settings
from fleet_app.supervisor import Run, Supervisor, stop_signals_to, worker_settings
from fleet_app.topics import POSITIONS
from fleet_app.worker import run_worker

PAST_S: Final = 600.0
"""How much of the recording is over when the demo begins: all vans have left the depot, and the page has a history."""

_SEED: Final = 1
_READY_WITHIN_S: Final = 120.0
_ASK_EVERY_S: Final = 0.1
_ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=5)
_NUMBER: Final = 7
_LOOK_AT: Final = f"van-{_NUMBER:02}"
_LIMITED: Final = next(place for place in PLACES if place.speed_limit_mps is not None)
_EXAMPLE_PLACE: Final = (52.4345, 13.5365)
"""In front of the depot."""


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """What to show.

    Attributes:
        workers: How many worker processes.
        port: The first worker's port; the others take the next ones.
        broker_port: Kafka's port, if it is free; 0 for any.
        seconds: How long to run once it is ready; None until somebody stops it.
        browser: Whether to open the page.
    """

    workers: int
    port: int
    broker_port: int
    seconds: float | None
    browser: bool


class _Source(msgspec.Struct, frozen=True):
    """What the demo asks about a source partition: how far it is read."""

    topic: str
    position: int | None


class _Task(msgspec.Struct, frozen=True):
    """What a worker reads for one partition."""

    sources: list[_Source]


class _Worker(msgspec.Struct, frozen=True):
    """A worker's tasks."""

    tasks: list[_Task]


class _Cluster(msgspec.Struct, frozen=True):
    """All workers."""

    workers: list[_Worker]


def run_demo(demo: Demo, console: Console, run: Run = run_worker) -> None:
    """Run the demo until its time is over or SIGINT or SIGTERM ends it; nothing is left when this returns or raises.

    Raises:
        FleetError: A port is taken, Kafka cannot be fetched or started, or the workers cannot run.
    """
    began_s = time.monotonic()
    # Until the workers run, both signals do the same as Ctrl-C: unwind.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt), _folder() as folder:
            settings = demo_settings(demo, folder)
            require_free_ports(settings, demo.workers)
            console.print(f"A recorded fleet, {_count(demo.workers, 'worker')} and a real Kafka, on this machine only.")
            with _kafka(demo, settings, folder, console) as broker:
                at_broker = settings.model_copy(update={"broker": broker})
                asyncio.run(_perform(demo, at_broker, run, console, began_s))
    finally:
        signal.signal(signal.SIGTERM, before)
    console.print("Stopped. Nothing is left running.")


def demo_settings(demo: Demo, folder: Path) -> Settings:
    """Return the first worker's settings: the environment's, but for those that would lead off this machine.

    The broker is not among them yet: it has no address before it runs.
    """
    open_mode = {"api_key": None, "cluster_secret": None, "cors_origins": ()}
    own: dict[str, object] = {**open_mode, "advertised_url": None, "map_style_url": None, "replication": 1}
    settings = Settings.load(
        broker_security=Security.PLAINTEXT,
        host="127.0.0.1",
        port=demo.port,
        state_dir=folder / "state",
    )
    if settings.origins()["log_level"] == "default":
        own["log_level"] = "warning"
    return settings.model_copy(update=own)


def require_free_ports(settings: Settings, workers: int) -> None:
    """Check the workers' ports before anything is started.

    Raises:
        PortError: One of them is taken.
        SettingsError: There are not so many ports.
    """
    for number in range(1, workers + 1):
        port = worker_settings(settings, number).port
        error = why_not_free(settings.host, port)
        if error is not None:
            raise PortError(
                f"port {port}, for worker {number}, is taken ({error.strerror}): choose another first port with "
                "--port, or stop what uses it"
            ) from error


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fleet-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _kafka(demo: Demo, settings: Settings, folder: Path, console: Console) -> Iterator[str]:
    """Start a local Kafka, yield its address, and stop it."""
    began_s = time.monotonic()
    broker = LocalBroker(folder / "kafka", cache_dir=settings.cache_dir, port=demo.broker_port)
    with contextlib.ExitStack() as stack:
        console.print("Starting Kafka; the very first time, it is fetched.")
        stack.callback(broker.stop)
        bootstrap = broker.start().bootstrap
        _say_done(console, f"Kafka {read_lock().kafka} at {bootstrap}", began_s)
        yield bootstrap


async def _perform(demo: Demo, settings: Settings, run: Run, console: Console, began_s: float) -> None:
    """Run the workers and feed them until the demo is over, asked to stop, or fails."""
    supervisor = Supervisor(settings, workers=demo.workers, run=run, say=console.print)
    stopping = asyncio.Event()

    def ask_to_stop() -> None:
        if stopping.is_set():
            supervisor.stop()
        stopping.set()

    loop = asyncio.get_running_loop()
    with stop_signals_to(lambda: loop.call_soon_threadsafe(ask_to_stop)):
        supervising = asyncio.create_task(asyncio.to_thread(supervisor.run))
        showing = asyncio.create_task(_show(demo, supervisor.urls, console, began_s))
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait({supervising, showing, asked}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        showing.cancel()
        supervisor.stop()
        await asyncio.wait({supervising, showing, asked})
    for task in (supervising, showing):
        if not task.cancelled():
            task.result()


async def _show(demo: Demo, urls: Sequence[str], console: Console, began_s: float) -> None:
    """Feed the workers once they are ready, say where to look, and return when the demo's time is over."""
    async with aiohttp.ClientSession(timeout=_ANSWER_WITHIN) as session:
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                await _wait_for_workers(session, urls, console)
                recording = read_recording()
                await _introduce_fleet(session, urls, recording, console)
                feed = await _send_the_past(session, urls, recording, console)
        except TimeoutError as error:
            raise WorkerError(
                f"the demo was not ready within {_READY_WITHIN_S:g} s; what the workers said about it is above"
            ) from error
        console.print(f"\n[bold green]Ready[/] after {time.monotonic() - began_s:.0f} s.\n")
        console.print(what_to_try(urls), markup=False, soft_wrap=True)
        if demo.browser:
            await asyncio.to_thread(open_browser, urls[0])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(demo.seconds):
                await feed.keep_up()


async def _wait_for_workers(session: aiohttp.ClientSession, urls: Sequence[str], console: Console) -> None:
    began_s = time.monotonic()
    with console.status("Waiting until the workers have shared out the partitions"):
        for url in urls:
            while await _get(session, f"{url}/readyz") is None:  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(_ASK_EVERY_S)
    _say_done(console, f"{_count(len(urls), 'worker')} ready", began_s)


async def _introduce_fleet(
    session: aiohttp.ClientSession, urls: Sequence[str], recording: Recording, console: Console
) -> None:
    """Tell whose vans these are, and which places matter: before they drive, so that events tell of them."""
    began_s = time.monotonic()
    with console.status("Telling the workers of vans and places"):
        await introduce(session, urls[0], [van.vehicle_id for van in recording.vans])
    vans, places = _count(len(recording.vans), "van"), _count(len(PLACES), "geofence")
    _say_done(console, f"{vans} with names, plates and drivers, {places}", began_s)


async def _send_the_past(
    session: aiohttp.ClientSession, urls: Sequence[str], recording: Recording, console: Console
) -> Feed:
    """Let the fleet report what it did before the demo began, and return once it can be read."""
    before_s = time.monotonic()
    began_s = time.time() - PAST_S
    chance = random.Random(_SEED)  # noqa: S311 - repeatable is what it must be, not secret
    dues = spoil(drive_fleet(recording, began_ms=round(began_s * 1000), chance=chance), chance)
    feed = Feed(Door(session, urls), dues, lambda: time.time() - began_s)
    with console.status("Sending the fleet's first positions"):
        await feed.catch_up()
        while await _handled(session, urls[-1]) < feed.sent:  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(_ASK_EVERY_S)
    vans = _count(len(recording.vans), "van")
    _say_done(console, f"{vans} on the road, {feed.sent:,} positions of the last ten minutes", before_s)
    return feed


async def _get(session: aiohttp.ClientSession, url: str) -> bytes | None:
    """Return the body of a good answer, or None."""
    try:
        async with session.get(url) as answer:
            return await answer.read() if answer.status == HTTPStatus.OK else None
    except (aiohttp.ClientError, TimeoutError):
        return None


async def _handled(session: aiohttp.ClientSession, url: str) -> int:
    """Return how many positions the workers have read, as far as one can say."""
    body = await _get(session, f"{url}/api/cluster")
    workers = [] if body is None else msgspec.json.decode(body, type=_Cluster).workers
    sources = [source for worker in workers for task in worker.tasks for source in task.sources]
    return sum(source.position or 0 for source in sources if source.topic == POSITIONS.name)


def what_to_try(urls: Sequence[str]) -> str:
    """Return where to look, for people."""
    first, last = urls[0], urls[-1]
    lat, lon = _EXAMPLE_PLACE
    position = f'{{"vehicle_id": "mine", "time_ms": \'$(date +%s000)\', "lat": {lat}, "lon": {lon}}}'
    van = van_profile(_LOOK_AT, _NUMBER)
    return f"""\
The page            {first}/
A van, and why      {first}/vehicles/{_LOOK_AT}
The workers         {first}/system
The API, explained  {first}/docs

There, search for "{van.driver}" or "{van.plate}", show the group "{van.group}", and see who is too fast in
"{_LIMITED.name}". Kill the process of a worker, and watch the others take over.

Where a van is, and its minutes; any worker answers for all:

  curl {last}/api/vehicles/{_LOOK_AT}
  curl {last}/api/vehicles/{_LOOK_AT}/windows

Send a position of your own:

  curl {first}/api/positions -d '{position}'

Ctrl-C stops all of it.
"""


def open_browser(url: str) -> bool:
    """Open `url` where there is a graphical browser, and return whether; a textual one would take the terminal away."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(browser) is not webbrowser.GenericBrowser and browser.open(url)


def _say_done(console: Console, what: str, began_s: float) -> None:
    console.print(f"[green]✓[/] {what}  [dim]{time.monotonic() - began_s:.1f} s[/]")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
