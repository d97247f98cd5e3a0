"""Dict-backed parts to hold views against, and real servers made of them."""

import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from litestar import Litestar, Router

from fleet_app.settings import Settings
from fleet_app.stream.declarations import Table, V
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import PartitionProgress, PartitionSize, Phase, Worker
from fleet_app.web.application import create_web
from fleet_app.web.server import WebServer
from tables.vehicles import VEHICLES

NOW_MS = 1_800_000_000_000
PARTITIONS = 8
KEY = "0123456789abcdef"


class Depot(msgspec.Struct, frozen=True, array_like=True):
    """A value of a second table, to show that views do not know what they show."""

    city: str
    gates: list[tuple[int, str]] = []


DEPOTS: Table[Depot] = Table(
    name="depots",
    key="depot",
    value=Depot,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Depot).decode},
    written_by="nobody",
)


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
        self.progress_now: list[PartitionProgress] = []

    @property
    def partitions(self) -> int:
        return self.group.partitions

    def phase(self) -> Phase:
        return self.phase_now

    def workers(self) -> tuple[Worker, ...]:
        return self.group.workers()

    def owner(self, partition: int) -> str | None:
        return self.group.owners.get(partition)

    def progress(self) -> list[PartitionProgress]:
        return self.progress_now


class FakeTables:
    """Tables held in dicts, of which the worker at `membership.url` sees its own partitions."""

    def __init__(self, membership: FakeMembership, contents: Mapping[str, Mapping[str, Any]]) -> None:
        self.membership = membership
        self.contents = contents

    def declared(self) -> tuple[Table[Any], ...]:
        return (VEHICLES, DEPOTS)

    def _is_here(self, key: str) -> bool:
        partition = partition_of(key.encode(), self.membership.partitions)
        return self.membership.owner(partition) == self.membership.url

    def get(self, table: Table[V], key: str) -> V | None:
        assert self._is_here(key), f"{key!r} was asked of a worker that does not own it"
        value: V | None = self.contents.get(table.name, {}).get(key)
        return value

    async def scan(self, table: Table[V], *, after: str | None, limit: int) -> list[tuple[str, V]]:
        floor = b"" if after is None else after.encode()
        found = [
            (key, value)
            for key, value in self.contents.get(table.name, {}).items()
            if self._is_here(key) and (after is None or key.encode() > floor)
        ]
        return sorted(found, key=lambda entry: entry[0].encode())[:limit]

    async def sizes(self, table: Table[Any]) -> list[PartitionSize]:
        mine = [p for p in range(self.membership.partitions) if self.membership.owner(p) == self.membership.url]
        keys = [partition_of(k.encode(), self.membership.partitions) for k in self.contents.get(table.name, {})]
        return [PartitionSize(partition=p, keys=keys.count(p), bytes=100 * keys.count(p)) for p in mine]


class WorkerParts(msgspec.Struct, frozen=True):
    """One worker of a test: its parts, and a client that talks to it."""

    membership: FakeMembership
    app: Litestar
    client: httpx.AsyncClient

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


@asynccontextmanager
async def worker(
    group: Group,
    owns: Iterable[int],
    contents: Mapping[str, Mapping[str, Any]],
    *,
    phase: Phase = Phase.RUNNING,
    api_key: str | None = None,
    routers: tuple[Router, ...] = (),
    peer_timeout_s: float = 2.0,
) -> AsyncIterator[WorkerParts]:
    """Run one worker's HTTP API on a free port, as a member of the group."""
    port = free_port()
    membership = FakeMembership(group, f"http://127.0.0.1:{port}", phase)
    group.give(membership.url, owns)
    given = settings(port=port, api_key=api_key)
    app = create_web(
        given,
        tables=FakeTables(membership, contents),
        membership=membership,
        clock=lambda: NOW_MS / 1000,
        routers=routers,
        peer_timeout_s=peer_timeout_s,
    )
    server = WebServer(app, given)
    await server.start()
    headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
    try:
        async with httpx.AsyncClient(base_url=membership.url, headers=headers, trust_env=False) as client:
            yield WorkerParts(membership, app, client)
    finally:
        await server.stop()


@asynccontextmanager
async def two_workers(
    contents: Mapping[str, Mapping[str, Any]], **given: Any
) -> AsyncIterator[tuple[WorkerParts, WorkerParts, Group]]:
    """Run two workers that share the partitions: even ones at the first, odd ones at the second."""
    group = Group()
    async with (
        worker(group, range(0, PARTITIONS, 2), contents, **given) as even,
        worker(group, range(1, PARTITIONS, 2), contents, **given) as odd,
    ):
        yield even, odd, group
