"""Where panes begin and end, in any zone and on any date."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.edges import HOUR_MS, MINUTE_MS, Edges, Size, edges_between
from fleet_app.domain.position import LATEST_TIME_MS

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
times_ms = st.integers(0, LATEST_TIME_MS)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def pane(size: Size, time_ms: int, zone: str) -> Edges:
    (edges,) = edges_between(size, time_ms, time_ms, ZoneInfo(zone))
    return edges


def test_the_last_millisecond_of_a_minute_belongs_to_it() -> None:
    assert [pane(Size.MINUTE, time_ms, "UTC") for time_ms in (59_999, 60_000)] == [(0, 60_000), (60_000, 120_000)]


@pytest.mark.parametrize(
    ("zone", "inside", "start", "hours"),
    [
        ("UTC", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", 24),
        ("Europe/Berlin", "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", 23),
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T00:00:00+02:00", 25),
        ("Australia/Lord_Howe", "2026-10-04T12:00:00+11:00", "2026-10-04T00:00:00+10:30", 23.5),
        ("America/Sao_Paulo", "2018-11-04T12:00:00-02:00", "2018-11-04T01:00:00-02:00", 23),
        ("Pacific/Apia", "2011-12-31T12:00:00+14:00", "2011-12-31T00:00:00+14:00", 24),
        ("Asia/Kolkata", "2026-01-31T01:00:00+05:30", "2026-01-31T00:00:00+05:30", 24),
    ],
)
def test_a_day_is_that_of_the_zone_and_as_long_as_it_is_there(zone: str, inside: str, start: str, hours: float) -> None:
    start_ms = at(start)

    assert pane(Size.DAY, at(inside), zone) == (start_ms, start_ms + round(hours * HOUR_MS))


def test_a_day_that_clocks_leave_and_enter_again_is_one_pane_each_time() -> None:
    # At one past midnight clocks went back to one past eleven.
    before, again = at("2010-11-07T00:00:30-02:30"), at("2010-11-06T23:30:00-03:30")

    assert pane(Size.DAY, before, "America/St_Johns") == pane(Size.DAY, again, "America/St_Johns")


def test_hours_are_counted_from_midnight_also_half_an_hour_off() -> None:
    start_ms = at("2026-01-31T07:00:00+05:30")

    assert pane(Size.HOUR, start_ms + 1, "Asia/Kolkata") == (start_ms, start_ms + HOUR_MS)


def test_the_last_hour_of_a_day_is_shorter_when_clocks_move_by_less() -> None:
    end_ms = at("2026-10-05T00:00:00+11:00")

    assert pane(Size.HOUR, end_ms - 1, "Australia/Lord_Howe") == (end_ms - HOUR_MS // 2, end_ms)


@given(st.sampled_from(Size), times_ms, st.integers(0, 40 * HOUR_MS), zones)
def test_panes_follow_each_other_without_a_gap(size: Size, since_ms: int, span_ms: int, zone: ZoneInfo) -> None:
    until_ms = since_ms + span_ms
    panes = list(edges_between(size, since_ms, until_ms, zone))

    assert panes[0][0] <= since_ms < panes[0][1]
    assert panes[-1][0] <= until_ms < panes[-1][1]
    assert all(before[1] == after[0] for before, after in pairwise(panes))


@given(times_ms, zones)
def test_minutes_fill_hours_and_hours_fill_days(time_ms: int, zone: ZoneInfo) -> None:
    minute, hour, day = (next(edges_between(size, time_ms, time_ms, zone)) for size in Size)
    hours = list(edges_between(Size.HOUR, day[0], day[1] - 1, zone))

    assert hour[0] <= minute[0] < minute[1] <= hour[1]
    assert (hours[0][0], hours[-1][1], hour in hours) == (*day, True)
    assert {edge % MINUTE_MS for edge in (*hour, *day)} == {0}


@given(st.sampled_from(Size), times_ms, st.integers(0, 30 * HOUR_MS), zones)
def test_the_panes_of_a_span_are_those_of_its_moments(size: Size, since_ms: int, span_ms: int, zone: ZoneInfo) -> None:
    panes = list(edges_between(size, since_ms, since_ms + span_ms, zone))

    assert [next(edges_between(size, start_ms, start_ms, zone)) for start_ms, _ in panes] == panes


def test_a_span_that_ends_before_it_begins_holds_no_day_and_no_hour() -> None:
    assert [list(edges_between(size, HOUR_MS, HOUR_MS - 1, UTC)) for size in (Size.HOUR, Size.DAY)] == [[], []]
