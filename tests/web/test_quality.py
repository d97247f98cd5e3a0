"""`/api/vehicles/{id}/quality`: what was sent, beside what was accepted."""

from typing import Any

import pytest

from fleet_app.domain.edges import HOUR_MS
from fleet_app.domain.fix import Fix
from fleet_app.domain.quality import RefusedMinute, refused_position, with_refused
from fleet_app.domain.refusals import Reason
from fleet_app.domain.reorder import Waiting
from fleet_app.web.quality import MOST_SHOWN
from tables.late_fixes import LateFixes
from tests.web.driven import HALF_HOUR_AGO_MS, LATENCY_MS, Tables, round_trip
from tests.web.fakes import MINUTE_MS, NOW_MS, Contents, Group, Pair, two_workers, worker

pytestmark = pytest.mark.anyio
DRIVE = round_trip(HALF_HOUR_AGO_MS)
STRAY = Fix(HALF_HOUR_AGO_MS + 7 * MINUTE_MS + 2_500, 10.0, 10.0)
WITH_A_STRAY = sorted([*DRIVE, STRAY], key=lambda fix: fix.time_ms)


async def quality_of(contents: Contents, query: str = "") -> dict[str, Any]:
    """Return what a worker that owns everything answers."""
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        answer: dict[str, Any] = (await alone.client.get(f"/api/vehicles/a/quality{query}")).json()
    return answer


async def test_what_was_sent_is_what_was_accepted_refused_and_waits() -> None:
    answer = await quality_of(Tables().take(WITH_A_STRAY).contents)

    counts = {"sent": 361, "accepted": 358, "refused": {"implied_speed": 1}, "waiting": 2, "late": 0}
    assert (answer["span"], answer["all_time"]) == (counts, counts)


async def test_a_fix_refused_in_its_order_is_counted_once_and_shown_with_its_reason() -> None:
    answer = await quality_of(Tables().take(WITH_A_STRAY).contents)

    assert answer["refused"] == {
        "count": 1,
        "items": [
            {
                "reason": "implied_speed",
                "time_ms": STRAY.time_ms,
                "lat": 10.0,
                "lon": 10.0,
                "received_ms": STRAY.time_ms + LATENCY_MS,
                "offset": WITH_A_STRAY.index(STRAY) + 1,
            }
        ],
    }
    assert STRAY.time_ms not in {item["time_ms"] for item in answer["accepted"]["items"]}


async def test_the_span_is_the_last_24_h_by_the_vehicles_own_time() -> None:
    answer = await quality_of(Tables().take(DRIVE).contents)

    assert answer["to_ms"] == NOW_MS - LATENCY_MS
    assert answer["to_ms"] - answer["from_ms"] == 24 * HOUR_MS


async def test_a_recording_of_another_year_has_a_last_day_too() -> None:
    long_ago = round_trip(HALF_HOUR_AGO_MS - 4_000 * 24 * HOUR_MS)
    tables = Tables().take(long_ago).replace(heard_ms=NOW_MS)
    refused = refused_position(Reason.NULL_ISLAND, long_ago[-1], NOW_MS - 5_000, 7)
    tables.rows["refused_positions"]["a", NOW_MS - MINUTE_MS] = with_refused(None, refused)
    answer = await quality_of(tables.contents)

    assert answer["span"]["accepted"] == 358
    assert answer["span"]["refused"] == {"null_island": 1}


async def test_a_span_in_the_past_counts_what_fell_into_it() -> None:
    from_ms = HALF_HOUR_AGO_MS + 5 * MINUTE_MS
    answer = await quality_of(Tables().take(WITH_A_STRAY).contents, f"?from={from_ms}&to={from_ms + 5 * MINUTE_MS}")

    assert answer["span"] == {"sent": 61, "accepted": 60, "refused": {"implied_speed": 1}, "waiting": 0, "late": 0}
    assert answer["all_time"]["sent"] == 361


async def test_late_fixes_that_are_not_worked_in_yet_are_counted() -> None:
    late = Waiting(Fix(HALF_HOUR_AGO_MS + 7, 52.0, 13.0), 1, NOW_MS, b"a", b"{}")
    tables = Tables().take(DRIVE).replace(late=1, late_since_ms=NOW_MS)
    answer = await quality_of({**tables.contents, "late_fixes": {("a", late.fix.time_ms): LateFixes((late,))}})

    assert (answer["span"]["late"], answer["all_time"]["late"]) == (1, 1)
    assert answer["span"]["sent"] == 361


async def test_a_device_gone_mad_is_counted_in_full_and_shown_in_part() -> None:
    tables = Tables().take(DRIVE)
    for number in range(5_000):
        received_ms = NOW_MS - 20 * HOUR_MS + number * 12_000
        key = "a", received_ms - received_ms % MINUTE_MS
        refused = refused_position(Reason.NULL_ISLAND, Fix(received_ms, 0.0, 0.0), received_ms, number)
        known: RefusedMinute | None = tables.rows["refused_positions"].get(key)
        tables.rows["refused_positions"][key] = with_refused(known, refused)
    answer = await quality_of(tables.contents)

    assert (answer["span"]["refused"], answer["refused"]["count"]) == ({"null_island": 5_000}, 5_000)
    offsets = [item["offset"] for item in answer["refused"]["items"]]
    assert (len(offsets), offsets[0], offsets[-1]) == (MOST_SHOWN, 0, 4_999)


async def test_accepted_fixes_are_thinned_and_say_of_how_many() -> None:
    answer = await quality_of(
        Tables().take(round_trip(NOW_MS - 2 * HOUR_MS, every_ms=1_000, stands_ms=3_000_000)).contents
    )

    assert answer["accepted"]["count"] > 6_500
    assert len(answer["accepted"]["items"]) == MOST_SHOWN


async def test_a_vehicle_of_which_all_was_refused_has_its_reasons(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet/quality")).json()

    assert answer["all_time"] == {"sent": 7, "accepted": 0, "refused": {"too_old": 7}, "waiting": 0, "late": 0}
    assert (answer["accepted"], answer["refused"]) == ({"count": 0, "items": []}, {"count": 0, "items": []})


async def test_the_owner_and_a_forwarder_answer_the_same() -> None:
    async with two_workers(Tables().take(WITH_A_STRAY).contents) as pair:
        answers = [
            (await client.get("/api/vehicles/a/quality")).json() for client in (pair.even.client, pair.odd.client)
        ]

    assert answers[0] == answers[1]


@pytest.mark.parametrize(("query", "named"), [("from=x", "from: "), ("from=0&to=86400001", "from and to ")])
async def test_a_span_that_cannot_be_is_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/van-1/quality?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)


async def test_the_quality_of_an_unknown_vehicle_is_not_found(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/vehicles/ghost/quality")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_vehicle")
