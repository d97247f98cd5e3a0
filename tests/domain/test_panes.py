"""How panes open and close, and that they add up."""

from collections import defaultdict
from datetime import UTC, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.edges import Size, edges_between
from fleet_app.domain.panes import (
    OpenPane,
    OpenPanes,
    Pane,
    Sized,
    Step,
    open_at,
    open_by_size,
    revised,
    roll,
    with_open,
    with_speed,
)
from fleet_app.domain.totals import NOTHING, Totals, plus

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
BERLIN = ZoneInfo("Europe/Berlin")
NOON_MS = 1_792_843_200_000
"""In Berlin, the day before the night in which clocks go back."""


def after(panes: OpenPanes, step: Step, zone: tzinfo = UTC) -> tuple[OpenPanes, list[Sized]]:
    """Return panes after a step, wherever it ends."""
    return (panes, []) if step.until_ms < panes.minute.end_ms else roll(panes, step, zone)


def test_the_open_panes_hold_the_moment() -> None:
    sums = Totals(fixes=7)

    assert open_at(NOON_MS + 61_000, sums, UTC) == OpenPanes(
        OpenPane(NOON_MS + MINUTE_MS, NOON_MS + 2 * MINUTE_MS, sums),
        OpenPane(NOON_MS, NOON_MS + HOUR_MS, sums),
        OpenPane(NOON_MS - 12 * HOUR_MS, NOON_MS + 12 * HOUR_MS, sums),
    )


def test_a_step_over_an_edge_is_shared_by_time_and_the_fix_belongs_to_its_end() -> None:
    panes = open_at(NOON_MS, NOTHING, UTC)
    step = Step(NOON_MS + 58_000, NOON_MS + 62_000, Totals(fixes=3), Totals(4, 300.0, moving_s=4.0))

    panes, closed = roll(panes, step, UTC)

    assert closed == [Sized(Size.MINUTE, Pane(NOON_MS, NOON_MS + MINUTE_MS, Totals(3, 150.0, moving_s=2.0)))]
    assert next(open_by_size(panes, step.after)).pane.sums == Totals(1, 150.0, moving_s=2.0)


def test_a_step_that_ends_on_an_edge_leaves_nothing_but_the_fix_beyond_it() -> None:
    panes = open_at(NOON_MS, NOTHING, UTC)
    step = Step(NOON_MS, NOON_MS + MINUTE_MS, Totals(fixes=1), Totals(2, 300.0))

    panes, closed = roll(panes, step, UTC)

    assert [pane.sums for _, pane in closed] == [Totals(1, 300.0)]
    assert next(open_by_size(panes, step.after)).pane.sums == Totals(fixes=1)


def test_the_highest_speed_is_that_of_the_fixes_in_each_pane() -> None:
    panes, sums = open_at(NOON_MS, NOTHING, UTC), Totals(fixes=1)
    for speed_mps in (3.0, 9.0, 5.0):
        panes = with_speed(panes, speed_mps)
    panes, closed = roll(panes, Step(NOON_MS, NOON_MS + 70_000, sums, Totals(fixes=2)), UTC)
    panes = with_speed(panes, 4.0)
    panes, more = roll(panes, Step(NOON_MS + 70_000, NOON_MS + HOUR_MS, Totals(fixes=2), Totals(fixes=3)), UTC)

    assert [(size, pane.max_speed_mps) for size, pane in [*closed, *more]] == [
        (Size.MINUTE, 9.0),
        (Size.MINUTE, 4.0),
        (Size.HOUR, 9.0),
    ]


def test_the_open_hour_knows_the_speed_of_the_open_minute() -> None:
    panes = with_speed(open_at(NOON_MS, NOTHING, UTC), 9.0)

    assert [pane.max_speed_mps for _, pane in open_by_size(panes, Totals(fixes=1))] == [9.0, 9.0, 9.0]


def test_panes_in_which_nothing_was_counted_are_left_out() -> None:
    sums = Totals(fixes=1)
    panes = open_at(NOON_MS, sums, UTC)

    _, closed = roll(panes, Step(NOON_MS, NOON_MS + 5 * DAY_MS, sums, Totals(fixes=2)), UTC)

    assert closed == []


@pytest.mark.parametrize(("past_midnight_ms", "kept"), [(0, [1_440, 720, 400]), (30_000, [1_439, 719, 399])])
def test_a_silence_of_years_costs_what_is_kept_at_most(past_midnight_ms: int, kept: list[int]) -> None:
    sums, until_ms = Totals(fixes=1), 1_000 * DAY_MS + past_midnight_ms
    _, closed = roll(open_at(0, NOTHING, UTC), Step(0, until_ms, sums, Totals(2, 1_000_000.0)), UTC)

    long_after = [(size, pane) for size, pane in closed if pane.start_ms > 0]
    assert [sum(size is each for size, _ in long_after) for each in Size] == kept
    days_m = [pane.sums.distance_m for size, pane in long_after if size is Size.DAY]
    assert days_m == pytest.approx([1_000_000 * DAY_MS / until_ms] * kept[2])


def test_in_another_zone_than_before_nothing_is_counted_twice() -> None:
    # Days in UTC end at one or two in the morning in Berlin, an hour or two into the day there.
    midnight_ms = NOON_MS + 12 * HOUR_MS
    panes = open_at(midnight_ms - 5_000, NOTHING, UTC)
    step = Step(midnight_ms - 5_000, midnight_ms + 5_000, Totals(fixes=1), Totals(2, 200.0, moving_s=10.0))

    panes, closed = roll(panes, step, BERLIN)

    days = [pane for size, pane in [*closed, *open_by_size(panes, step.after)] if size is Size.DAY]
    assert [day.sums.distance_m for day in days] == [100.0, 100.0]


steps = st.lists(
    st.tuples(
        st.integers(1, 5 * HOUR_MS),
        st.floats(0, 5_000),
        st.sampled_from(("moving_s", "idle_s", "idle_probable_s", "stop_s", None)),
        st.none() | st.floats(0, 60),
    ),
    min_size=1,
    max_size=40,
)
zones = st.sampled_from([UTC, BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")])


def counted(before: Totals, duration_ms: int, metres: float, field: str | None) -> Totals:
    seconds = {} if field is None else {field: getattr(before, field) + duration_ms / 1_000}
    more = {"fixes": before.fixes + 1, "distance_m": before.distance_m + metres} | seconds
    return msgspec.structs.replace(before, **more)


@given(steps, zones, st.integers(0, DAY_MS))
def test_minutes_make_hours_hours_make_days_and_days_make_the_whole(
    taken: list[tuple[int, float, str | None, float | None]], zone: tzinfo, offset_ms: int
) -> None:
    time_ms, sums = NOON_MS + offset_ms, Totals(fixes=1)
    panes = open_at(time_ms, NOTHING, zone)
    every: list[Sized] = []
    fastest_mps: list[float] = []
    for duration_ms, metres, field, speed_mps in taken:
        step = Step(time_ms, time_ms + duration_ms, sums, counted(sums, duration_ms, metres, field))
        time_ms, sums = step.until_ms, step.after
        panes, closed = after(panes, step, zone)
        every += closed
        if speed_mps is not None:
            panes = with_speed(panes, speed_mps)
            fastest_mps.append(speed_mps)
    every += open_by_size(panes, sums)

    by_size: dict[Size, list[Pane]] = defaultdict(list)
    for size, pane in every:
        by_size[size].append(pane)
    for rows in by_size.values():
        assert all(before.end_ms <= later.start_ms for before, later in pairwise(rows))
        check_sums(rows, sums)
        assert max((row.max_speed_mps for row in rows if row.max_speed_mps is not None), default=None) == max(
            fastest_mps, default=None
        )
    for shorter, longer in ((Size.MINUTE, Size.HOUR), (Size.HOUR, Size.DAY)):
        for pane in by_size[longer]:
            check_sums([row for row in by_size[shorter] if pane.start_ms <= row.start_ms < pane.end_ms], pane.sums)
    for size, pane in every:
        assert next(edges_between(size, pane.start_ms, pane.start_ms, zone)) == (pane.start_ms, pane.end_ms)


def check_sums(rows: list[Pane], expected: Totals) -> None:
    found = NOTHING
    for row in rows:
        found = plus(found, row.sums)
    assert msgspec.structs.astuple(found) == pytest.approx(msgspec.structs.astuple(expected), abs=1e-3)


PANE = Pane(0, MINUTE_MS, Totals(3, 20.0), 7.0)


def test_a_pane_that_was_not_told_gets_its_first_revision() -> None:
    assert revised(None, PANE) == msgspec.structs.replace(PANE, revision=1)


def test_a_pane_that_says_the_same_is_not_told_again() -> None:
    told = msgspec.structs.replace(PANE, revision=4)

    assert revised(told, msgspec.structs.replace(PANE, sums=Totals(3, 20.0 + 1e-9))) is None


@pytest.mark.parametrize(
    "pane",
    [
        msgspec.structs.replace(PANE, sums=Totals(4, 20.0)),
        msgspec.structs.replace(PANE, sums=Totals(3, 20.5)),
        msgspec.structs.replace(PANE, max_speed_mps=None),
    ],
)
def test_a_pane_that_says_something_else_is_told_with_the_next_revision(pane: Pane) -> None:
    told = msgspec.structs.replace(PANE, revision=4)

    assert revised(told, pane) == msgspec.structs.replace(pane, revision=5)


def test_the_open_pane_takes_the_place_of_a_row_that_was_told_too_early() -> None:
    early, later = PANE, Pane(MINUTE_MS, 2 * MINUTE_MS, Totals(1))
    open_pane = msgspec.structs.replace(later, sums=Totals(5))

    assert with_open([early, later], open_pane) == [early, open_pane]
