"""Closed windows: what closes them, what revises them, and what they add up to."""

from collections import defaultdict

import pytest
from hypothesis import given, settings

from agents.keeping.panes import ClosedPanes
from fleet_app.domain.edges import MINUTE_MS, Size
from fleet_app.domain.panes import Pane, Sized
from fleet_app.domain.totals import Totals
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.closed_window import ClosedWindow, closed_window
from fleet_app.topics import WINDOWS
from tests.agents.one_van import COUNTED, DAY_MS, HOUR_MS, OneVan, counted
from tests.agents.tapes import Sent, dirty_tapes, played
from tests.domain.drives import START_MS, driving, fix_at, standing

MINUTE = Pane(START_MS, START_MS + MINUTE_MS, Totals(fixes=6, distance_m=500.0, moving_s=60.0), 12.0)


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def told(van: OneVan, size: Size) -> list[tuple[int, int, int]]:
    """Return minutes since the start, fixes and revision of each window, in the order in which they were told."""
    return [
        ((window.start_ms - START_MS) // MINUTE_MS, window.fixes, window.revision)
        for window in van.values(WINDOWS)
        if window.size is size
    ]


def test_a_closed_pane_is_a_row_and_a_record(van: OneVan) -> None:
    vehicle = Vehicle("van-1")
    ClosedPanes(van).tell(vehicle, [Sized(Size.MINUTE, MINUTE)])
    [row] = van.contents["windows_1m"].items()

    assert row[0] == ("van-1", START_MS)
    assert (row[1].sums, row[1].revision) == (MINUTE.sums, 1)
    assert van.sent == [(WINDOWS, "van-1", closed_window("van-1", "default", Size.MINUTE, row[1]))]


def test_what_was_told_is_not_repeated_and_what_changes_has_the_next_revision(van: OneVan) -> None:
    closed, vehicle = ClosedPanes(van), Vehicle("van-1")
    changed = Pane(MINUTE.start_ms, MINUTE.end_ms, Totals(fixes=7, distance_m=500.0, moving_s=60.0), 12.0)
    for pane in (MINUTE, MINUTE, changed, changed):
        closed.tell(vehicle, [Sized(Size.MINUTE, pane)])

    assert told(van, Size.MINUTE) == [(0, 6, 1), (0, 7, 2)]


def test_a_pane_in_which_nothing_happened_after_all_is_told_empty(van: OneVan) -> None:
    closed, vehicle = ClosedPanes(van), Vehicle("van-1")
    closed.tell(vehicle, [Sized(Size.MINUTE, MINUTE)])
    closed.tell_empty(vehicle, [Sized(Size.MINUTE, MINUTE)])

    assert told(van, Size.MINUTE) == [(0, 6, 1), (0, 0, 2)]


def test_nothing_is_told_of_a_pane_in_which_nothing_ever_happened(van: OneVan) -> None:
    ClosedPanes(van).tell_empty(Vehicle("van-1"), [Sized(Size.MINUTE, MINUTE)])

    assert (van.sent, van.contents["windows_1m"]) == ([], {})


def test_a_minute_closes_when_a_later_fix_has_left_the_reorder_buffer(van: OneVan) -> None:
    van.send_at_once(standing(0, 61, 10))
    before = told(van, Size.MINUTE)
    van.send_at_once([fix_at(66)])

    assert (before, told(van, Size.MINUTE)) == ([], [(0, 6, 1)])


def test_panes_close_by_a_timer_when_the_vehicle_is_silent(van: OneVan) -> None:
    van.send_at_once(driving(0, 100))
    van.wait_until(START_MS + DAY_MS)

    assert told(van, Size.MINUTE) == [(0, 6, 1), (1, 4, 1)]
    assert told(van, Size.HOUR) == [(0, 10, 1)]
    assert told(van, Size.DAY) == [(-7 * 60, 10, 1)]


def test_a_timer_tells_a_pane_once(van: OneVan) -> None:
    van.send_at_once(driving(0, 100))
    van.wait(90)
    first = told(van, Size.MINUTE)
    van.wait(600)

    assert first == told(van, Size.MINUTE)


def test_the_next_fix_revises_what_a_timer_told_only_if_it_changes_it(van: OneVan) -> None:
    van.send_at_once(driving(0, 60))
    van.wait(30)
    first = told(van, Size.MINUTE)
    van.send_at_once([fix_at(58, 590)], driving(120, 140, 1_200))

    assert first == [(0, 6, 1)]
    assert told(van, Size.MINUTE)[:2] == [(0, 6, 1), (0, 7, 2)]


def test_a_late_fix_revises_a_pane_that_a_timer_told(van: OneVan) -> None:
    van.send_at_once(driving(0, 40))
    van.wait(90)
    van.bring_fix(fix_at(25, 260), van.now_ms)
    van.wait(10)

    assert told(van, Size.MINUTE) == [(0, 4, 1), (0, 5, 2)]


def test_a_pane_that_a_timer_told_is_empty_when_a_late_fix_shows_that_the_van_was_elsewhere(van: OneVan) -> None:
    van.send_at_once([fix_at(65, 3_000)])
    van.wait(120)
    van.bring_now([fix_at(30)])
    van.wait(120)

    assert van.vehicle.refused == {"implied_speed": 1}
    assert told(van, Size.MINUTE) == [(1, 1, 1), (1, 0, 2), (0, 1, 1)]


def test_a_stretch_that_comes_in_order_after_its_hour_was_told_revises_it_by_a_timer(van: OneVan) -> None:
    van.send_at_once(driving(0, 600))
    van.wait(2 * 3_600)
    van.bring_now(driving(600, 1_200, 6_000))
    van.wait(3_600)

    assert told(van, Size.HOUR) == [(0, 60, 1), (0, 120, 2)]
    assert van.windows(Size.MINUTE).keys() == {START_MS + minute * MINUTE_MS for minute in range(20)}


def test_hours_wait_for_their_end(van: OneVan) -> None:
    van.send_at_once(standing(0, 3_700, 60))

    assert told(van, Size.HOUR) == [(0, 60, 1)]


@settings(deadline=None)
@given(dirty_tapes())
def test_each_revision_is_the_next_one_and_says_something_new(tape: list[Sent]) -> None:
    windows: dict[tuple[Size, int], list[ClosedWindow]] = defaultdict(list)
    for window in played(tape).values(WINDOWS):
        windows[window.size, window.start_ms].append(window)

    for revisions in windows.values():
        assert [window.revision for window in revisions] == [*range(1, len(revisions) + 1)]


@settings(deadline=None)
@given(dirty_tapes())
def test_minutes_add_up_to_the_hour_and_hours_to_the_day(tape: list[Sent]) -> None:
    van = played(tape)
    van.wait(2 * DAY_MS / 1_000)
    course = van.vehicle.course
    minutes, hours, days = van.windows(Size.MINUTE), van.windows(Size.HOUR), van.windows(Size.DAY)

    assert summed(minutes, HOUR_MS) == approximately(summed(hours, HOUR_MS))
    assert summed(hours, DAY_MS) == approximately(summed(days, DAY_MS))
    assert course is not None
    assert summed(days, 1 << 62) == approximately({0: counted(course.totals)})


def summed(windows: dict[int, ClosedWindow], span_ms: int) -> dict[int, dict[str, float]]:
    """Return what windows that start in the same span of time add up to."""
    sums: dict[int, dict[str, float]] = {}
    for start_ms, window in windows.items():
        total = sums.setdefault(start_ms // span_ms, dict.fromkeys(COUNTED, 0.0))
        total |= {name: total[name] + getattr(window, name) for name in COUNTED}
    return sums


def approximately(sums: dict[int, dict[str, float]]) -> dict[int, object]:
    return {start: pytest.approx(total, abs=0.1) for start, total in sums.items()}
