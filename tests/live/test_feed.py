"""The feed follows while somebody watches, and keeps its clients told by the clock."""

import asyncio
from collections.abc import Callable

import pytest

from fleet_app.live.client import Client, Close
from fleet_app.live.feed import FOLLOW_ON_S, Feed, FeedUnavailableError, Follows
from fleet_app.live.follower import Audience
from fleet_app.live.frames import Kind
from fleet_app.live.reading import read_frame
from tests.live.fakes import NOW_MS, SEAL, HeldFollower, fleet_of, give_way, order, vehicle


class SteppedClock:
    """Time that a test moves; who sleeps is woken when it is time."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_ms(self) -> int:
        return NOW_MS

    async def sleep(self, seconds: float) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_s + seconds, waiting))
        if seconds <= 0:
            waiting.set_result(None)
        await waiting

    async def pass_by(self, seconds: float) -> None:
        """Let time go by, a tenth of a second after the other."""
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            for due_s, waiting in self._sleepers:
                if due_s <= self.now_s + 1e-9 and not waiting.done():
                    waiting.set_result(None)
            self._sleepers = [(due_s, waiting) for due_s, waiting in self._sleepers if not waiting.done()]
            for _ in range(10):
                await give_way()


class FailingFollower:
    """Fails at once."""

    def behind_ms(self) -> int | None:
        return None

    async def follow(self, _audience: Audience) -> None:
        await give_way()
        raise ZeroDivisionError


class Reading:
    """A client of a feed, read in the background."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.kinds: list[Kind] = []
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for sent in self.client.frames():
            self.kinds.append(read_frame(sent.data).kind)

    async def end(self) -> None:
        await asyncio.gather(self._task)


async def opened(clock: SteppedClock, made: Callable[[], HeldFollower]) -> Feed:
    feed = Feed(made, clock, SEAL, most_clients=2)
    await feed.start()
    return feed


def test_frames_come_by_the_clock_and_heartbeats_when_nothing_happens() -> None:
    async def test() -> list[list[Kind]]:
        clock, follower = SteppedClock(), HeldFollower(fleet_of(vehicle("a")))
        feed = await opened(clock, lambda: follower)
        reading = Reading(feed.join(order(), None))
        await clock.pass_by(0.1)
        seen = [list(reading.kinds)]
        for _ in range(3):
            follower.put(vehicle("a"))
            await clock.pass_by(0.2)
        seen.append(list(reading.kinds))
        await clock.pass_by(7.0)
        seen.append(list(reading.kinds))
        await stop(feed, reading)
        return seen

    first, then, last = asyncio.run(test())

    assert first == [Kind.RESET]
    assert then == [Kind.RESET, Kind.DELTA, Kind.DELTA, Kind.DELTA]
    assert last[len(then) :] == [Kind.HEARTBEAT]


async def stop(feed: Feed, *readings: Reading) -> None:
    """Stop a feed whose clients leave once they are told to."""
    stopping = asyncio.create_task(feed.stop())
    for reading in readings:
        await reading.end()
        feed.leave(reading.client)
    await stopping


def test_it_follows_on_for_a_while_when_the_last_client_has_gone() -> None:
    async def test() -> list[int]:
        made: list[HeldFollower] = []
        fleet = fleet_of(vehicle("a"))

        def make() -> HeldFollower:
            made.append(HeldFollower(fleet))
            return made[-1]

        clock = SteppedClock()
        feed = await opened(clock, make)
        counts = [len(made)]
        for pause_s in (0.0, FOLLOW_ON_S - 10.0, FOLLOW_ON_S + 2.0):
            await clock.pass_by(pause_s)
            client = feed.join(order(), None)
            await clock.pass_by(0.2)
            feed.leave(client)
            counts.append(len(made))
        await feed.stop()
        return counts

    assert asyncio.run(test()) == [0, 1, 1, 2]


def test_there_are_so_many_clients_and_no_more() -> None:
    async def test() -> tuple[int, Close]:
        clock, follower = SteppedClock(), HeldFollower(fleet_of())
        feed = await opened(clock, lambda: follower)
        clients = [feed.join(order(), None), feed.join(order(), None)]
        with pytest.raises(FeedUnavailableError, match="2 clients are connected") as refused:
            feed.join(order(), None)
        count = feed.clients
        for client in clients:
            feed.leave(client)
        await feed.stop()
        return count, refused.value.end.code

    assert asyncio.run(test()) == (2, Close.FULL)


def test_before_it_starts_and_after_it_stops_nobody_joins() -> None:
    async def test() -> list[Close]:
        feed = Feed(lambda: HeldFollower(fleet_of()), SteppedClock(), SEAL)
        codes = []
        for change in (give_way, feed.start, feed.stop):
            await change()
            try:
                feed.leave(feed.join(order(), None))
            except FeedUnavailableError as refused:
                codes.append(refused.end.code)
        return codes

    assert asyncio.run(test()) == [Close.WORKER_STOPS, Close.WORKER_STOPS]


def test_clients_are_told_that_the_worker_stops() -> None:
    async def test() -> Close | None:
        clock, follower = SteppedClock(), HeldFollower(fleet_of(vehicle("a")))
        feed = await opened(clock, lambda: follower)
        reading = Reading(feed.join(order(), None))
        await clock.pass_by(0.1)
        await stop(feed, reading)
        return None if reading.client.end is None else reading.client.end.code

    assert asyncio.run(test()) is Close.WORKER_STOPS


def test_a_defect_ends_all_connections_and_the_next_one_begins_anew(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> list[Close | None]:
        clock = SteppedClock()
        followers: list[Follows] = [FailingFollower(), HeldFollower(fleet_of(vehicle("a")))]
        feed = Feed(lambda: followers.pop(0), clock, SEAL)
        await feed.start()
        first = Reading(feed.join(order(), None))
        await clock.pass_by(0.2)
        feed.leave(first.client)
        second = Reading(feed.join(order(), None))
        await clock.pass_by(0.2)
        assert second.kinds == [Kind.RESET]
        ends = [reading.client.end and reading.client.end.code for reading in (first, second)]
        await stop(feed, second)
        return ends

    assert asyncio.run(test()) == [Close.DEFECT, None]
    assert "live feed: follow failed" in caplog.text
