"""How panes fill and close."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.edges import Size
from fleet_app.domain.panes import (
    NO_PANES,
    Pane,
    PaneRules,
    PaneSet,
    Step,
    add_panes,
    add_step,
    close_panes,
    first_end_ms,
    revise,
)

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
RULES = PaneRules(5_000, UTC)


def minutes_after(*steps: Step) -> tuple[list[Pane], list[Pane]]:
    """Return the open minutes, and what went to closed ones."""
    panes, newest_ms = NO_PANES, 0
    closed: list[Pane] = []
    for step in steps:
        newest_ms = max(newest_ms, step.until_ms)
        panes, more = add_step(panes, step, newest_ms, RULES)
        closed += more.minutes
    return list(panes.minutes), closed


def test_a_fix_counts_in_one_pane_of_each_size() -> None:
    panes, closed = add_step(NO_PANES, Step(125_000, 125_000, 0.0, 12.0), 125_000, RULES)

    counted = (1, 0.0, 1, 12.0, 12.0)
    assert panes.by_size() == (
        (Size.MINUTE, (Pane(120_000, 180_000, *counted),)),
        (Size.HOUR, (Pane(0, HOUR_MS, *counted),)),
        (Size.DAY, (Pane(0, DAY_MS, *counted),)),
    )
    assert closed is NO_PANES


def test_speeds_are_summed_and_the_highest_is_kept_where_there_are_any() -> None:
    steps = [Step(1_000 * at, 1_000 * at, 0.0, speed) for at, speed in enumerate([None, 3.0, 8.0, None, 5.0])]

    assert minutes_after(*steps) == ([Pane(0, 60_000, 5, 0.0, 3, 16.0, 8.0)], [])


def test_a_step_over_an_edge_is_shared_by_time() -> None:
    assert minutes_after(Step(58_000, 62_000, 300.0, None))[0] == [
        Pane(0, 60_000, 0, 150.0),
        Pane(60_000, 120_000, 1, 150.0),
    ]


def test_a_step_that_ends_on_an_edge_leaves_nothing_beyond_it() -> None:
    assert minutes_after(Step(30_000, 60_000, 10.0, None))[0] == [Pane(0, 60_000, 0, 10.0), Pane(60_000, 120_000, 1)]


def test_a_pane_closes_with_the_fix_that_is_past_it_by_the_grace() -> None:
    first, before, after = (Step(time_ms, time_ms, 0.0, None) for time_ms in (0, 64_999, 65_000))

    assert minutes_after(first, before)[1] == []
    assert minutes_after(first, before, after)[1] == [Pane(0, 60_000, 1)]


def test_without_a_grace_a_pane_closes_with_the_first_fix_at_its_end() -> None:
    first, _ = add_step(NO_PANES, Step(0, 0, 0.0, None), 0, PaneRules(0, UTC))
    _, closed = add_step(first, Step(60_000, 60_000, 0.0, None), 60_000, PaneRules(0, UTC))

    assert closed.minutes == (Pane(0, 60_000, 1),)


def test_a_late_fix_in_a_pane_that_waits_finds_it() -> None:
    steps = (Step(time_ms, time_ms, 0.0, None) for time_ms in (0, 61_000, 59_000))

    assert minutes_after(*steps) == ([Pane(0, 60_000, 2), Pane(60_000, 120_000, 1)], [])


def test_a_later_fix_goes_to_its_closed_pane() -> None:
    steps = (Step(time_ms, time_ms, 0.0, 7.0) for time_ms in (0, 200_000, 59_000))

    assert minutes_after(*steps)[1] == [Pane(0, 60_000, 1, 0.0, 1, 7.0, 7.0), Pane(0, 60_000, 1, 0.0, 1, 7.0, 7.0)]


@pytest.mark.parametrize(("days", "kept"), [(2, [False, True, True]), (31, [False, False, True]), (401, [False] * 3)])
def test_what_is_older_than_a_size_is_kept_for_does_not_touch_it(days: int, kept: list[bool]) -> None:
    newest_ms = days * DAY_MS
    panes, _ = add_step(NO_PANES, Step(newest_ms, newest_ms, 0.0, None), newest_ms, RULES)
    _, closed = add_step(panes, Step(0, 0, 0.0, None), newest_ms, RULES)

    assert [bool(each) for _, each in closed.by_size()] == kept


@pytest.mark.parametrize(("past_midnight_ms", "kept"), [(0, [1_440, 720, 400]), (30_000, [1_439, 719, 399])])
def test_a_silence_of_years_costs_what_is_kept_at_most(past_midnight_ms: int, kept: list[int]) -> None:
    newest_ms = 1_000 * DAY_MS + past_midnight_ms
    _, closed = add_step(NO_PANES, Step(0, newest_ms, 1_000_000.0, None), newest_ms, PaneRules(0, UTC))

    assert [len(each) for _, each in closed.by_size()] == kept
    assert [pane.distance_m for pane in closed.days] == pytest.approx([1_000.0] * kept[2])


def test_a_silence_without_a_metre_leaves_no_panes() -> None:
    _, closed = add_step(NO_PANES, Step(10 * DAY_MS, 10 * DAY_MS, 0.0, None), 10 * DAY_MS, RULES)

    assert closed is NO_PANES


steps = st.lists(
    st.tuples(st.integers(1, 5 * HOUR_MS), st.floats(0, 5_000), st.none() | st.floats(0, 60)), min_size=1, max_size=40
)


@given(steps, st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")]))
def test_hours_and_days_add_up_to_the_way_driven(taken: list[tuple[int, float, float | None]], zone: tzinfo) -> None:
    # Two days before the night in which Berlin's clocks went back.
    panes, time_ms = NO_PANES, 1_792_700_000_000
    found: dict[Size, tuple[Pane, ...]] = dict.fromkeys(Size, ())
    for duration_ms, metres, speed_mps in taken:
        step = Step(time_ms, time_ms + duration_ms, metres, speed_mps)
        time_ms += duration_ms
        panes, closed = add_step(panes, step, time_ms, PaneRules(5_000, zone))
        found = {size: add_panes(found[size], more) for size, more in closed.by_size()}

    speeds = [speed_mps for _, _, speed_mps in taken if speed_mps is not None]
    for size, waiting in panes.by_size()[1:]:
        every = add_panes(found[size], waiting)
        assert sum(pane.fixes for pane in every) == len(taken)
        assert sum(pane.speed_fixes for pane in every) == len(speeds)
        assert sum(pane.distance_m for pane in every) == pytest.approx(sum(metres for _, metres, _ in taken))


def test_panes_of_one_start_add_up() -> None:
    rows = [Pane(0, 60_000, 2, 10.0, 1, 5.0, 5.0, 3), Pane(60_000, 120_000, 1, revision=1)]
    more = [Pane(0, 60_000, 1, 2.5, 1, 9.0, 9.0), Pane(120_000, 180_000, 1)]

    assert add_panes(rows, more) == (Pane(0, 60_000, 3, 12.5, 2, 14.0, 9.0, 3), rows[1], more[1])


def test_panes_that_end_after_a_time_stay_open() -> None:
    early, later = Pane(0, 60_000, 1), Pane(60_000, 120_000, 1)

    assert close_panes(PaneSet((early, later)), 60_000) == (PaneSet((later,)), PaneSet((early,)))


def test_the_first_end_is_that_of_whatever_ends_first() -> None:
    hour = Pane(0, HOUR_MS, 1)

    assert first_end_ms(PaneSet((Pane(HOUR_MS, HOUR_MS + 60_000, 1),), (hour,))) == HOUR_MS
    assert first_end_ms(NO_PANES) is None


def test_a_row_counts_its_revisions() -> None:
    first = revise(None, Pane(0, 60_000, 1))

    assert first == Pane(0, 60_000, 1, revision=1)
    assert revise(first, Pane(0, 60_000, 1)) == Pane(0, 60_000, 2, revision=2)
