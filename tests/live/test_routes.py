"""The feed as clients get it: over real sockets, through the gate."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.live.feed import Feed
from fleet_app.live.frames import Kind
from fleet_app.live.reading import Watched, watch
from fleet_app.live.routes import live_router
from fleet_app.stream.lane.engine import SystemClock
from tests.live.fakes import BERLIN, MADRID, NOW_MS, SEAL, HeldFollower, fleet_of, profile, vehicle
from tests.web.fakes import Group, worker
from tests.web.keys import api_key, bearer, device_key, token

WITHIN_S = 10.0


class Served(NamedTuple):
    """A worker's feed, what it follows, and its URL."""

    feed: Feed
    follower: HeldFollower
    url: str


@asynccontextmanager
async def served(*, most_clients: int = 10, keys: Sequence[ApiKey] = ()) -> AsyncIterator[Served]:
    fleet = fleet_of(vehicle("van-1"), vehicle("van-2", at=MADRID), vehicle("bus-1", tenant="other"))
    follower = HeldFollower(fleet)
    feed = Feed(lambda: follower, SystemClock(), SEAL, most_clients=most_clients)
    await feed.start()
    async with asyncio.timeout(WITHIN_S), worker(Group(), (), {}, keys=keys, routers=(live_router(feed),)) as parts:
        try:
            yield Served(feed, follower, parts.url)
        finally:
            await feed.stop()


def ids(watched: Watched) -> set[str]:
    return set(watched.by_id())


async def closing_code(url: str, query: str, said: str | None = None) -> tuple[int | None, str]:
    """Connect, say something, and return how the worker closes."""
    async with connect(f"{url.replace('http', 'ws')}/live?{query}", compression=None) as socket:
        if said is not None:
            await socket.send(said)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
        return socket.close_code, socket.close_reason or ""


async def events(
    url: str, count: int, headers: dict[str, str] | None = None
) -> list[tuple[str | None, dict[str, Any]]]:
    """Return the first events of the feed: their ids and what they say."""
    found: list[tuple[str | None, dict[str, Any]]] = []
    last_id: str | None = None
    async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", url, headers=headers) as answer:
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            last_id = value if name == "id" else last_id
            if name == "data":
                found.append((last_id, json.loads(value)))
            if len(found) == count:
                break
    return found


def test_who_connects_gets_a_snapshot_and_then_what_changes() -> None:
    async def test() -> Watched:
        async with served() as worker_, watch(worker_.url) as feed:
            assert (await feed.read()).kind is Kind.RESET
            worker_.follower.put(vehicle("van-3"))
            assert (await feed.read()).kind is Kind.DELTA
            worker_.follower.remove("van-1")
            await feed.read()
            return feed.watched

    watched = asyncio.run(test())

    assert ids(watched) == {"van-2", "van-3", "bus-1"}
    assert watched.by_id()["van-3"].speed_mps == 12.5


def test_a_part_of_the_map_is_watched_and_then_another() -> None:
    async def test() -> list[set[str]]:
        async with served() as worker_, watch(worker_.url, bbox="13,52,14,53") as feed:
            await feed.read()
            first = ids(feed.watched)
            await feed.want(bbox=(-4.0, 40.0, -3.0, 41.0))
            frame = await feed.read()
            assert frame.kind is Kind.RESET
            return [first, ids(feed.watched)]

    assert asyncio.run(test()) == [{"van-1", "bus-1"}, {"van-2"}]


def test_what_was_watched_goes_on_where_it_was_cut_off() -> None:
    async def test() -> tuple[Kind, set[str], set[str]]:
        watched = Watched()
        async with served() as worker_:
            async with watch(worker_.url, watched) as feed:
                await feed.read()
            worker_.follower.put(vehicle("van-3"))
            worker_.follower.remove("van-2")
            async with watch(worker_.url, watched) as feed:
                frame = await feed.read()
                return frame.kind, {each.vehicle_id for each in frame.names.values()}, ids(watched)

    assert asyncio.run(test()) == (Kind.DELTA, {"van-3"}, {"van-1", "van-3", "bus-1"})


def test_the_json_twin_says_the_same() -> None:
    async def test() -> dict[str, Any]:
        async with served() as worker_:
            worker_.follower.fleet.change_profile("van-1", profile("van-1", "acme", "north", "Van 1"))
            url = f"{worker_.url.replace('http', 'ws')}/live?format=json&group=north"
            async with connect(url, compression=None) as socket:
                said: dict[str, Any] = json.loads(await socket.recv())
                return said

    said = asyncio.run(test())

    assert said["kind"] == "reset"
    assert said["behind_ms"] == 40
    assert said["vehicles"] == [
        {
            "vehicle_id": "van-1",
            "time_ms": NOW_MS,
            "lat": BERLIN[0],
            "lon": BERLIN[1],
            "state": "moving",
            "speed_mps": 12.5,
            "profile": {"tenant": "acme", "name": "Van 1", "group": "north"},
        }
    ]


def test_events_carry_the_token_as_their_id_and_go_on_from_it() -> None:
    async def test() -> list[tuple[str | None, dict[str, Any]]]:
        async with served() as worker_:
            url = f"{worker_.url}/live/events"
            first = await events(url, 1)
            worker_.follower.put(vehicle("van-3"))
            return first + await events(url, 1, {"Last-Event-ID": first[0][0] or ""})

    (first_id, first), (_, second) = asyncio.run(test())

    assert first_id == first["token"] != ""
    assert (first["kind"], len(first["vehicles"])) == ("reset", 3)
    assert (second["kind"], [each["vehicle_id"] for each in second["vehicles"]]) == ("delta", ["van-3"])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("bbox=1,2,3", "bbox is four numbers"),
        ("bbox=0,10,1,5", "south not above north"),
        ("bbox=nan,nan,nan,nan", "a box is"),
        ("rate=11", "rate"),
        ("fields=some", "fields"),
        ("token=nonsense!", "connect without one"),
        ("&".join(["group=g"] * 101), "100 is the most"),
    ],
)
def test_what_cannot_be_understood_is_told(query: str, reason: str) -> None:
    async def test() -> tuple[tuple[int | None, str], int]:
        async with served() as worker_:
            closed = await closing_code(worker_.url, query)
            async with httpx.AsyncClient(trust_env=False) as client:
                return closed, (await client.get(f"{worker_.url}/live/events?{query}")).status_code

    (code, said), status = asyncio.run(test())

    assert code == 4400
    assert reason in said
    assert status == 400


def test_a_parameter_that_is_not_known_is_told() -> None:
    async def test() -> tuple[int | None, str]:
        async with served() as worker_:
            return await closing_code(worker_.url, "groups=north")

    assert asyncio.run(test()) == (4400, "Object contains unknown field `groups`")


@pytest.mark.parametrize(
    "said", ["{", f'{{"{"ü" * 200}": 1}}', '{"bbox": [1, 2]}', '{"box": null}', " " * 20_000, '{"bbox": [0, 9, 1, 5]}']
)
def test_a_message_that_cannot_be_understood_ends_the_connection(said: str) -> None:
    async def test() -> tuple[int | None, str]:
        async with served() as worker_:
            return await closing_code(worker_.url, "", said)

    assert asyncio.run(test())[0] == 4400


def test_one_client_too_many_is_sent_elsewhere() -> None:
    async def test() -> tuple[int | None, int]:
        async with served(most_clients=1) as worker_, watch(worker_.url) as feed:
            await feed.read()
            code, _ = await closing_code(worker_.url, "")
            async with httpx.AsyncClient(trust_env=False) as client:
                return code, (await client.get(f"{worker_.url}/live/events")).status_code

    assert asyncio.run(test()) == (1013, 503)


def test_a_worker_that_stops_sends_its_clients_elsewhere() -> None:
    async def test() -> tuple[int | None, dict[str, Any]]:
        async with served() as worker_, watch(worker_.url) as feed:
            await feed.read()
            last = asyncio.create_task(events(f"{worker_.url}/live/events", 2))
            while worker_.feed.clients < 2:  # noqa: ASYNC110 - bounded by the time that `served` gives
                await asyncio.sleep(0)
            await worker_.feed.stop()
            [_ async for _ in feed]
            return feed.close_code, (await last)[-1][1]

    code, end = asyncio.run(test())

    assert code == end["code"] == 1012


def test_a_key_of_a_tenant_is_told_of_its_own_vehicles_alone() -> None:
    async def test() -> tuple[set[str], set[str]]:
        async with served(keys=[api_key("viewer", tenant="other")]) as worker_:
            async with watch(worker_.url, key=token("viewer")) as feed:
                await feed.read()
                own = ids(feed.watched)
            async with watch(worker_.url, key=token("viewer"), tenant="default") as feed:
                await feed.read()
                return own, ids(feed.watched)

    assert asyncio.run(test()) == ({"bus-1"}, set())


@pytest.mark.parametrize("sent", [{}, bearer("tracker")])
def test_without_a_key_that_may_see_there_is_no_feed(sent: dict[str, str]) -> None:
    async def test() -> int:
        async with served(keys=[device_key("tracker", "van-1")]) as worker_:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{worker_.url.replace('http', 'ws')}/live", additional_headers=sent).__aenter__()
            return refused.value.response.status_code

    assert asyncio.run(test()) in {401, 403}
