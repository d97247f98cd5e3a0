import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http import HTTPStatus

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from fleet_app.demo.feed import MOST_AT_ONCE, Door, Feed
from fleet_app.demo.fleet import Due
from fleet_app.domain.position import Position
from fleet_app.errors import WorkerError


class Worker:
    """A worker's door; `answers` are its next statuses, then it takes everything."""

    def __init__(self, *answers: HTTPStatus) -> None:
        self.requests: list[list[Position]] = []
        self.taken: list[Position] = []
        self._answers = list(answers)

    async def post(self, request: web.Request) -> web.Response:
        positions = msgspec.json.decode(await request.read(), type=list[Position])
        self.requests.append(positions)
        if self._answers:
            return web.Response(status=self._answers.pop(0), text="so it is")
        self.taken.extend(positions)
        return web.Response(status=HTTPStatus.ACCEPTED)


@contextlib.asynccontextmanager
async def listening(worker: Worker) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/positions", worker.post)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@contextlib.asynccontextmanager
async def door_to(*workers: Worker, down: tuple[str, ...] = ()) -> AsyncIterator[tuple[Door, "Naps"]]:
    async with contextlib.AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(listening(worker)) for worker in workers]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        naps = Naps()
        yield Door(session, [*down, *urls], naps.sleep), naps


class EndOfTimeError(Exception):
    """Somebody waits for what never comes."""


class Naps:
    """Time that passes only when somebody sleeps."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s
        self.slept_s: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        if duration_s == math.inf:
            raise EndOfTimeError
        self.slept_s.append(duration_s)
        self.now_s += duration_s


def nowhere() -> str:
    return f"http://127.0.0.1:{unused_port()}"


def at(time_ms: int) -> Position:
    return Position(vehicle_id="van-01", time_ms=time_ms, lat=0.0, lon=0.0)


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(_as_coroutine(test))

    run.__name__ = test.__name__
    return run


async def _as_coroutine(test: Callable[[], Awaitable[None]]) -> None:
    await test()


@in_a_loop
async def test_positions_go_to_the_first_worker() -> None:
    first, second = Worker(), Worker()
    async with door_to(first, second) as (door, _):
        await door.post([at(1), at(2)])

    assert (first.taken, second.taken) == ([at(1), at(2)], [])


@in_a_loop
async def test_a_worker_that_is_down_is_passed_over_and_not_asked_first_again() -> None:
    living = Worker()
    async with door_to(living, down=(nowhere(),)) as (door, naps):
        await door.post([at(1)])
        await door.post([at(2)])

    assert living.taken == [at(1), at(2)]
    assert naps.slept_s == []


@in_a_loop
async def test_a_worker_that_is_not_ready_is_passed_over() -> None:
    starting, running = Worker(HTTPStatus.SERVICE_UNAVAILABLE), Worker()
    async with door_to(starting, running) as (door, _):
        await door.post([at(1)])

    assert running.taken == [at(1)]


@in_a_loop
async def test_while_no_worker_takes_them_positions_wait() -> None:
    worker = Worker(HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE)
    async with door_to(worker) as (door, naps):
        await door.post([at(1)])

    assert worker.taken == [at(1)]
    assert naps.slept_s == [0.5, 0.5]


@in_a_loop
async def test_a_refusal_is_an_error_with_the_workers_words() -> None:
    async with door_to(Worker(HTTPStatus.UNPROCESSABLE_ENTITY)) as (door, _):
        with pytest.raises(WorkerError, match="refused the fleet's positions with 422: so it is"):
            await door.post([at(1)])


def due(*times_s: float) -> Iterator[Due]:
    """Yield positions due at those times, and then one that never is."""
    yield from (Due(due_s, at(int(due_s * 1000))) for due_s in times_s)
    yield Due(math.inf, at(0))


@in_a_loop
async def test_what_is_overdue_goes_at_once() -> None:
    worker = Worker()
    async with door_to(worker) as (door, _):
        feed = Feed(door, due(10.0, 59.0, 61.0), lambda: 60.0)
        await feed.catch_up()

    assert worker.requests == [[at(10_000), at(59_000)]]
    assert feed.sent == 2


@in_a_loop
async def test_a_long_past_is_sent_in_pieces() -> None:
    worker = Worker()
    async with door_to(worker) as (door, _):
        await Feed(door, due(*[0.0] * (MOST_AT_ONCE + 1)), lambda: 60.0).catch_up()

    assert [len(request) for request in worker.requests] == [MOST_AT_ONCE, 1]


@in_a_loop
async def test_the_rest_goes_when_it_is_due() -> None:
    worker = Worker()
    async with door_to(worker) as (door, _):
        naps = Naps(now_s=60.0)
        feed = Feed(door, due(61.0, 64.5), lambda: naps.now_s, naps.sleep)
        with pytest.raises(EndOfTimeError):
            await feed.keep_up()

    assert worker.requests == [[at(61_000)], [at(64_500)]]
    assert naps.slept_s == [1.0, 3.5]


@in_a_loop
async def test_after_a_long_pause_the_missed_ones_are_sent_together() -> None:
    worker = Worker()
    async with door_to(worker) as (door, _):
        naps = Naps(now_s=0.0)
        feed = Feed(door, due(1.0, 2.0, 3.0), lambda: naps.now_s * 10, naps.sleep)
        with pytest.raises(EndOfTimeError):
            await feed.keep_up()

    assert worker.requests == [[at(1_000), at(2_000), at(3_000)]]
