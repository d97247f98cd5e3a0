"""What is read of `fleet.vehicles`, from Kafka and from a reader that a test holds."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

from fleet_app import topics
from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.live.feed import Feed
from fleet_app.live.fleet import LiveFleet
from fleet_app.live.follower import Follower, follow_kafka
from fleet_app.live.frames import Kind
from fleet_app.live.reading import Watched, watch
from fleet_app.live.routes import live_router
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.stream.engine.ports import Bounds, Fetched, Log, LogEnd
from fleet_app.stream.lane.engine import SystemClock
from tests.live.fakes import NOW_MS, SEAL, profile, vehicle
from tests.support.kafka import forget_topics
from tests.web.fakes import FakeViews, Group, worker

NAME = topics.VEHICLES.name
WITHIN_S = 60.0
AWAY_MS = 8_000
LOGS = [Log(NAME, 0), Log(NAME, 1)]


class Record(msgspec.Struct, frozen=True):
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = NOW_MS
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Batch(list[Record]):
    """A batch of records, as a reader gives them."""

    base_offset = next_offset = max_timestamp = 0


class HeldReader:
    """A reader of which a test says what it brings: lists of what was fetched, or an error."""

    def __init__(self, brings: list[list[Fetched] | Exception], bounds: Bounds) -> None:
        self.brings = brings
        self.bounds_now = bounds
        self.follows: list[dict[Log, int]] = []
        self.told_at_s = 1_000.0
        self.is_stopped = False

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        self.is_stopped = True

    async def bounds(self, logs: Collection[Log]) -> dict[Log, Bounds]:
        return dict.fromkeys(logs, self.bounds_now)

    def follow(self, positions: Mapping[Log, int]) -> None:
        self.follows.append(dict(positions))

    async def fetch(self) -> list[Fetched]:
        if not self.brings:
            raise asyncio.CancelledError
        brought = self.brings.pop(0)
        if isinstance(brought, Exception):
            raise brought
        return brought

    def end(self, _log: Log) -> LogEnd | None:
        return LogEnd(self.bounds_now.end, self.told_at_s)

    def rest(self) -> None:
        return


class HeldClock:
    """Time that stands, and sleeps that take none."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_ms(self) -> int:
        return NOW_MS

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


class Viewer:
    """Keeps the fleets that it is shown."""

    def __init__(self) -> None:
        self.fleets: list[LiveFleet] = []

    def show(self, fleet: LiveFleet) -> None:
        self.fleets.append(fleet)

    def notice_progress(self) -> None:
        return


def told(partition: int, start: int, *records: Record, end: int | None = None) -> Fetched:
    at = end if end is not None else records[-1].offset + 1
    return Fetched(LOGS[partition], start, at, [Batch(records)])


def now(offset: int, value: VehicleNow) -> Record:
    return Record(offset, value.vehicle_id.encode(), msgspec.json.encode(value))


class Followed:
    """A follower and its parts, run until its readers have nothing more to bring."""

    def __init__(self, *readers: HeldReader, origins: list[str] | None = None) -> None:
        self.clock = HeldClock()
        self.views = FakeViews()
        self.viewer = Viewer()
        self._readers, self._origins = list(readers), origins or []
        self.follower = Follower(
            new_reader=lambda: self._readers.pop(0),
            read_origin=self._origin,
            partitions=len(LOGS),
            views=self.views,
            clock=self.clock,
        )

    async def _origin(self) -> str:
        return self._origins.pop(0) if self._origins else "cluster/topic"

    def run(self) -> "Followed":
        async def run() -> None:
            await asyncio.gather(self.follower.follow(self.viewer), return_exceptions=True)

        asyncio.run(run())
        return self


def test_a_fleet_is_shown_once_it_is_whole() -> None:
    first = told(0, 0, now(0, vehicle("van-1")), now(2, vehicle("van-2")), end=4)
    second = told(1, 0, now(0, vehicle("van-3")), Record(3, b"van-3", None))
    followed = Followed(HeldReader([[first], [second]], Bounds(0, 4))).run()

    (fleet,) = followed.viewer.fleets
    assert {row.value.vehicle_id for row in fleet.rows_since(0)} == {"van-1", "van-2"}
    assert fleet.positions == [4, 4]
    assert followed.follower.behind_ms() == 0


def test_nothing_is_shown_before_the_profiles_are_known() -> None:
    followed = Followed(HeldReader([[told(0, 0, end=0)]], Bounds(0, 0)))
    followed.views.are_whole = False

    assert followed.run().viewer.fleets == []
    assert followed.follower.behind_ms() is None


def test_vehicles_are_told_by_their_profiles() -> None:
    followed = Followed(HeldReader([[told(0, 0, now(0, vehicle("van-1")))]], Bounds(0, 0)))
    followed.views.show(VEHICLE_PROFILES, {"van-1": profile("van-1", "acme", "north")})

    row = followed.run().viewer.fleets[0].get("van-1")

    assert row is not None
    assert (row.cell.tenant, row.cell.group, row.value.tenant) == ("acme", "north", "acme")


@pytest.mark.parametrize(
    "record",
    [
        Record(0, b"van-1", b"{"),
        Record(0, b"van-1", msgspec.json.encode(vehicle("van-2"))),
        Record(0, None, msgspec.json.encode(vehicle("van-2"))),
        Record(0, b"\xff", None),
    ],
)
def test_a_record_that_cannot_be_read_is_passed_over(record: Record) -> None:
    followed = Followed(HeldReader([[told(0, 0, record, now(1, vehicle("van-3")))]], Bounds(0, 0))).run()

    assert [row.value.vehicle_id for row in followed.viewer.fleets[0].rows_since(0)] == ["van-3"]


def test_kafka_may_be_away_and_the_fleet_stays() -> None:
    away = HeldReader([[told(0, 0, now(0, vehicle("van-1")), end=4)], KafkaConnectionError()], Bounds(0, 4))
    back = HeldReader([[told(1, 0, end=4)]], Bounds(0, 4))
    followed = Followed(away, back).run()

    assert away.is_stopped
    assert back.follows == [{LOGS[0]: 4, LOGS[1]: 0}]
    assert [len(fleet) for fleet in followed.viewer.fleets] == [1]


def test_a_topic_that_was_made_anew_is_another_fleet() -> None:
    old = HeldReader([[told(0, 0, now(0, vehicle("van-1")))], KafkaConnectionError()], Bounds(0, 0))
    new = HeldReader([[told(0, 0, now(0, vehicle("van-2")))]], Bounds(0, 0))
    followed = Followed(old, new, origins=["cluster/one", "cluster/two"]).run()

    assert [[row.value.vehicle_id for row in fleet.rows_since(0)] for fleet in followed.viewer.fleets] == [
        ["van-1"],
        ["van-2"],
    ]


def test_a_jump_makes_it_look_again() -> None:
    jumping = HeldReader([[told(0, 0, end=4)], [told(0, 9, end=10)]], Bounds(0, 4))
    again = HeldReader([[told(0, 8, end=10), told(1, 8, end=10)]], Bounds(8, 10))
    followed = Followed(jumping, again).run()

    assert jumping.is_stopped
    assert again.follows == [{LOGS[0]: 8, LOGS[1]: 8}]
    assert [fleet.positions for fleet in followed.viewer.fleets] == [[10, 10]]


def test_a_long_silence_makes_it_look_again() -> None:
    silent = HeldReader([[told(0, 0, end=0)]], Bounds(0, 0))
    silent.told_at_s += 61
    again = HeldReader([[told(0, 0, end=0)]], Bounds(0, 0))
    followed = Followed(silent, again).run()

    assert (silent.is_stopped, len(again.follows)) == (True, 1)
    assert len(followed.viewer.fleets) == 1


async def produce(bootstrap: str, records: Collection[tuple[str, VehicleNow | None]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for vehicle_id, value in records:
            encoded = None if value is None else msgspec.json.encode(value)
            await producer.send_and_wait(NAME, encoded, vehicle_id.encode())


async def make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(NAME, 2, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()


@asynccontextmanager
async def served(bootstrap: str) -> AsyncIterator[str]:
    """Run a worker's feed on a Kafka; gives its URL."""
    clock = SystemClock()
    options = {"bootstrap_servers": bootstrap}
    feed = Feed(partial(follow_kafka, options, partitions=2, views=FakeViews(), clock=clock), clock, SEAL)
    await feed.start()
    async with asyncio.timeout(WITHIN_S), worker(Group(), (), {}, routers=(live_router(feed),)) as parts:
        yield parts.url
        await feed.stop()


async def read_until(read: Callable[[], Awaitable[Any]], is_so: Callable[[], bool]) -> None:
    while not is_so():
        await read()


@pytest.mark.kafka
def test_what_stands_in_kafka_reaches_clients_and_they_go_on_at_another_worker(kafka: RunningKafka) -> None:
    forget_topics(kafka.bootstrap, NAME)

    async def test() -> Watched:
        await make_topic(kafka.bootstrap)
        await produce(kafka.bootstrap, [("van-1", vehicle("van-1")), ("van-2", vehicle("van-2"))])
        watched = Watched()
        async with served(kafka.bootstrap) as first, watch(first, watched, rate=10) as feed:
            await read_until(feed.read, lambda: set(watched.by_id()) == {"van-1", "van-2"})
            await produce(kafka.bootstrap, [("van-1", vehicle("van-1", NOW_MS + 1)), ("van-2", None)])
            await read_until(feed.read, lambda: set(watched.by_id()) == {"van-1"})
        await produce(kafka.bootstrap, [("van-1", None), ("van-3", vehicle("van-3"))])
        async with served(kafka.bootstrap) as second, watch(second, watched, rate=10) as feed:
            await read_until(feed.read, lambda: set(watched.by_id()) == {"van-3"})
        return watched

    assert asyncio.run(test()).token is not None


@pytest.mark.kafka
@pytest.mark.slow
def test_a_kafka_that_goes_and_comes_back_is_followed_on_and_meanwhile_it_is_told_how_old_all_is(
    make_kafka: MakeKafka,
) -> None:
    kafka = make_kafka()

    async def test() -> list[Kind]:
        await make_topic(kafka.bootstrap)
        await produce(kafka.bootstrap, [("van-1", vehicle("van-1"))])
        watched, kinds = Watched(), []
        async with served(kafka.bootstrap) as url, watch(url, watched, rate=10) as feed:

            async def read() -> int | None:
                frame = await feed.read()
                kinds.append(frame.kind)
                return frame.behind_ms

            await read_until(read, lambda: bool(watched.seen))
            os.kill(kafka.broker.status().pid or 0, signal.SIGKILL)
            while (await read() or 0) < AWAY_MS:
                pass
            await asyncio.to_thread(kafka.broker.start)
            await produce(kafka.bootstrap, [("van-2", vehicle("van-2"))])
            await read_until(read, lambda: len(watched.seen) == 2)
            while (await read() or 0) >= AWAY_MS:
                pass
        return kinds

    kinds = asyncio.run(test())

    # One snapshot: what was known before counts on.
    assert kinds.count(Kind.RESET) == 1


@pytest.mark.kafka
@pytest.mark.slow
def test_a_topic_that_is_deleted_and_made_again_is_read_anew(make_kafka: MakeKafka) -> None:
    kafka = make_kafka()

    async def test() -> set[str]:
        await make_topic(kafka.bootstrap)
        await produce(kafka.bootstrap, [(f"van-{number}", vehicle(f"van-{number}")) for number in range(9)])
        watched = Watched()
        async with served(kafka.bootstrap) as url, watch(url, watched, rate=10) as feed:
            await read_until(feed.read, lambda: len(watched.seen) == 9)
            await asyncio.to_thread(forget_topics, kafka.bootstrap, NAME)
            await make_topic(kafka.bootstrap)
            await produce(kafka.bootstrap, [("new", vehicle("new"))])
            await read_until(feed.read, lambda: set(watched.by_id()) == {"new"})
            return set(watched.by_id())

    assert asyncio.run(test()) == {"new"}
