"""`/api/vehicles/{id}/trips` and `/api/trips/{id}`: trips and stops, over and open, with their tracks."""

from csv import DictReader
from datetime import UTC
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest

from fleet_app.domain.edges import HOUR_MS
from fleet_app.web.csv_text import iso_time
from tests.web.driven import Tables, round_trip
from tests.web.fakes import MINUTE_MS, NOW_MS, Contents, Group, Pair, two_workers, worker

pytestmark = pytest.mark.anyio
DAY_MS = 24 * HOUR_MS
HALF_HOUR_AGO_MS = NOW_MS - 30 * MINUTE_MS
DRIVE = round_trip(HALF_HOUR_AGO_MS)
DRIVEN = Tables().take(DRIVE).contents
STILL_DRIVING = Tables().take(DRIVE[:-150]).contents


async def ask(contents: Contents, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a worker that owns everything answers."""
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        return (await alone.client.get(path)).json()


async def legs_of(contents: Contents, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await ask(contents, f"/api/vehicles/a/trips{query}"))["items"]
    return items


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", ["trip"]),
        ("?kind=trip", ["trip"]),
        ("?kind=stop", ["stop", "stop"]),
        ("?kind=all", ["stop", "trip", "stop"]),
    ],
)
async def test_trips_are_answered_unless_stops_are_asked_for(query: str, kinds: list[str]) -> None:
    assert [leg["kind"] for leg in await legs_of(DRIVEN, query)] == kinds


async def test_a_trip_tells_where_it_went_how_long_and_how_far() -> None:
    [trip] = await legs_of(DRIVEN)

    assert trip["id"] == f"a@{trip['start_ms']}"
    assert abs(trip["start_ms"] - (HALF_HOUR_AGO_MS + 10 * MINUTE_MS)) <= 10_000
    assert abs(trip["end_ms"] - (HALF_HOUR_AGO_MS + 20 * MINUTE_MS)) <= 10_000
    assert trip["duration_s"] == (trip["end_ms"] - trip["start_ms"]) / 1_000
    assert trip["distance_m"] == pytest.approx(6_000, rel=0.02)
    assert (trip["ending"], trip["revision"], trip["max_speed_mps"]) == ("stop", 1, 10.0)


@pytest.mark.parametrize("limit", [1, 2, 3, 1_000])
async def test_the_cursor_leads_through_trips_and_stops_one_by_one(limit: int) -> None:
    whole = await legs_of(DRIVEN, "?kind=all")
    pages = []
    group = Group()
    async with worker(group, range(group.partitions), DRIVEN) as alone:
        asked: dict[str, Any] | None = {"kind": "all", "limit": limit}
        while asked is not None:
            page = (await alone.client.get("/api/vehicles/a/trips", params=asked)).json()
            pages.append(page["items"])
            asked = page["next"] and asked | {"cursor": page["next"]}

    assert [leg for page in pages for leg in page] == whole
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)


async def test_some_fields_can_be_asked_for() -> None:
    [trip] = await legs_of(DRIVEN, "?fields=id,kind")
    one = await ask(DRIVEN, f"/api/trips/{trip['id']}?fields=ending,track_fixes")

    assert trip == {"id": trip["id"], "kind": "trip"}
    assert (set(one), one["ending"]) == ({"ending", "track_fixes"}, "stop")


async def test_a_cursor_of_another_list_is_a_bad_request() -> None:
    answer = await ask(DRIVEN, "/api/vehicles/a/trips?cursor=dmFuLTc")

    assert answer["detail"] == "cursor: 'dmFuLTc' is of another list; take `next` of the page before"


async def test_a_table_is_whole_unless_a_limit_is_asked_for() -> None:
    group = Group()
    async with worker(group, range(group.partitions), DRIVEN) as alone:
        tables = [
            (await alone.client.get(f"/api/vehicles/a/trips?format=csv&kind=all{limit}")).text
            for limit in ("", "&limit=1")
        ]

    assert [len(list(DictReader(StringIO(text)))) for text in tables] == [3, 1]


async def test_legs_follow_each_other_and_the_one_that_goes_on_comes_last() -> None:
    legs = await legs_of(DRIVEN, "?kind=all")

    assert [leg["end_ms"] for leg in legs[:-1]] == [leg["start_ms"] for leg in legs[1:]]
    assert [leg["ending"] for leg in legs] == ["departure", "stop", None]
    assert (legs[-1]["polyline"], legs[-1]["revision"]) == (None, 0)


async def test_a_leg_that_goes_on_hides_what_was_told_of_it_before() -> None:
    [told] = [kept for kept in DRIVEN["trips"].values() if kept.leg.kind == "trip"]
    driving = STILL_DRIVING | {"trips": {("a", told.leg.number): told}}
    [trip] = await legs_of(driving)

    assert (trip["id"], trip["ending"]) == (f"a@{told.leg.number}", None)


async def test_the_span_is_the_last_seven_days_unless_told_otherwise() -> None:
    answer = await ask(DRIVEN, "/api/vehicles/a/trips")

    assert answer["newest_ms"] == NOW_MS - 15_000
    assert answer["age_s"] == 15.0
    assert answer["to_ms"] - answer["from_ms"] == 7 * DAY_MS
    assert answer["to_ms"] == NOW_MS - 15_000 + 1


@pytest.mark.parametrize(
    ("from_min", "to_min", "kinds"),
    [
        (0, 5, ["stop"]),
        (5, 15, ["stop", "trip"]),
        (15, 16, ["trip"]),
        (25, 26, ["stop"]),
        (40, 50, []),
        (-50, -40, []),
    ],
)
async def test_what_overlaps_the_span_is_answered(from_min: int, to_min: int, kinds: list[str]) -> None:
    since, until = (HALF_HOUR_AGO_MS + minutes * MINUTE_MS for minutes in (from_min, to_min))

    assert [leg["kind"] for leg in await legs_of(DRIVEN, f"?kind=all&from={since}&to={until}")] == kinds


async def test_a_vehicle_without_a_judged_fix_has_no_trips(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet/trips?kind=all")).json()

    assert (answer["newest_ms"], answer["items"]) == (None, [])


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("kind=tour", "kind: Invalid enum value 'tour', it may be trip or stop or all"),
        ("format=xlsx", "format: Invalid enum value 'xlsx', it may be json or csv"),
        ("from=soon", "from: "),
        ("from=5&to=5", "from: "),
        (f"from=0&to={31 * DAY_MS + 1}", "from and to are 744.0 h apart, at most 744 h"),
    ],
)
async def test_trips_that_cannot_be_are_refused_naming_the_parameter(pair: Pair, query: str, detail: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/van-1/trips?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)


async def test_trips_are_told_as_csv_from_either_worker() -> None:
    path = "/api/vehicles/a/trips?kind=all&format=csv"
    async with two_workers(DRIVEN) as pair:
        listed = (await pair.even.client.get("/api/vehicles/a/trips?kind=all")).json()["items"]
        answers = [await client.get(path) for client in (pair.even.client, pair.odd.client)]

    rows = list(DictReader(StringIO(answers[0].text, newline=""), strict=True))
    assert answers[0].text == answers[1].text
    assert {answer.headers["content-type"] for answer in answers} == {"text/csv; charset=utf-8"}
    assert [(row["id"], float(row["distance_m"]), row["ending"]) for row in rows] == [
        (leg["id"], leg["distance_m"], leg["ending"] or "") for leg in listed
    ]
    assert [row["start_time"] for row in rows] == [iso_time(leg["start_ms"], UTC) for leg in listed]


async def test_a_vehicle_id_that_is_a_formula_is_no_formula_in_a_spreadsheet() -> None:
    vehicle_id = '=HYPERLINK("http:x")'
    contents = Tables(vehicle_id).take(DRIVE).contents
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        text = (await alone.client.get(f"/api/vehicles/{quote(vehicle_id, safe='')}/trips?format=csv")).text

    [row] = DictReader(StringIO(text, newline=""), strict=True)
    assert row["vehicle_id"] == f"'{vehicle_id}"
    assert row["id"].startswith(f"'{vehicle_id}@")


async def test_a_trip_has_its_timed_track() -> None:
    [listed] = await legs_of(DRIVEN)
    trip = await ask(DRIVEN, f"/api/trips/{listed['id']}")

    expected = [fix.time_ms for fix in DRIVE if listed["start_ms"] <= fix.time_ms <= listed["end_ms"]]
    assert {name: trip[name] for name in listed} == listed
    assert [point["time_ms"] for point in trip["track"]] == expected
    assert trip["track_fixes"] == len(expected)
    assert trip["track"][5]["speed_mps"] == 10.0


async def test_the_trip_that_goes_on_has_the_track_so_far() -> None:
    [listed] = await legs_of(STILL_DRIVING)
    trip = await ask(STILL_DRIVING, f"/api/trips/{listed['id']}")

    assert (trip["ending"], trip["polyline"]) == (None, None)
    assert trip["track"][-1]["time_ms"] == listed["end_ms"]


async def test_a_long_track_is_thinned_and_says_of_how_many_fixes() -> None:
    contents = Tables().take(round_trip(NOW_MS, every_ms=1_000, drives_ms=6_000_000)).contents
    [listed] = await legs_of(contents)
    trip = await ask(contents, f"/api/trips/{listed['id']}")

    assert trip["track_fixes"] > 5_990
    assert len(trip["track"]) == 5_000
    assert trip["track"][-1]["time_ms"] == listed["end_ms"]


async def test_a_trip_of_which_no_track_is_kept_still_has_its_polyline() -> None:
    contents = DRIVEN | {"tracks": {}, "open_tracks": {}}
    [listed] = await legs_of(contents)
    trip = await ask(contents, f"/api/trips/{listed['id']}")

    assert (trip["track"], trip["track_fixes"]) == (None, 0)
    assert trip["polyline"]


async def test_a_trip_older_than_tracks_are_kept_has_none_even_if_rows_are_left() -> None:
    later = round_trip(HALF_HOUR_AGO_MS + 25 * HOUR_MS)
    contents = Tables().take([*DRIVE, *later]).contents
    first, *_ = await legs_of(contents)
    trip = await ask(contents, f"/api/trips/{first['id']}")

    assert trip["end_ms"] < HALF_HOUR_AGO_MS + HOUR_MS
    assert (trip["track"], trip["track_fixes"]) == (None, 0)


@pytest.mark.parametrize("vehicle_id", ["a@b", "a/@7", "@", "1@2@3", "ünï 🚚"])
async def test_a_trip_is_found_by_its_id_from_either_worker(vehicle_id: str) -> None:
    async with two_workers(Tables(vehicle_id).take(DRIVE).contents) as pair:
        path = f"/api/vehicles/{quote(vehicle_id, safe='')}/trips"
        [listed] = (await pair.even.client.get(path)).json()["items"]
        answers = [
            (await client.get(f"/api/trips/{quote(listed['id'], safe='')}")).json()
            for client in (pair.even.client, pair.odd.client)
        ]

    assert answers[0] == answers[1]
    assert answers[0]["vehicle_id"] == vehicle_id


@pytest.mark.parametrize(
    ("trip_id", "reason"),
    [
        ("van-1", "'van-1' is no id of a trip or stop: it is <vehicle_id>@<number>"),
        ("van-1@x", "'van-1@x' is no id of a trip or stop"),
        ("van-1@", "'van-1@' is no id"),
        ("@5", "'@5' is no id"),
        ("ghost@5", "no trip or stop 5 of a vehicle 'ghost' is known: no position of this vehicle has come in"),
        ("van-1@5", "no trip or stop 5 of a vehicle 'van-1' is known: it never was, late fixes have made it part of"),
    ],
)
async def test_a_trip_that_is_not_known_is_not_found_and_the_answer_says_why(
    pair: Pair, trip_id: str, reason: str
) -> None:
    for client in (pair.even.client, pair.odd.client):
        answer = await client.get(f"/api/trips/{trip_id}")

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_trip")
        assert answer.json()["detail"].startswith(reason)
