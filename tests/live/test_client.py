"""A client is told everything, however slowly it reads, and whatever it was told before."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from fleet_app.live.client import HEARTBEAT_S, MOST_WAITING, TOKEN_WAIT_S, Client, Close, End, Sent
from fleet_app.live.fleet import LiveFleet, Place
from fleet_app.live.frames import Kind
from fleet_app.live.reading import Read, Watched, read_frame
from fleet_app.live.tiles import tile_of
from fleet_app.live.tokens import LIFE_MS
from fleet_app.live.wanted import Wanted
from fleet_app.metrics import LIVE_DROPPED
from tests.live.fakes import (
    BERLIN,
    MADRID,
    NOW_MS,
    SEAL,
    FakeTime,
    Station,
    TestClient,
    fleet_of,
    order,
    profile,
    vehicle,
)

T = TypeVar("T")
LARGE = 2_500


def run(test: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(test)


def read(sent: list[Sent]) -> list[Read]:
    return [read_frame(one.data) for one in sent]


def station(*vehicle_ids: str) -> Station:
    return Station(fleet_of(*(vehicle(vehicle_id) for vehicle_id in vehicle_ids)), FakeTime())


def move(at: Station, vehicle_id: str, place: tuple[float, float] = BERLIN) -> None:
    offset = at.fleet.positions[0]
    at.fleet.put(Place(0, offset), vehicle(vehicle_id, NOW_MS + offset, place))


async def watched_by(client: TestClient) -> Watched:
    watched = Watched()
    for frame in read(await client.read()):
        watched.apply(frame)
    return watched


def test_a_large_snapshot_comes_in_steps_and_only_its_end_has_a_token() -> None:
    async def test() -> list[Read]:
        client = station(*map(str, range(LARGE))).connect(order())
        return read(await client.read())

    frames = run(test())

    assert [len(frame.seen) for frame in frames] == [1_000, 1_000, 500, 0]
    assert [frame.kind for frame in frames] == [Kind.RESET, Kind.DELTA, Kind.DELTA, Kind.DELTA]
    assert [bool(frame.token) for frame in frames] == [False, False, False, True]


def test_what_changes_during_a_snapshot_is_told_behind_it() -> None:
    async def test() -> Watched:
        at = station(*map(str, range(LARGE)))
        client = at.connect(order())
        watched = Watched()
        first = await client.read_one()
        assert first is not None
        watched.apply(read_frame(first.data))
        move(at, "0", MADRID)
        at.fleet.remove(Place(0, at.fleet.positions[0]), "1")
        for frame in read(await client.read()):
            watched.apply(frame)
        return watched

    by_id = run(test()).by_id()

    assert len(by_id) == LARGE - 1
    assert by_id["0"].lat == MADRID[0]


def test_an_empty_fleet_is_told_too() -> None:
    async def test() -> list[Read]:
        return read(await station().connect(order()).read())

    (frame,) = run(test())

    assert (frame.kind, frame.seen, bool(frame.token)) == (Kind.RESET, [], True)


def test_clients_that_want_the_same_are_given_the_very_same_bytes() -> None:
    async def test() -> list[Sent]:
        at = station("a")
        clients = [at.connect(order()), at.connect(order())]
        for client in clients:
            await client.read()
        move(at, "a")
        await at.tick()
        return [sent for client in clients for sent in await client.read()]

    one, other = run(test())

    assert one.data is other.data


def test_a_client_that_does_not_read_loses_frames_and_then_catches_up() -> None:
    async def test() -> tuple[float, list[Read], Watched]:
        at = station("a", "b", "goes")
        slow, quick = at.connect(order()), at.connect(order())
        watched = await watched_by(slow)
        await quick.read()
        dropped = LIVE_DROPPED._value.get()
        for number in range(MOST_WAITING + 5):
            move(at, "ab"[number % 2])
            await at.tick()
            assert len(await quick.read()) == 1
        at.fleet.remove(Place(0, at.fleet.positions[0]), "goes")
        await at.tick()
        frames = read(await slow.read())
        for frame in frames:
            watched.apply(frame)
        return LIVE_DROPPED._value.get() - dropped, frames, watched

    dropped, frames, watched = run(test())

    assert dropped == MOST_WAITING + 1
    # The one that was on its way, and all else at once.
    assert [(frame.kind, len(frame.seen), len(frame.gone)) for frame in frames] == [
        (Kind.DELTA, 1, 0),
        (Kind.DELTA, 2, 1),
    ]
    assert {vehicle_id: one.time_ms - NOW_MS for vehicle_id, one in watched.by_id().items()} == {"a": 17, "b": 16}


def test_another_part_of_the_map_begins_anew_and_the_same_one_does_not() -> None:
    async def test() -> list[list[Read]]:
        at = station("a")
        move(at, "b", MADRID)
        client = at.connect(order(Wanted(tiles=frozenset({tile_of(*BERLIN)}))))
        await client.read()
        client.client.want(order(Wanted(tiles=frozenset({tile_of(*BERLIN)}))))
        same = read(await client.read())
        client.client.want(order(Wanted(tiles=frozenset({tile_of(*MADRID)}))))
        return [same, read(await client.read())]

    same, other = run(test())

    assert same == []
    assert [(frame.kind, [one.lat for one in frame.seen]) for frame in other] == [(Kind.RESET, [MADRID[0]])]


def test_who_wants_something_else_while_it_is_told_gets_that() -> None:
    async def test() -> Watched:
        at = station(*map(str, range(LARGE)))
        move(at, "far", MADRID)
        client = at.connect(order())
        await client.read_one()
        client.client.want(order(Wanted(tiles=frozenset({tile_of(*MADRID)}))))
        return await watched_by(client)

    assert run(test()).by_id().keys() == {"far"}


def test_a_heartbeat_comes_when_nothing_else_does() -> None:
    async def test() -> list[list[Read]]:
        at = station("a")
        client = at.connect(order())
        await client.read()
        client.client.remind()
        before = read(await client.read())
        at.clock.now_s += HEARTBEAT_S
        client.client.remind()
        return [before, read(await client.read())]

    before, after = run(test())

    assert before == []
    assert [(frame.kind, frame.behind_ms, bool(frame.token)) for frame in after] == [(Kind.HEARTBEAT, 40, True)]


def test_before_there_is_a_fleet_there_are_heartbeats_without_a_token() -> None:
    async def test() -> list[Read]:
        clock = FakeTime()
        client = TestClient(clock, order())
        await client.read()
        clock.now_s += HEARTBEAT_S
        client.client.remind()
        return read(await client.read())

    (frame,) = run(test())

    assert (frame.kind, frame.token) == (Kind.HEARTBEAT, "")


async def resumed(at: Station, other: Station, *, wanted: Wanted | None = None) -> list[Read]:
    """Watch one worker, then go on at another; return what that one says."""
    client = at.connect(order(wanted))
    token = (await watched_by(client)).token
    assert token is not None
    return read(await other.connect(order(wanted), SEAL.read(token)).read())


def test_a_token_goes_on_at_another_worker() -> None:
    async def test() -> list[Read]:
        at, other = station("a", "b"), station("a", "b")
        move(other, "a")
        return await resumed(at, other)

    (frame,) = run(test())

    assert (frame.kind, len(frame.seen), frame.names) == (Kind.DELTA, 1, {})


def test_a_worker_that_is_less_far_waits_until_it_is() -> None:
    async def test() -> list[list[Read]]:
        at, other = station("a", "b"), station("a")
        token = (await watched_by(at.connect(order()))).token
        client = other.connect(order(), SEAL.read(token or ""))
        before = read(await client.read())
        move(other, "b")
        move(other, "b")
        client.client.notice_progress()
        return [before, read(await client.read())]

    before, after = run(test())

    assert before == []
    assert [(frame.kind, len(frame.seen)) for frame in after] == [(Kind.DELTA, 1)]


def test_a_worker_also_gets_as_far_as_the_newest_that_was_told_beside_what_waited() -> None:
    async def test() -> list[list[int]]:
        slowly = order(interval=10)
        at, other = station("a", "b"), station("a", "b")
        first = at.connect(slowly)
        watched = await watched_by(first)
        await at.tick()
        move(at, "a")
        await at.tick()
        # The first of these waits, the second is told: it is newer than what everything is told up to.
        move(at, "a")
        move(at, "b")
        await at.tick()
        for frame in read(await first.read()):
            watched.apply(frame)
        client = other.connect(slowly, SEAL.read(watched.token or ""))
        times = []
        for vehicle_id in ("a", "a", "b"):
            move(other, vehicle_id)
            client.client.notice_progress()
            times.append(sorted(one.time_ms - NOW_MS for frame in read(await client.read()) for one in frame.seen))
        return times

    assert run(test()) == [[], [], [3, 4]]


def test_a_worker_that_does_not_get_there_sends_a_snapshot() -> None:
    async def test() -> list[Read]:
        at, other = station("a", "b"), station("a")
        token = (await watched_by(at.connect(order()))).token
        client = other.connect(order(), SEAL.read(token or ""))
        await client.read()
        other.clock.now_s += TOKEN_WAIT_S
        client.client.remind()
        return read(await client.read())

    assert [(frame.kind, len(frame.seen)) for frame in run(test())] == [(Kind.RESET, 1)]


def test_profiles_that_changed_make_it_a_snapshot() -> None:
    async def test() -> list[Read]:
        at, other = station("a"), station("a")
        other.fleet.change_profile("a", profile("a", "default", name="other"))
        return await resumed(at, other)

    assert [frame.kind for frame in run(test())] == [Kind.RESET]


def test_a_profile_that_gives_a_vehicle_to_another_tenant_makes_it_a_snapshot() -> None:
    async def test() -> list[Read]:
        at, other = station("a"), station("a")
        other.fleet.change_profile("a", profile("a", "other"))
        return await resumed(at, other, wanted=Wanted(tenant="default"))

    assert [(frame.kind, len(frame.seen)) for frame in run(test())] == [(Kind.RESET, 0)]


def test_another_topic_makes_it_a_snapshot() -> None:
    async def test() -> list[Read]:
        other = LiveFleet("cluster/other", 2)
        other.put(Place(0, 0), vehicle("b"))
        return await resumed(station("a"), Station(other, FakeTime()))

    assert [frame.kind for frame in run(test())] == [Kind.RESET]


def test_an_old_token_makes_it_a_snapshot() -> None:
    async def test() -> list[Read]:
        other = station("a")
        other.clock.now_s += LIFE_MS / 1_000 + 1
        return await resumed(station("a"), other)

    assert [frame.kind for frame in run(test())] == [Kind.RESET]


def test_other_wishes_make_it_a_snapshot() -> None:
    async def test() -> list[Read]:
        at = station("a")
        token = (await watched_by(at.connect(order()))).token
        return read(await at.connect(order(Wanted(tenant="default")), SEAL.read(token or "")).read())

    assert [frame.kind for frame in run(test())] == [Kind.RESET]


def test_what_cannot_be_told_exactly_becomes_a_snapshot() -> None:
    async def test() -> list[Read]:
        at = station("a")
        compacted = fleet_of(vehicle("a"))
        compacted.put(Place(0, 5), vehicle("whose", tenant="other"))
        return await resumed(at, Station(compacted, FakeTime()), wanted=Wanted(tenant="default"))

    (frame,) = run(test())

    assert (frame.kind, [names.vehicle_id for names in frame.names.values()]) == (Kind.RESET, ["a"])


def test_a_fleet_that_is_read_anew_begins_anew() -> None:
    async def test() -> list[Read]:
        at = station("a")
        client = at.connect(order())
        await client.read()
        client.client.show(station("b").broadcast)
        return read(await client.read())

    (frame,) = run(test())

    assert (frame.kind, [names.vehicle_id for names in frame.names.values()]) == (Kind.RESET, ["b"])


@pytest.mark.parametrize("reads_before", [True, False])
def test_who_is_disconnected_is_sent_nothing_more(*, reads_before: bool) -> None:
    async def test() -> tuple[list[Sent], End | None]:
        client = station("a").connect(order())
        before = await client.read() if reads_before else []
        assert len(before) == int(reads_before)
        client.client.disconnect(End(Close.WORKER_STOPS, "bye"))
        return await client.read(), client.client.end

    assert run(test()) == ([], End(Close.WORKER_STOPS, "bye"))


def test_a_client_of_no_fleet_may_want_something_else() -> None:
    clock = FakeTime()

    async def test() -> Client:
        client = Client(order(), None, times=clock.times, monotonic_s=clock.monotonic_s)
        client.want(order(Wanted(tenant="acme")))
        return client

    assert run(test()).order.wanted.tenant == "acme"
