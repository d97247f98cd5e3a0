"""`/api/vehicles/{id}/track`: the accepted fixes of the last 24 h, in pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.edges import HOUR_MS
from fleet_app.domain.fix import Fix
from fleet_app.web.spans import Span
from fleet_app.web.tracks import accepted_between, thinned
from tests.web.driven import HALF_HOUR_AGO_MS, Tables, round_trip
from tests.web.fakes import MINUTE_MS, NOW_MS, Contents, Group, Pair, beside_other_work, reader_of, two_workers, worker

pytestmark = pytest.mark.anyio
DRIVE = round_trip(HALF_HOUR_AGO_MS)
FROM_MS, TO_MS = HALF_HOUR_AGO_MS + 7 * MINUTE_MS, HALF_HOUR_AGO_MS + 23 * MINUTE_MS


async def track_of(contents: Contents, query: str = "") -> dict[str, Any]:
    """Return what a worker that owns everything answers."""
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        answer: dict[str, Any] = (await alone.client.get(f"/api/vehicles/a/track{query}")).json()
    return answer


def times(answer: dict[str, Any]) -> list[int]:
    return [item["time_ms"] for item in answer["items"]]


async def test_a_track_is_the_last_hour_up_to_the_newest_fix_that_was_judged() -> None:
    drive = round_trip(NOW_MS - 90 * MINUTE_MS, stands_ms=30 * MINUTE_MS, drives_ms=30 * MINUTE_MS)
    answer = await track_of(Tables().take(drive).contents)

    newest_ms = NOW_MS - 15_000
    assert (answer["from_ms"], answer["to_ms"], answer["next"]) == (newest_ms + 1 - HOUR_MS, newest_ms + 1, None)
    assert (answer["newest_ms"], answer["age_s"]) == (newest_ms, 15.0)
    assert times(answer) == list(range(newest_ms + 5_000 - HOUR_MS, newest_ms + 1, 5_000))


async def test_a_point_has_what_the_device_reported() -> None:
    fixes = [Fix(NOW_MS, 52.0, 13.0, 8.5, 90.0), Fix(NOW_MS + 5_000, 52.0001, 13.0), Fix(NOW_MS + 60_000, 52.0, 13.0)]
    answer = await track_of(Tables().take(fixes).contents)

    assert answer["items"] == [
        {"time_ms": NOW_MS, "lat": 52.0, "lon": 13.0, "speed_mps": 8.5, "heading_deg": 90.0},
        {"time_ms": NOW_MS + 5_000, "lat": 52.0001, "lon": 13.0},
    ]


@pytest.mark.parametrize("limit", [1, 63, 64, 65, 5_000])
async def test_the_cursor_leads_through_a_span_fix_by_fix(limit: int) -> None:
    contents = Tables().take(DRIVE).contents
    seen: list[int] = []
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        span = {"from": TO_MS - 100 * 5_000, "to": TO_MS, "limit": limit}
        page = (await alone.client.get("/api/vehicles/a/track", params=span)).json()
        seen += times(page)
        while page["next"] is not None:
            page = (await alone.client.get("/api/vehicles/a/track", params=span | {"cursor": page["next"]})).json()
            seen += times(page)

    assert seen == [fix.time_ms for fix in DRIVE if TO_MS - 100 * 5_000 <= fix.time_ms < TO_MS]


async def test_a_track_of_a_day_is_whole_wherever_steps_of_reading_end() -> None:
    day = [fix for start in range(48) for fix in round_trip(NOW_MS + start * 30 * MINUTE_MS, every_ms=60_000)]
    tables = Tables().take(day)
    answer = await track_of(tables.contents, f"?from={NOW_MS}&to={NOW_MS + 24 * HOUR_MS}")

    refused = sum(tables.vehicle.refused.values())
    assert len(times(answer)) == len(day) - refused - len(tables.track.buffer)
    assert times(answer) == sorted(set(times(answer)))


async def test_reading_a_day_gives_way_to_other_work_every_few_chunks() -> None:
    tables = Tables().take(round_trip(NOW_MS, stands_ms=6 * HOUR_MS, drives_ms=12 * HOUR_MS))
    reading = accepted_between(reader_of(tables.contents), tables.vehicle, Span(NOW_MS, NOW_MS + 24 * HOUR_MS))
    fixes, turns = await beside_other_work(reading)

    assert len(fixes) == 17_278
    assert turns >= len(fixes) / 64 / 16


async def test_fixes_that_were_refused_are_not_on_the_track() -> None:
    stray = Fix(FROM_MS + 2_500, 10.0, 10.0)
    tables = Tables().take(sorted([*DRIVE, stray], key=lambda fix: fix.time_ms))
    answer = await track_of(tables.contents, f"?from={FROM_MS}&to={TO_MS}")

    assert tables.vehicle.refused == {"implied_speed": 1}
    assert times(answer) == [fix.time_ms for fix in DRIVE if FROM_MS <= fix.time_ms < TO_MS]


async def test_who_asks_for_what_comes_after_the_newest_fix_gets_nothing_yet() -> None:
    answer = await track_of(Tables().take(DRIVE).contents, f"?from={NOW_MS}")

    assert (answer["items"], answer["next"]) == ([], None)


async def test_a_vehicle_without_a_judged_fix_has_an_empty_track(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet/track")).json()

    assert (answer["newest_ms"], answer["age_s"], answer["items"], answer["next"]) == (None, None, [], None)


async def test_the_owner_and_a_forwarder_answer_the_same_track() -> None:
    async with two_workers(Tables().take(DRIVE).contents) as pair:
        answers = [
            (await client.get(f"/api/vehicles/a/track?from={FROM_MS}&to={TO_MS}&limit=7")).json()
            for client in (pair.even.client, pair.odd.client)
        ]

    assert answers[0] == answers[1]
    assert len(answers[0]["items"]) == 7


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("from=yesterday", "from"),
        ("to=soon", "to"),
        ("from=5&to=5", "from"),
        ("from=0&to=86400001", "from and to"),
    ],
)
async def test_a_track_that_cannot_be_is_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/van-1/track?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)


async def test_the_track_of_an_unknown_vehicle_is_not_found(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/vehicles/ghost/track")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_vehicle")


@given(st.lists(st.integers()), st.integers(2, 50))
def test_what_is_thinned_is_in_order_and_keeps_both_ends(items: list[int], most: int) -> None:
    kept = list(thinned(list(enumerate(items)), most))

    assert len(kept) == min(len(items), most)
    assert kept == sorted(set(kept))
    assert kept[:1] + kept[-1:] == (list(enumerate(items))[:1] + list(enumerate(items))[-1:])
