"""`/api/vehicles`: the whole fleet from any worker, one vehicle from its owner, windows as they were asked for."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from fleet_app.domain.edges import HOUR_MS
from fleet_app.domain.panes import Pane, PaneSet
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.stream.reads import Phase
from tests.web.fakes import MINUTE_MS, NOW_MS, VEHICLES, Group, Pair, two_workers, worker

pytestmark = pytest.mark.anyio
START_MS = NOW_MS - 3 * MINUTE_MS
HALF_AN_HOUR_MS = HOUR_MS // 2
DAY_MS = 24 * HOUR_MS


def panes_of(length_ms: int, first_ms: int, count: int, *, fixes: int = 1) -> tuple[Pane, ...]:
    starts = range(first_ms, first_ms + count * length_ms, length_ms)
    return tuple(Pane(start_ms, start_ms + length_ms, fixes, 10.0) for start_ms in starts)


def rows_of(panes: Iterable[Pane]) -> dict[tuple[str, int], Pane]:
    return {("a", pane.start_ms): pane for pane in panes}


async def windows_of(
    open_panes: PaneSet, closed: Mapping[str, Mapping[tuple[str, int], Pane]], query: str
) -> list[dict[str, Any]]:
    """Return the windows that are answered for a vehicle with these panes and a fix just now."""
    vehicle = Vehicle(vehicle_id="a", last=Fix(NOW_MS - 1, 0.0, 0.0), open=open_panes)
    group = Group()
    async with worker(group, range(group.partitions), {"vehicles": {"a": vehicle}, **closed}) as alone:
        answer = (await alone.client.get(f"/api/vehicles/a/windows{query}")).json()
    items: list[dict[str, Any]] = answer["items"]
    return items


async def test_every_vehicle_is_readable_from_either_worker(pair: Pair) -> None:
    for client in (pair.even.client, pair.odd.client):
        for vehicle_id in VEHICLES:
            answer = await client.get(f"/api/vehicles/{vehicle_id}")

            assert answer.status_code == 200
            assert answer.json()["vehicle_id"] == vehicle_id


async def test_a_vehicle_says_where_it_is_and_how_old_that_is(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/vehicles/van-3")

    assert answer.json() == {
        "vehicle_id": "van-3",
        "tenant": "default",
        "last": {
            "time_ms": NOW_MS - 2_000,
            "lat": 52.5,
            "lon": 13.25,
            "speed_mps": 8.5,
            "attributes": {"driver": "Ann"},
        },
        "age_s": 2.0,
        "received_ms": NOW_MS - 1_500,
        "received_age_s": 1.5,
        "odometer_m": 1234.5,
        "accepted": 3,
        "refused": {"duplicate": 2},
    }


async def test_a_vehicle_that_was_only_refused_has_no_position_and_no_age(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet")).json()

    assert (answer["last"], answer["age_s"], answer["received_ms"]) == (None, None, None)
    assert answer["refused"] == {"too_old": 7}


async def test_a_vehicle_nobody_heard_of_is_not_found_from_either_worker(pair: Pair) -> None:
    for client in (pair.even.client, pair.odd.client):
        answer = await client.get("/api/vehicles/ghost")

        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_vehicle"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_cursor_leads_through_all_vehicles_of_both_workers(pair: Pair) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "4"} | ({"cursor": cursor} if cursor else {})
        page = (await pair.odd.client.get("/api/vehicles", params=query)).json()
        seen += [item["vehicle_id"] for item in page["items"]]
        cursor = page["next"]

    assert seen == sorted(VEHICLES)


async def test_a_list_shows_a_vehicle_as_its_own_page_does(pair: Pair) -> None:
    listed = (await pair.even.client.get("/api/vehicles")).json()["items"]

    for item in listed:
        assert item == (await pair.even.client.get(f"/api/vehicles/{item['vehicle_id']}")).json()


async def test_an_empty_fleet_is_an_empty_list() -> None:
    async with two_workers({}) as pair:
        answer = await pair.even.client.get("/api/vehicles")

    assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING, Phase.STOPPING])
async def test_a_list_is_refused_while_a_worker_cannot_speak_for_its_partitions(phase: Phase) -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        pair.odd.membership.phase_now = phase
        answer = await pair.even.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "partitions_missing"
    assert answer.json()["detail"] == f"partitions 1, 3, 5, 7 cannot be read: {pair.odd.url} is {phase}"


async def test_a_list_is_refused_while_partitions_have_no_owner() -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        del pair.group.owners[6]
        answer = await pair.odd.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "partitions 6 cannot be read: they are moving between workers"


async def test_a_list_is_refused_when_two_workers_answer_for_a_partition() -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        behind = type(pair.group)()
        behind.owners = {**pair.group.owners, 1: pair.even.url}
        pair.even.membership.group = behind
        answer = await pair.odd.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "partitions 1 are moving: two workers answer for them"


@pytest.mark.parametrize(
    ("query", "named"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=many", "limit"), ("cursor=%21", "cursor")],
)
async def test_a_page_that_cannot_be_is_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert answer.json()["detail"].startswith(f"{named}: ")


HOSTILE = [
    "a b",
    "a%2Fb",
    "a?b#c",
    "windows",
    "ünï-🚚",
    "%",
    "+",
    "a\\b",
    '"><script>',
    "x" * 4_000,
    "\x7f",
    "a/windows",
    "..",
]


@pytest.mark.parametrize("vehicle_id", HOSTILE)
async def test_any_id_finds_its_vehicle_and_no_other(vehicle_id: str) -> None:
    contents = {"vehicles": {vehicle_id: Vehicle(vehicle_id=vehicle_id), "a": Vehicle(vehicle_id="a")}}
    path = quote(vehicle_id, safe="").replace("..", "%2E%2E")
    async with two_workers(contents) as pair:
        for client in (pair.even.client, pair.odd.client):
            vehicle = await client.get(f"/api/vehicles/{path}")
            windows = await client.get(f"/api/vehicles/{path}/windows")

            assert vehicle.json()["vehicle_id"] == vehicle_id
            assert windows.json()["vehicle_id"] == vehicle_id


@pytest.mark.parametrize("path", ["%ff", "%c3%28", "%ed%a0%80"])
async def test_an_id_that_is_not_utf8_is_a_bad_request(pair: Pair, path: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/{path}")

    assert answer.status_code == 400
    assert "not UTF-8" in answer.json()["detail"]


async def test_windows_are_one_minute_each_and_cover_the_last_hour_unless_told_otherwise(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/van-1/windows")).json()

    assert (answer["unit"], answer["size_ms"], answer["step_ms"]) == ("1m", MINUTE_MS, MINUTE_MS)
    assert (answer["newest_ms"], answer["age_s"]) == (NOW_MS - 2_000, 2.0)
    assert answer["to_ms"] == NOW_MS - 2_000 + 1
    assert answer["from_ms"] == answer["to_ms"] - 60 * MINUTE_MS
    assert [(window["start_ms"], window["fixes"]) for window in answer["items"]] == [
        (START_MS, 6),
        (NOW_MS - MINUTE_MS, 1),
    ]


async def test_the_owner_and_a_forwarder_answer_the_same_windows(pair: Pair) -> None:
    path = f"/api/vehicles/van-1/windows?size=5m&step=1m&from={START_MS}&to={NOW_MS}"

    assert (await pair.even.client.get(path)).json() == (await pair.odd.client.get(path)).json()


async def test_times_may_be_iso_8601_or_milliseconds(pair: Pair) -> None:
    by_number = await pair.even.client.get(
        "/api/vehicles/van-1/windows", params={"from": 1_799_996_400_000, "to": 1_800_000_000_000}
    )
    by_word = await pair.even.client.get(
        "/api/vehicles/van-1/windows", params={"from": "2027-01-15T08:00:00+01:00", "to": "2027-01-15T08:00:00Z"}
    )

    assert by_number.json() == by_word.json()
    assert len(by_word.json()["items"]) == 2


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("size=0m", "size"),
        ("size=30s", "size"),
        ("size=1.5h", "size"),
        ("size=-5m", "size"),
        ("size=2d", "size"),
        ("size=1441m", "size"),
        ("size=25h", "size"),
        ("size=1h&step=2d", "step"),
        ("size=٣m", "size"),
        ("size=9999999999999m", "size"),
        ("step=", "step"),
        ("step=x", "step"),
        ("from=yesterday", "from"),
        ("from=2026-01-31T08:30:00", "from"),
        ("from=2026-01-31T08:30:00+01:00", "from"),
        ("to=99999999999999999999", "to"),
        ("from=2000&to=2000", "from"),
        ("from=0&to=86400001", "from"),
    ],
)
async def test_windows_that_cannot_be_are_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/van-1/windows?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].split(":")[0].split(",")[0] == named


async def test_a_day_of_minutes_can_be_asked_for_at_once() -> None:
    panes = panes_of(MINUTE_MS, NOW_MS, 1_440)
    newest_ms = panes[-1].start_ms
    vehicle = Vehicle(vehicle_id="a", last=Fix(newest_ms, 0.0, 0.0), open=PaneSet(minutes=panes[-2:]))
    async with two_workers({"vehicles": {"a": vehicle}, "windows_1m": rows_of(panes[:-2])}) as pair:
        answer = await pair.even.client.get(f"/api/vehicles/a/windows?from={NOW_MS}&to={newest_ms + MINUTE_MS}")

    assert len(answer.json()["items"]) == 1_440


async def test_a_closed_pane_and_what_came_for_it_since_are_one_window() -> None:
    closed = Pane(START_MS, START_MS + MINUTE_MS, 6, 300.0, 2, 20.0, 12.0, revision=1)
    late = Pane(START_MS, START_MS + MINUTE_MS, 1, 50.0, 1, 13.0, 13.0)
    items = await windows_of(PaneSet(minutes=(late,)), {"windows_1m": rows_of((closed,))}, "")

    assert items == [
        {
            "start_ms": START_MS,
            "end_ms": START_MS + MINUTE_MS,
            "fixes": 7,
            "distance_m": 350.0,
            "mean_speed_mps": 11.0,
            "max_speed_mps": 13.0,
        }
    ]


@pytest.mark.parametrize(
    ("query", "fixes"),
    [
        ("?size=1m", [1] * 60),
        ("?size=1h", [100] * 60),
        ("?size=1d", [2_400] * 4),
        ("?size=60m", [60]),
        (f"?size=1h&step=1m&from={NOW_MS - HOUR_MS}&to={NOW_MS - HOUR_MS + 1}", [60]),
        (f"?size=24h&step=1h&from={NOW_MS - DAY_MS}&to={NOW_MS - DAY_MS + 1}", [2_400]),
        (f"?size=1d&step=1h&from={NOW_MS - DAY_MS}&to={NOW_MS - DAY_MS + 1}", [2_400]),
    ],
)
async def test_the_shorter_unit_of_size_and_step_says_which_panes_are_put_together(
    query: str, fixes: list[int]
) -> None:
    midnight_ms = NOW_MS - 8 * HOUR_MS
    minutes = panes_of(MINUTE_MS, NOW_MS - HOUR_MS, 60)
    hours = panes_of(HOUR_MS, NOW_MS - 72 * HOUR_MS, 72, fixes=100)
    days = panes_of(DAY_MS, midnight_ms - 3 * DAY_MS, 4, fixes=2_400)
    items = await windows_of(
        PaneSet(minutes[-1:], hours[-1:], days[-1:]),
        {"windows_1m": rows_of(minutes[:-1]), "windows_1h": rows_of(hours[:-1]), "windows_1d": rows_of(days[:-1])},
        query,
    )

    assert [item["fixes"] for item in items] == fixes


async def test_a_day_is_as_long_as_its_pane() -> None:
    short = Pane(NOW_MS - 23 * HOUR_MS, NOW_MS, 5)
    items = await windows_of(PaneSet(days=(short,)), {}, "?size=1d")

    assert [(item["start_ms"], item["end_ms"]) for item in items] == [(short.start_ms, short.end_ms)]


async def test_windows_of_hours_begin_where_hours_do_in_a_zone_that_is_half_an_hour_off() -> None:
    hours = panes_of(HOUR_MS, NOW_MS - 12 * HOUR_MS + HALF_AN_HOUR_MS, 12)
    items = await windows_of(PaneSet(hours=hours), {}, "?size=2h")

    assert [(item["fixes"], item["end_ms"] - item["start_ms"]) for item in items] == [(2, 2 * HOUR_MS)] * 6
    assert {item["start_ms"] % HOUR_MS for item in items} == {HALF_AN_HOUR_MS}


async def test_windows_of_a_vehicle_without_a_fix_are_none(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet/windows")).json()

    assert (answer["newest_ms"], answer["age_s"], answer["items"]) == (None, None, [])
