"""Dict-backed parts to hold views against, and real servers made of them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, TypeVar

import httpx
import msgspec
from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.advance import begin
from fleet_app.domain.fix import Fix
from fleet_app.domain.panes import Pane
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.totals import Totals
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from fleet_app.global_views import API_KEYS
from fleet_app.http.connection import Limits
from fleet_app.http.server import WebServer
from fleet_app.records.audit_entry import AuditEntry
from fleet_app.settings import Settings
from fleet_app.stream.declarations import GlobalView, S, Table, V
from fleet_app.stream.keys import ROWS, TEXT, K, RowKey
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import (
    Duty,
    PartitionSize,
    Phase,
    RestoreProgress,
    SourceProgress,
    TaskReport,
    TaskState,
    ViewReport,
    Worker,
)
from fleet_app.web.application import create_web
from fleet_app.web.peers import Peers
from fleet_app.web.reader import Reader
from tables.open_tracks import OPEN_TRACKS
from tables.vehicles import VEHICLES as VEHICLES_TABLE

NOW_MS = 1_800_000_000_000
MINUTE_MS = 60_000
PARTITIONS = 8
KEY = "0123456789abcdef"
"""The operator's."""
CLUSTER_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - not a real one
NOTHING_TO_RESTORE = RestoreProgress(done=0, total=0)
T = TypeVar("T")
Contents = Mapping[str, Mapping[Any, Any]]


class Depot(msgspec.Struct, frozen=True, array_like=True):
    """A value of a second table, to show that views do not know what they show."""

    city: str
    gates: list[tuple[int, str]] = []


class Visit(msgspec.Struct, frozen=True, array_like=True):
    """A value of a table of rows."""

    gate: str


VISITS_TABLE: Table[RowKey, Visit] = Table(
    name="visits",
    key="depot, start of the visit",
    keys=ROWS,
    value=Visit,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Visit).decode},
    written_by="nobody",
    retention_s=86_400,
)
DEPOTS_TABLE: Table[str, Depot] = Table(
    name="depots",
    key="depot",
    keys=TEXT,
    value=Depot,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Depot).decode},
    written_by="nobody",
)


TABLES: tuple[Table[Any, Any], ...] = (VEHICLES_TABLE, DEPOTS_TABLE, VISITS_TABLE, OPEN_TRACKS)


RULES = Rules(LIMITS[VehicleClass.VAN], reorder_ms=5_000, zone=UTC)
VEHICLES = {
    f"van-{number}": Vehicle(
        vehicle_id=f"van-{number}",
        received_ms=NOW_MS - 1_500,
        heard_ms=NOW_MS - 1_500,
        newest_ms=NOW_MS - 2_000,
        refused={"duplicate": 2},
        course=begin(
            Fix(NOW_MS - 2_000, 52.5, 13.25, speed_mps=8.5, attributes={"driver": "Ann"}),
            Totals(fixes=number - 1, distance_m=1234.5, stop_s=60.0),
            UTC,
        ),
    )
    for number in range(1, 31)
} | {"quiet": Vehicle(vehicle_id="quiet", refused={"too_old": 7})}
OPEN_TRACK = OpenTrack(buffer=(Waiting(Fix(NOW_MS - 1_000, 52.5001, 13.25, 9.0), 17, NOW_MS - 500, b"van-1", b"\xff"),))
VISITS = {("north/1", start): Visit(f"gate {start}") for start in range(-2, 3)} | {("süd", 7): Visit("out")}
MINUTES = {
    (f"van-{number}", NOW_MS - 3 * MINUTE_MS): Pane(
        NOW_MS - 3 * MINUTE_MS, NOW_MS - 2 * MINUTE_MS, Totals(fixes=6, distance_m=300.0), 12.0, revision=1
    )
    for number in range(1, 31)
}
DEPOTS = {"north/1": Depot("Kiel", [(1, "in"), (2, "out")]), "süd": Depot("Ulm")}


class Group:
    """The members of a group and who owns which partition; shared by the workers of a test."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self.partitions = partitions
        self.owners: dict[int, str] = {}

    def give(self, url: str, partitions: Iterable[int]) -> None:
        self.owners.update(dict.fromkeys(partitions, url))

    def workers(self) -> tuple[Worker, ...]:
        return tuple(
            Worker(url=url, owns=tuple(p for p in self.owners if self.owners[p] == url), standby_for=())
            for url in sorted(set(self.owners.values()))
        )


class FakeMembership:
    def __init__(self, group: Group, url: str, phase: Phase = Phase.RUNNING) -> None:
        self.group = group
        self.url = url
        self.phase_now = phase
        self.tasks_now: list[TaskReport] = []
        self.not_running: frozenset[int] = frozenset()

    @property
    def partitions(self) -> int:
        return self.group.partitions

    def phase(self) -> Phase:
        return self.phase_now

    def workers(self) -> tuple[Worker, ...]:
        return self.group.workers()

    def owner(self, partition: int) -> str | None:
        return self.group.owners.get(partition)

    def owned(self) -> frozenset[int]:
        if self.phase_now is not Phase.RUNNING:
            return frozenset()
        return frozenset(p for p, url in self.group.owners.items() if url == self.url) - self.not_running

    def tasks(self) -> list[TaskReport]:
        return self.tasks_now


def task(
    partition: int,
    *sources: SourceProgress,
    duty: Duty = Duty.OWNER,
    state: TaskState = TaskState.RUNNING,
    restore: RestoreProgress = NOTHING_TO_RESTORE,
    committed_ms: int | None = None,
    time_ms: int | None = None,
) -> TaskReport:
    """Return a report of a task."""
    return TaskReport(
        partition=partition,
        duty=duty,
        state=state,
        sources=list(sources),
        committed_ms=committed_ms,
        time_ms=time_ms,
        restore=restore,
    )


class FakeTables:
    """Tables held in dicts, of which the worker of `membership` sees the partitions whose tasks run there."""

    def __init__(self, membership: FakeMembership, contents: Contents) -> None:
        self.membership = membership
        self.contents = contents

    def declared(self) -> tuple[Table[Any, Any], ...]:
        return TABLES

    def get(self, table: Table[K, V], key: K) -> V | None:
        assert self._partition(table, key) in self.membership.owned(), f"{key!r} was asked where it does not run"
        value: V | None = self.contents.get(table.name, {}).get(key)
        return value

    def rows(self, table: Table[RowKey, V], text: str, start: int, stop: int) -> list[tuple[int, V]]:
        assert self._partition(table, (text, 0)) in self.membership.owned(), f"{text!r} was asked where it does not run"
        rows = self.contents.get(table.name, {})
        return sorted((key[1], value) for key, value in rows.items() if key[0] == text and start <= key[1] < stop)

    async def scan(self, table: Table[Any, V], *, after: bytes | None, limit: int) -> list[tuple[bytes, V]]:
        stored = [(table.keys.encode(key), value) for key, value in self._here(table)]
        return sorted((entry for entry in stored if after is None or entry[0] > after), key=lambda entry: entry[0])[
            :limit
        ]

    def sizes(self, table: Table[Any, Any]) -> list[PartitionSize]:
        keys = [self._partition(table, key) for key, _ in self._here(table)]
        return [
            PartitionSize(partition=p, keys=keys.count(p), bytes=100 * keys.count(p)) for p in self.membership.owned()
        ]

    def _here(self, table: Table[Any, Any]) -> list[tuple[Any, Any]]:
        mine = self.membership.owned()
        return [
            (key, value)
            for key, value in self.contents.get(table.name, {}).items()
            if self._partition(table, key) in mine
        ]

    def _partition(self, table: Table[K, Any], key: K) -> int:
        return partition_of(table.keys.home(key).encode(), self.membership.partitions)


class FakeViews:
    """Global views of which a test says how they are."""

    def __init__(self) -> None:
        self.are_whole = True
        self.snapshots: dict[str, Any] = {}
        self.reports_now: list[ViewReport] = []

    def is_whole(self, _view: GlobalView[Any, Any]) -> bool:
        return self.are_whole

    def now(self, view: GlobalView[Any, S]) -> S:
        snapshot: S = self.snapshots.get(view.topic.name, view.empty)
        return snapshot

    def show(self, view: GlobalView[Any, Any], changes: Mapping[str, Any]) -> None:
        """Change a view, as records of its topic would; None deletes."""
        self.snapshots[view.topic.name] = view.changed(self.now(view), changes)

    def reports(self) -> list[ViewReport]:
        return self.reports_now


def reader_of(contents: Contents, views: FakeViews | None = None) -> Reader:
    """Return what a view reads through, on a worker that owns everything."""
    url = "http://127.0.0.1:1"
    group = Group()
    group.give(url, range(group.partitions))
    membership = FakeMembership(group, url)
    return Reader(
        tables=FakeTables(membership, contents),
        membership=membership,
        peers=Peers(own_url=url, authorization=None),
        clock=lambda: NOW_MS / 1_000,
        views=views or FakeViews(),
        rules=RULES,
    )


async def beside_other_work(work: Coroutine[Any, Any, list[T]]) -> tuple[list[T], int]:
    """Return what work gives, and how often other work had its turn meanwhile."""
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(other_work())
    result = await work
    other.cancel()
    return result, turns


class Entries:
    """Keeps the audit of a test's workers; what is told to it instead, it raises."""

    def __init__(self) -> None:
        self.kept: list[AuditEntry] = []
        self.trouble: Exception | None = None

    async def keep(self, key: str, value: bytes) -> None:
        if self.trouble is not None:
            raise self.trouble
        entry = msgspec.json.decode(value, type=AuditEntry)
        assert entry.caller == key
        self.kept.append(entry)


class SettableClock:
    """The time of a test, in seconds since 1970; it stands still unless told otherwise."""

    def __init__(self) -> None:
        self.now_s = NOW_MS / 1_000

    def __call__(self) -> float:
        return self.now_s


class WorkerParts(msgspec.Struct, frozen=True):
    """One worker of a test: its parts, and a client that talks to it."""

    membership: FakeMembership
    views: FakeViews
    app: Litestar
    client: httpx.AsyncClient
    audit: Entries
    clock: SettableClock

    @property
    def url(self) -> str:
        return self.membership.url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings(**given: Any) -> Settings:
    return Settings(**given)


def closed(**given: Any) -> Settings:
    """Return settings with which a worker asks for keys."""
    return settings(api_key=KEY, cluster_secret=CLUSTER_SECRET, **given)


@asynccontextmanager
async def worker(
    group: Group,
    owns: Iterable[int],
    contents: Contents,
    *,
    phase: Phase = Phase.RUNNING,
    api_key: str | None = None,
    keys: Iterable[ApiKey] = (),
    routers: tuple[Router, ...] = (),
    peer_timeout_s: float = 2.0,
    limits: Limits | None = None,
    **further: Any,
) -> AsyncIterator[WorkerParts]:
    """Run one worker's HTTP API on a free port, as a member of the group.

    With `api_key` or `keys` it asks for a key, and knows those; its client sends the operator's. `further` are
    settings.
    """
    port = free_port()
    membership = FakeMembership(group, f"http://127.0.0.1:{port}", phase)
    views = FakeViews()
    group.give(membership.url, owns)
    views.show(API_KEYS, {key.key_id: key for key in keys})
    is_closed = api_key is not None or len(views.now(API_KEYS)) > 0
    given = (closed if is_closed else settings)(port=port, **further)
    audit, clock = Entries(), SettableClock()
    app = create_web(
        given,
        rules=RULES,
        tables=FakeTables(membership, contents),
        membership=membership,
        views=views,
        clock=clock,
        routers=routers,
        audit=audit.keep,
        peer_timeout_s=peer_timeout_s,
    )
    server = WebServer(app, given, limits)
    await server.start()
    headers = {"Authorization": f"Bearer {KEY}"} if is_closed else {}
    try:
        async with httpx.AsyncClient(base_url=membership.url, headers=headers, trust_env=False) as client:
            yield WorkerParts(membership, views, app, client, audit, clock)
    finally:
        await server.stop()


class Pair(msgspec.Struct, frozen=True):
    """Two workers that share the partitions: even ones at the first, odd ones at the second."""

    even: WorkerParts
    odd: WorkerParts
    group: Group

    def owner_of(self, key: str) -> WorkerParts:
        return (self.even, self.odd)[partition_of(key.encode(), self.group.partitions) % 2]

    def other_than(self, owner: WorkerParts) -> WorkerParts:
        return self.odd if owner is self.even else self.even


@asynccontextmanager
async def two_workers(contents: Contents, **given: Any) -> AsyncIterator[Pair]:
    """Run two workers of one group."""
    group = Group()
    async with (
        worker(group, range(0, PARTITIONS, 2), contents, **given) as even,
        worker(group, range(1, PARTITIONS, 2), contents, **given) as odd,
    ):
        yield Pair(even, odd, group)


@asynccontextmanager
async def bare_server(*handlers: HTTPRouteHandler) -> AsyncIterator[str]:
    """Serve handlers that are not the product's, at the URL that is yielded."""
    given = settings(port=free_port())
    server = WebServer(Litestar(list(handlers), openapi_config=None, logging_config=None), given)
    await server.start()
    try:
        yield given.url
    finally:
        await server.stop()


@asynccontextmanager
async def deaf_listener() -> AsyncIterator[str]:
    """Take connections at the URL that is yielded, and never answer."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
