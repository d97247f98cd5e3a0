"""One fix further, whatever comes."""

from datetime import UTC
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.advance import advance, begin
from fleet_app.domain.edges import Size
from fleet_app.domain.fix import Fix
from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.panes import open_by_size
from fleet_app.domain.refusals import Reason
from fleet_app.domain.states import State
from fleet_app.domain.totals import NOTHING, Totals, plus
from tests.domain.drives import (
    RULES,
    START_MS,
    Told,
    drives,
    driving,
    fix_at,
    judged,
    run,
    standing,
)

SIMPLE_SUMS = ("fixes", "distance_m", "moving_s", "idle_s", "idle_probable_s", "stop_s", "harsh_events", "overspeed_s")


def test_the_first_fix_is_where_the_vehicle_is_and_drives_nothing() -> None:
    course = run([fix_at(0, told=Told(speed_mps=3.0))]).now

    assert (course.last, course.totals, course.leg) == (fix_at(0, told=Told(speed_mps=3.0)), Totals(fixes=1), None)
    assert (course.speed_mps, course.speed_source) == (3.0, SpeedSource.DEVICE)


def test_a_course_may_begin_with_what_is_known_from_before() -> None:
    before = Totals(fixes=41, distance_m=5_000.0)

    course = begin(fix_at(0), before, UTC)

    assert course.totals == Totals(fixes=42, distance_m=5_000.0)
    assert next(open_by_size(course.panes, course.totals)).pane.sums == Totals(fixes=1)


def test_another_fix_of_the_same_time_is_refused() -> None:
    outcome = run([fix_at(0), fix_at(0, 5)])

    assert outcome.reasons == [Reason.SAME_TIME]
    assert outcome.now == run([fix_at(0)]).now


def test_a_fix_of_the_time_of_a_refused_one_is_not() -> None:
    assert run([*standing(0, 60), fix_at(60, 90_000), fix_at(60)]).reasons == [Reason.IMPLIED_SPEED]


def test_a_doubtful_fix_is_judged_once_the_next_is_known() -> None:
    course = run(standing(0, 60)).now
    doubtful = fix_at(60, 300)

    assert advance(course, doubtful, None, RULES) is None
    back, on = judged(course, doubtful, fix_at(70)), judged(course, doubtful, fix_at(70, 600))
    assert back.refusal is not None
    assert (back.refusal.reason, on.refusal) == (Reason.EXCURSION, None)


def test_a_refused_fix_changes_nothing_but_what_is_known_of_refused_ones() -> None:
    course = run(driving(0, 300)).now

    refused = judged(course, fix_at(301, 90_000))

    assert refused.refusal is not None
    assert msgspec.structs.replace(refused.course, strays=None) == course


@pytest.mark.parametrize("every_s", [1, 5, 10, 30])
@pytest.mark.parametrize("tells_speed", [True, False])
def test_a_way_is_as_long_as_it_is(every_s: int, *, tells_speed: bool) -> None:
    told = Told(speed_mps=10.0 if tells_speed else None)
    totals = run(driving(0, 1_800, 0, 10.0, told=told, every_s=every_s)).now.totals

    assert totals.distance_m == pytest.approx(18_000, rel=0.02)
    assert totals.moving_s == pytest.approx(1_800, abs=40)


def test_the_metres_of_a_silence_belong_to_the_vehicle_and_to_no_trip() -> None:
    outcome = run([*driving(0, 300), *driving(3_600, 3_900, 40_000)])

    assert outcome.now.totals.distance_m == pytest.approx(42_900, rel=0.01)
    assert sum(leg.sums.distance_m for leg in outcome.legs) == pytest.approx(2_900, rel=0.01)
    assert outcome.now.totals.moving_s == pytest.approx(600, abs=40)


def test_time_that_nobody_saw_is_not_counted() -> None:
    totals = run([*standing(0, 300), *standing(3_600, 3_900)]).now.totals

    assert totals.moving_s + totals.idle_s + totals.idle_probable_s + totals.stop_s == 290 + 290


@pytest.mark.parametrize(
    ("ignition", "state", "counted"),
    [(True, State.IDLE, "idle_s"), (False, State.STOP, "stop_s"), (None, State.STOP, "stop_s")],
)
def test_standing_counts_as_what_the_ignition_says(ignition: object, state: State, counted: str) -> None:
    told = Told(ignition=ignition if isinstance(ignition, bool) else None)
    course = run([*driving(0, 300), *standing(300, 1_200, 10, 3_000, told)]).now

    assert course.state is state
    assert getattr(course.totals, counted) == pytest.approx(900, abs=150)


def test_the_first_two_minutes_of_a_rest_with_an_unknown_ignition_are_probably_idling() -> None:
    totals = run([*driving(0, 300), *standing(300, 1_200, 10, 3_000)]).now.totals

    assert totals.idle_probable_s == pytest.approx(110, abs=30)


def test_a_speed_without_a_device_that_tells_it_comes_from_the_track() -> None:
    course = run(driving(0, 60)).now

    assert course.speed_mps == pytest.approx(10.0, rel=0.01)
    assert course.speed_source is SpeedSource.TRACK


def test_a_speed_that_the_vehicle_cannot_have_is_not_believed() -> None:
    course = run(driving(0, 60, 0, 10.0, told=Told(speed_mps=120.0))).now

    assert course.speed_source is SpeedSource.TRACK


def test_a_new_anchor_keeps_the_sums_and_the_panes() -> None:
    before = run(driving(0, 300)).now
    outcome = run([fix_at(300 + place, 90_000.0, 0.0, Told(speed_mps=7.0)) for place in range(3)], course=before)

    assert outcome.now.totals == msgspec.structs.replace(before.totals, fixes=before.totals.fixes + 1)
    assert outcome.now.interval_ms == before.interval_ms
    assert [event.type for event in outcome.events] == ["teleport_refused", "trip_ended"]
    assert next(open_by_size(outcome.now.panes, outcome.now.totals)).pane.max_speed_mps == 7.0


def test_a_harsh_manoeuvre_told_by_the_device_counts_however_rarely_it_reports() -> None:
    fixes = [*driving(0, 300), fix_at(310, 3_100, 0, Told(alarm="hardBraking"))]
    outcome = run(fixes)

    assert outcome.now.totals.harsh_events == 1
    assert outcome.kinds[-1] == "braked_harshly"


def test_an_attribute_that_is_no_alarm_says_nothing_of_manoeuvres() -> None:
    fix = msgspec.structs.replace(fix_at(310, 3_100), attributes={"door": "open"})

    assert run([*driving(0, 300), fix]).now.totals.harsh_events == 0


@given(drives())
def test_panes_are_what_was_counted_between_their_ends(fixes: list[Fix]) -> None:
    outcome = run(fixes)
    every = [*outcome.panes, *open_by_size(outcome.now.panes, outcome.now.totals)]

    for size in Size:
        rows = [pane for each, pane in every if each is size]
        found = NOTHING
        for row in rows:
            found = plus(found, row.sums)
        assert msgspec.structs.astuple(found) == pytest.approx(msgspec.structs.astuple(outcome.now.totals), abs=1e-3)
        assert all(before.end_ms <= after.start_ms for before, after in pairwise(rows))


@given(drives())
def test_sums_never_shrink_and_time_is_counted_once(fixes: list[Fix]) -> None:
    course, before = None, NOTHING
    for fix in fixes:
        course = judged(course, fix, fix).course
        now = course.totals
        assert all(getattr(before, name) <= getattr(now, name) for name in SIMPLE_SUMS)
        before = now

    counted_s = before.moving_s + before.idle_s + before.idle_probable_s + before.stop_s
    assert counted_s <= (fixes[-1].time_ms - fixes[0].time_ms) / 1_000 + 1e-6


@given(drives())
def test_every_fix_is_accepted_or_refused_with_a_reason(fixes: list[Fix]) -> None:
    outcome = run(fixes)

    assert outcome.now.totals.fixes + len(outcome.refusals) == len(fixes)
    assert all(refusal.detail for _, refusal in outcome.refusals)


@given(drives(), st.integers(0, 100))
def test_a_drive_in_two_parts_is_the_drive(fixes: list[Fix], percent: int) -> None:
    # Both parts end with a fix that is believed; the first one must not be a doubtful one.
    place = len(fixes) * percent // 100 + 1
    first = [*fixes[:place], *standing_after(fixes[:place])]
    whole = run([*first, *[later(fix) for fix in fixes[place:]]])
    parts = run([later(fix) for fix in fixes[place:]], course=run(first).now)

    assert parts.course == whole.course


def later(fix: Fix) -> Fix:
    return msgspec.structs.replace(fix, time_ms=fix.time_ms + 10_000_000)


def standing_after(fixes: list[Fix]) -> list[Fix]:
    since_s = (fixes[-1].time_ms - START_MS) // 1_000 + 4_000
    return standing(since_s, since_s + 100)
