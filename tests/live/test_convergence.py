"""Whatever happens, in whatever order: in the end a client shows the fleet, and on the way no vehicle's time goes back.

Two workers follow the same topic, each as far as it has come. Clients with different filters read, stop reading, are
cut off and go on from their tokens on either worker; workers start anew and read what compaction has left.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.live import broadcast, client, pacing
from fleet_app.live.broadcast import Order
from fleet_app.live.fleet import LiveFleet, Place, number_of
from fleet_app.live.reading import Read, Watched, read_frame
from fleet_app.live.tiles import tile_of
from fleet_app.live.wanted import Wanted
from fleet_app.records.vehicle_now import VehicleNow
from tests.live.fakes import BERLIN, MADRID, NOW_MS, SEAL, FakeTime, Station, TestClient, order, profile, vehicle

PARTITIONS = 2
IDS = ("v0", "v1", "v2")
PLACES = (BERLIN, MADRID)
TENANTS = ("a", "b")
GROUPS = (None, "north")
FILTERS = (
    Wanted(),
    Wanted(tenant="a"),
    Wanted(tenant="b", tiles=frozenset({tile_of(*BERLIN)})),
    Wanted(groups=frozenset({"north"})),
    Wanted(tenant="a", groups=frozenset({"north"}), tiles=frozenset({tile_of(*MADRID)})),
)
WORKERS = (0, 1)
CLIENTS = (0, 1)


class Record(msgspec.Struct, frozen=True):
    place: Place
    vehicle_id: str
    value: VehicleNow | None


class World:
    """The topic, the profiles, the workers and the clients."""

    def __init__(self, intervals: Sequence[int], filters: Sequence[Wanted]) -> None:
        self.log: list[Record] = []
        self.profile_log: list[tuple[str, VehicleProfile | None]] = []
        self.time = FakeTime()
        self.applied = [0, 0]
        self.profiles_applied = [0, 0]
        self.stations = [Station(LiveFleet("o", PARTITIONS), self.time) for _ in WORKERS]
        self.clients = [Watcher(wanted, interval) for wanted, interval in zip(filters, intervals, strict=True)]

    # --- what happens

    async def move(self, number: int, place: int, tenant: int) -> None:
        """A vehicle is told to be somewhere; without a profile it is its record's tenant's."""
        partition = number % PARTITIONS
        value = vehicle(IDS[number], NOW_MS + len(self.log), PLACES[place], TENANTS[tenant])
        self.log.append(Record(Place(partition, self._end(partition)), IDS[number], value))

    async def forget(self, number: int) -> None:
        partition = number % PARTITIONS
        self.log.append(Record(Place(partition, self._end(partition)), IDS[number], None))

    async def describe(self, number: int, tenant: int | None, group: int) -> None:
        changed = None
        if tenant is not None:
            changed = profile(IDS[number], TENANTS[tenant], GROUPS[group], name=f"name {len(self.profile_log)}")
        self.profile_log.append((IDS[number], changed))

    async def follow(self, worker: int, records: int) -> None:
        fleet = self.stations[worker].fleet
        for record in self.log[self.applied[worker] :][:records]:
            apply(fleet, record)
            self.applied[worker] += 1

    async def learn(self, worker: int) -> None:
        """A worker applies all profiles."""
        for vehicle_id, changed in self.profile_log[self.profiles_applied[worker] :]:
            self.stations[worker].fleet.change_profile(vehicle_id, changed)
        self.profiles_applied[worker] = len(self.profile_log)

    async def tick(self, worker: int, frames: int) -> None:
        await self.stations[worker].tick(frames)

    async def read(self, client: int, *, is_all: bool) -> None:
        await self.clients[client].read(is_all=is_all)

    async def connect(self, client: int, worker: int) -> None:
        await self.clients[client].connect(self.stations[worker])

    async def want(self, client: int, number: int) -> None:
        """A client wants something else from now on."""
        self.clients[client].want(FILTERS[number])

    async def restart(self, worker: int) -> None:
        """A worker starts anew and reads what compaction has left; its clients are cut off."""
        for watcher in self.clients:
            if watcher.station is self.stations[worker]:
                await watcher.cut()
        fleet = LiveFleet("o", PARTITIONS)
        for vehicle_id, changed in dict(self.profile_log).items():
            fleet.change_profile(vehicle_id, changed)
        newest = {record.vehicle_id: record for record in self.log}
        for record in self.log:
            if newest[record.vehicle_id] is record:
                apply(fleet, record)
        for partition in range(PARTITIONS):
            fleet.pass_by(partition, self._end(partition))
        self.stations[worker] = Station(fleet, self.time)
        self.applied[worker], self.profiles_applied[worker] = len(self.log), len(self.profile_log)

    def _end(self, partition: int) -> int:
        return sum(record.place.partition == partition for record in self.log)

    # --- how it ends

    async def settle(self) -> None:
        for worker in WORKERS:
            await self.learn(worker)
            await self.follow(worker, len(self.log))
        for watcher in self.clients:
            if watcher.station is None:
                await watcher.connect(self.stations[0])
        for _ in range(4):
            for worker in WORKERS:
                await self.tick(worker, 11)
            for watcher in self.clients:
                await watcher.read(is_all=True)

    def expected(self, wanted: Wanted) -> dict[str, tuple[int, str, str | None]]:
        """Return time, tenant and name of every vehicle that is wanted, worked out anew."""
        profiles, shown = dict(self.profile_log), {}
        for vehicle_id, value in {record.vehicle_id: record.value for record in self.log}.items():
            if value is None:
                continue
            known = profiles.get(vehicle_id)
            tenant, group = (value.tenant, None) if known is None else (known.tenant, known.group)
            is_wanted = (
                wanted.tenant in {None, tenant}
                and (wanted.groups is None or group in wanted.groups)
                and (wanted.tiles is None or tile_of(value.lat, value.lon) in wanted.tiles)
            )
            if is_wanted:
                shown[vehicle_id] = (value.time_ms, tenant, None if known is None else known.name)
        return shown

    def others(self, tenant: str | None) -> set[int]:
        """Return the numbers of all vehicles that were never a tenant's."""
        records = {record.vehicle_id for record in self.log if record.value and record.value.tenant == tenant}
        described = {each.vehicle_id for _, each in self.profile_log if each and each.tenant == tenant}
        return set() if tenant is None else {number_of(each) for each in {*IDS} - records - described}


def apply(fleet: LiveFleet, record: Record) -> None:
    if record.value is None:
        fleet.remove(record.place, record.vehicle_id)
    else:
        fleet.put(record.place, record.value)


class Watcher:
    """A client that checks what it reads."""

    def __init__(self, wanted: Wanted, interval: int) -> None:
        self.order: Order = order(wanted, interval=interval)
        self.watched = Watched()
        self.station: Station | None = None
        self.newest_ms: dict[int, int] = {}
        self.heard_of: set[int] = set()
        self._client: TestClient | None = None

    async def connect(self, station: Station) -> None:
        await self.cut()
        token = None if self.watched.token is None else SEAL.read(self.watched.token)
        if token is None:
            # It begins with nothing, and may be told by a worker that is less far.
            self.newest_ms.clear()
        self.station, self._client = station, station.connect(self.order, token)

    def want(self, wanted: Wanted) -> None:
        """Want another part of the same tenant's fleet."""
        if wanted.tenant != self.order.wanted.tenant or self._client is None:
            return
        self.order = self.order._replace(wanted=wanted)
        self._client.client.want(self.order)

    async def cut(self) -> None:
        if self.station is not None and self._client is not None:
            await self.station.disconnect(self._client)
        self.station = self._client = None

    async def read(self, *, is_all: bool) -> None:
        if self._client is None:
            return
        one = None if is_all else await self._client.read_one()
        sent = await self._client.read() if is_all else [frame for frame in [one] if frame is not None]
        for frame in sent:
            self._check(read_frame(frame.data))

    def _check(self, frame: Read) -> None:
        self.heard_of.update(frame.gone, (one.number for one in frame.seen), frame.names)
        for one in frame.seen:
            assert one.time_ms >= self.newest_ms.get(one.number, 0), "a vehicle's time went back"
            self.newest_ms[one.number] = one.time_ms
        self.watched.apply(frame)
        assert self.watched.seen.keys() == self.watched.names.keys(), "a vehicle without a name, or a name without one"


vehicles = st.integers(0, len(IDS) - 1)
workers = st.sampled_from(WORKERS)
clients = st.sampled_from(CLIENTS)
STEPS = st.one_of(
    st.tuples(st.just("move"), vehicles, st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("move"), vehicles, st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("forget"), vehicles),
    st.tuples(st.just("describe"), vehicles, st.sampled_from([None, 0, 1]), st.integers(0, 1)),
    st.tuples(st.just("follow"), workers, st.integers(1, 5)),
    st.tuples(st.just("follow"), workers, st.integers(1, 5)),
    st.tuples(st.just("learn"), workers),
    st.tuples(st.just("tick"), workers, st.sampled_from([1, 1, 2, 12])),
    st.tuples(st.just("read"), clients, st.booleans()),
    st.tuples(st.just("connect"), clients, workers),
    st.tuples(st.just("want"), clients, st.integers(0, len(FILTERS) - 1)),
    st.tuples(st.just("restart"), workers),
)


@pytest.fixture(autouse=True, scope="module")
def small_steps() -> Iterator[None]:
    """Make everything small that is done in steps, so that a few vehicles take several."""
    with (
        patch.object(client, "MOST_WAITING", 2),
        patch.object(client, "AT_ONCE", 2),
        patch.object(broadcast, "AT_ONCE", 2),
        patch.object(pacing, "MOST_ROWS", 3),
    ):
        yield


# A vehicle that another tenant's profile took between the token and a tombstone.
TAKEN_AND_FORGOTTEN: list[tuple[Any, ...]] = [
    ("move", 0, 0, 0),
    ("follow", 0, 1),
    ("connect", 0, 0),
    ("read", 0, False),
    ("describe", 0, 1, 0),
    ("forget", 0),
    ("restart", 0),
]


@settings(max_examples=300)
@example(TAKEN_AND_FORGOTTEN, (1, 1), (Wanted(tenant="a"), Wanted()))
@given(
    st.lists(STEPS, min_size=15, max_size=80),
    st.tuples(*[st.sampled_from([1, 3, 10])] * 2),
    st.tuples(*[st.sampled_from(FILTERS)] * 2),
)
def test_a_client_ends_up_with_the_fleet_whatever_happens(
    steps: list[tuple[Any, ...]], intervals: tuple[int, ...], filters: tuple[Wanted, ...]
) -> None:
    async def run() -> None:
        world = World(intervals, filters)
        for name, *given_ in steps:
            if name == "read":
                await world.read(given_[0], is_all=given_[1])
            else:
                await getattr(world, name)(*given_)
        await world.settle()
        for watcher in world.clients:
            wanted = watcher.order.wanted
            shown = {
                watcher.watched.names[number].vehicle_id: (
                    one.time_ms,
                    watcher.watched.names[number].tenant,
                    watcher.watched.names[number].name,
                )
                for number, one in watcher.watched.seen.items()
            }
            assert shown == world.expected(wanted)
            assert not watcher.heard_of & world.others(wanted.tenant)
            await watcher.cut()

    asyncio.run(run())
