"""`/api/vehicles/{id}/windows`: windows as they were asked for, closed and open."""

from collections.abc import Iterable, Mapping
from csv import DictReader
from io import StringIO
from typing import Any

import msgspec
import pytest

from fleet_app.domain.advance import begin
from fleet_app.domain.edges import HOUR_MS
from fleet_app.domain.fix import Fix
from fleet_app.domain.panes import OpenPane, OpenPanes, Pane
from fleet_app.domain.totals import NOTHING, Totals, since
from fleet_app.domain.vehicle import Vehicle
from tests.web.driven import Tables, round_trip
from tests.web.fakes import MINUTE_MS, NOW_MS, RULES, Contents, Group, Pair, two_workers, worker

pytestmark = pytest.mark.anyio
START_MS = NOW_MS - 3 * MINUTE_MS
HALF_AN_HOUR_MS = HOUR_MS // 2
DAY_MS = 24 * HOUR_MS
MIDNIGHT_MS = NOW_MS - 8 * HOUR_MS
LAST_MINUTE = Pane(NOW_MS - MINUTE_MS, NOW_MS, Totals(1, 10.0))
LAST_HOUR = Pane(NOW_MS - HOUR_MS, NOW_MS, Totals(100, 10.0))
LAST_DAY = Pane(MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS, Totals(2_400, 10.0))
TOTALS = Totals(100_000, 1e6, 1e6, 1e6, 1e6, 1e6, 100, 1e6)


def panes_of(length_ms: int, first_ms: int, count: int, *, fixes: int = 1) -> tuple[Pane, ...]:
    starts = range(first_ms, first_ms + count * length_ms, length_ms)
    return tuple(
        Pane(start_ms, start_ms + length_ms, Totals(fixes=fixes, distance_m=10.0), revision=1) for start_ms in starts
    )


def rows_of(panes: Iterable[Pane]) -> dict[tuple[str, int], Pane]:
    return {("a", pane.start_ms): pane for pane in panes}


def vehicle_with(
    minute: Pane = LAST_MINUTE,
    hour: Pane = LAST_HOUR,
    day: Pane = LAST_DAY,
    *,
    newest_ms: int = NOW_MS - 1,
) -> Vehicle:
    """Return a vehicle in whose open panes so much has happened."""
    panes = OpenPanes(
        *(
            OpenPane(pane.start_ms, pane.end_ms, since(TOTALS, pane.sums), pane.max_speed_mps)
            for pane in (minute, hour, day)
        )
    )
    course = begin(Fix(newest_ms, 0.0, 0.0), NOTHING, RULES.zone)
    return Vehicle("a", course=msgspec.structs.replace(course, totals=TOTALS, panes=panes))


async def windows_of(
    vehicle: Vehicle, closed: Mapping[str, Mapping[tuple[str, int], Pane]], query: str
) -> list[dict[str, Any]]:
    """Return the windows that are answered for a vehicle."""
    group = Group()
    async with worker(group, range(group.partitions), {"vehicles": {"a": vehicle}, **closed}) as alone:
        answer = (await alone.client.get(f"/api/vehicles/a/windows{query}")).json()
    items: list[dict[str, Any]] = answer["items"]
    return items


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


@pytest.mark.parametrize("limit", [1, 7, 10, 1_440])
@pytest.mark.parametrize("form", [{"size": "1m"}, {"size": "5m", "step": "1m"}])
async def test_the_cursor_leads_through_the_windows_of_a_span(form: dict[str, str], limit: int) -> None:
    rows = rows_of(panes_of(MINUTE_MS, NOW_MS - 10 * MINUTE_MS, 9))
    span: dict[str, Any] = {**form, "from": NOW_MS - 20 * MINUTE_MS, "to": NOW_MS}
    found: list[dict[str, Any]] = []
    group = Group()
    async with worker(group, range(group.partitions), {"vehicles": {"a": vehicle_with()}, "windows_1m": rows}) as alone:
        whole = (await alone.client.get("/api/vehicles/a/windows", params=span)).json()
        asked: dict[str, Any] | None = span | {"limit": limit}
        while asked is not None:
            page = (await alone.client.get("/api/vehicles/a/windows", params=asked)).json()
            found += page["items"]
            asked = page["next"] and asked | {"cursor": page["next"]}

    assert (found, whole["next"]) == (whole["items"], None)
    assert len(found) >= 10


async def test_some_fields_can_be_asked_for(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/van-1/windows?fields=fixes")).json()

    assert answer["items"] == [{"fixes": 6}, {"fixes": 1}]


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
    contents: Contents = {
        "vehicles": {"a": vehicle_with(panes[-1], newest_ms=newest_ms)},
        "windows_1m": rows_of(panes[:-1]),
    }
    async with two_workers(contents) as pair:
        answer = await pair.even.client.get(f"/api/vehicles/a/windows?from={NOW_MS}&to={newest_ms + MINUTE_MS}")

    assert len(answer.json()["items"]) == 1_440


async def test_a_window_has_what_its_pane_counted() -> None:
    sums = Totals(7, 350.0, 35.0, 10.0, 5.0, 10.0, 1, 12.0)
    items = await windows_of(vehicle_with(), {"windows_1m": rows_of([Pane(START_MS, NOW_MS, sums, 13.0)])}, "")

    assert items[0] == {
        "start_ms": START_MS,
        "end_ms": NOW_MS,
        "fixes": 7,
        "distance_m": 350.0,
        "moving_s": 35.0,
        "idle_s": 10.0,
        "idle_probable_s": 5.0,
        "stop_s": 10.0,
        "mean_speed_mps": 10.0,
        "max_speed_mps": 13.0,
        "harsh_events": 1,
        "overspeed_s": 12.0,
    }


async def test_an_open_pane_takes_the_place_of_a_row_that_was_told_too_early() -> None:
    told = Pane(START_MS, START_MS + MINUTE_MS, Totals(6, 300.0), 12.0, revision=1)
    since_then = Pane(START_MS, START_MS + MINUTE_MS, Totals(7, 350.0), 13.0)
    items = await windows_of(vehicle_with(since_then), {"windows_1m": rows_of([told])}, "")

    assert [(item["fixes"], item["max_speed_mps"]) for item in items] == [(7, 13.0)]


async def test_a_pane_in_which_nothing_happened_after_all_is_left_out() -> None:
    taken_back = Pane(START_MS, START_MS + MINUTE_MS, NOTHING, revision=2)
    items = await windows_of(vehicle_with(), {"windows_1m": rows_of([taken_back])}, "")

    assert [item["start_ms"] for item in items] == [LAST_MINUTE.start_ms]


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
    closed = {
        "windows_1m": rows_of(panes_of(MINUTE_MS, NOW_MS - HOUR_MS, 59)),
        "windows_1h": rows_of(panes_of(HOUR_MS, NOW_MS - 72 * HOUR_MS, 71, fixes=100)),
        "windows_1d": rows_of(panes_of(DAY_MS, MIDNIGHT_MS - 3 * DAY_MS, 3, fixes=2_400)),
    }

    assert [item["fixes"] for item in await windows_of(vehicle_with(), closed, query)] == fixes


async def test_a_day_is_as_long_as_its_pane() -> None:
    short = Pane(NOW_MS - 23 * HOUR_MS, NOW_MS, Totals(5))
    items = await windows_of(vehicle_with(day=short), {}, "?size=1d")

    assert [(item["start_ms"], item["end_ms"]) for item in items] == [(short.start_ms, short.end_ms)]


async def test_windows_of_hours_begin_where_hours_do_in_a_zone_that_is_half_an_hour_off() -> None:
    hours = panes_of(HOUR_MS, NOW_MS - 12 * HOUR_MS + HALF_AN_HOUR_MS, 12)
    items = await windows_of(vehicle_with(hour=hours[-1]), {"windows_1h": rows_of(hours[:-1])}, "?size=2h")

    assert [(item["fixes"], item["end_ms"] - item["start_ms"]) for item in items] == [(2, 2 * HOUR_MS)] * 6
    assert {item["start_ms"] % HOUR_MS for item in items} == {HALF_AN_HOUR_MS}


async def test_the_minutes_of_a_drive_add_up_to_its_day() -> None:
    contents = Tables().take(round_trip(NOW_MS)).contents
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        days, minutes = [
            (await alone.client.get(f"/api/vehicles/a/windows?size={size}")).json()["items"] for size in ("1d", "1m")
        ]

    assert len(minutes) == 30
    assert sum(each["distance_m"] for each in minutes) == pytest.approx(days[0]["distance_m"])
    assert sum(each["fixes"] for each in minutes) == days[0]["fixes"]


async def test_daily_totals_are_told_as_csv_in_the_time_of_the_fleet_from_either_worker(pair: Pair) -> None:
    path = "/api/vehicles/van-1/windows?size=1d&format=csv"
    answers = [await client.get(path) for client in (pair.even.client, pair.odd.client)]

    [row] = DictReader(StringIO(answers[0].text))
    assert answers[0].text == answers[1].text
    assert [answer.headers["content-type"] for answer in answers] == ["text/csv; charset=utf-8"] * 2
    assert (row["vehicle_id"], row["start_ms"]) == ("van-1", str(MIDNIGHT_MS))
    assert (row["start_time"], row["end_time"]) == ("2027-01-15T00:00:00.000+00:00", "2027-01-16T00:00:00.000+00:00")
    assert (row["fixes"], row["mean_speed_mps"], row["max_speed_mps"]) == ("1", "", "8.5")


async def test_windows_of_a_vehicle_without_a_fix_are_none(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet/windows")).json()

    assert (answer["newest_ms"], answer["age_s"], answer["items"]) == (None, None, [])
