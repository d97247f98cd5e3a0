"""Which trips and stops a span has, and which one goes on."""

from collections.abc import Iterable

import pytest

from fleet_app.domain.edges import HOUR_MS
from fleet_app.domain.legs import Ending, KeptLeg, Leg, LegKind
from fleet_app.domain.totals import Totals
from fleet_app.web.legs import leg_view, open_leg, open_leg_view, told_between
from fleet_app.web.spans import DAY_MS, Span
from tests.web.driven import HALF_HOUR_AGO_MS, Tables, round_trip
from tests.web.fakes import NOW_MS, Contents, reader_of

pytestmark = pytest.mark.anyio


def leg(start_ms: int, end_ms: int, number: int | None = None) -> KeptLeg:
    number = start_ms if number is None else number
    return KeptLeg(
        Leg(LegKind.TRIP, start_ms, end_ms, 52.0, 13.0, 52.1, 13.1, Totals(), None, Ending.STOP, number), "", 1
    )


def rows(legs: Iterable[KeptLeg]) -> Contents:
    return {"trips": {("a", each.leg.number): each for each in legs}}


async def starts(legs: Iterable[KeptLeg], span: Span) -> list[int]:
    return [kept.leg.start_ms for kept in await told_between(reader_of(rows(legs)), "a", span)]


async def test_legs_that_overlap_a_span_are_told_in_order() -> None:
    legs = [leg(start, start + HOUR_MS) for start in range(NOW_MS, NOW_MS + 10 * HOUR_MS, HOUR_MS)]
    span = Span(NOW_MS + 3 * HOUR_MS, NOW_MS + 5 * HOUR_MS + 1)

    assert await starts(legs, span) == [NOW_MS + hours * HOUR_MS for hours in (3, 4, 5)]


async def test_a_leg_whose_start_late_fixes_have_moved_is_found_under_its_old_number() -> None:
    moved = [leg(NOW_MS, NOW_MS + HOUR_MS, NOW_MS + 20 * HOUR_MS), leg(NOW_MS + 2 * HOUR_MS, NOW_MS + 3 * HOUR_MS)]

    assert await starts(moved, Span(NOW_MS, NOW_MS + DAY_MS)) == [NOW_MS, NOW_MS + 2 * HOUR_MS]


@pytest.mark.parametrize("days", [0, 1, 2, 9, 29])
async def test_a_stop_that_began_long_before_a_span_reaches_into_it(days: int) -> None:
    begun_ms = NOW_MS - days * DAY_MS - 1
    legs = [leg(begun_ms - HOUR_MS, begun_ms), leg(begun_ms, NOW_MS + 2)]

    assert await starts(legs, Span(NOW_MS + 1, NOW_MS + HOUR_MS)) == [begun_ms]


def test_the_leg_that_goes_on_stands_as_at_the_newest_fix() -> None:
    tables = Tables().take(round_trip(HALF_HOUR_AGO_MS)[:-150])
    course = tables.vehicle.course
    goes_on = open_leg(reader_of(tables.contents), tables.vehicle)

    assert course is not None
    assert goes_on is not None
    view = open_leg_view(tables.vehicle, goes_on)
    assert (view.kind, view.ending, view.polyline, view.revision) == (LegKind.TRIP, None, None, 0)
    assert (view.end_ms, view.end_lat) == (course.last.time_ms, course.last.lat)
    assert view.distance_m == pytest.approx(course.totals.distance_m)
    assert view.max_speed_mps == 10.0


def test_no_leg_goes_on_before_the_first_is_known() -> None:
    assert open_leg(reader_of({}), Tables().vehicle) is None
    assert open_leg(reader_of({}), Tables().take(round_trip(HALF_HOUR_AGO_MS)[:5]).vehicle) is None


def test_a_trip_that_was_told_as_ended_by_silence_goes_on_when_the_vehicle_is_back() -> None:
    tables = Tables().take(round_trip(HALF_HOUR_AGO_MS)[:-150])
    goes_on = open_leg(reader_of(tables.contents), tables.vehicle)
    assert goes_on is not None
    tables.rows["trips"]["a", goes_on.number] = KeptLeg(goes_on, "", 1)
    reader = reader_of(tables.contents)

    assert open_leg(reader, tables.replace(is_silent=True).vehicle) is None
    assert open_leg(reader, tables.replace(is_silent=False).vehicle) == goes_on


def test_a_stop_goes_on_while_its_vehicle_is_silent() -> None:
    tables = Tables().take(round_trip(HALF_HOUR_AGO_MS)).replace(is_silent=True)
    goes_on = open_leg(reader_of(tables.contents), tables.vehicle)

    assert goes_on is not None
    assert goes_on.kind is LegKind.STOP


def test_a_leg_that_is_over_is_shown_as_it_was_told() -> None:
    tables = Tables().take(round_trip(HALF_HOUR_AGO_MS))
    [trip] = [kept for kept in tables.rows["trips"].values() if kept.leg.kind is LegKind.TRIP]
    view = leg_view(tables.vehicle, trip)

    assert (view.id, view.ending, view.revision, view.polyline) == (
        f"a@{trip.leg.number}",
        Ending.STOP,
        1,
        trip.polyline,
    )
    assert view.distance_m == pytest.approx(6_000, rel=0.02)
