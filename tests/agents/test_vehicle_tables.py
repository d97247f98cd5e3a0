"""A vehicle's panes in the tables, whatever comes in whatever order, against a plain recomputation."""

import json
from collections import defaultdict
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.track_positions import track_positions
from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane, PaneRules, add_panes
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records import ClosedWindow, closed_window
from fleet_app.stream.declarations import PlainRecord
from fleet_app.topics import WINDOWS
from tests.agents.fakes import FakeTask
from tests.reliability.oracle import Expected, Span

ZONE = ZoneInfo("Europe/Berlin")
# An hour before the night in which clocks went forward.
START_MS = 1_774_735_200_000
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
AGENT = track_positions(ArrivalRules(max_skew_ms=1_000 * DAY_MS, max_age_ms=None), PaneRules(5_000, ZONE))


class Fleet(FakeTask):
    """The agent's task with one vehicle, which sends fixes."""

    def __init__(self) -> None:
        super().__init__(AGENT)
        self.now_ms = START_MS

    def fix(self, time_ms: int, lat: float = 52.5, speed_mps: float | None = None) -> None:
        value = {"vehicle_id": "van-1", "time_ms": time_ms, "lat": lat, "lon": 13.4, "speed_mps": speed_mps}
        self.receive(PlainRecord(0, self.now_ms, b"van-1", json.dumps(value).encode()))

    def vehicle(self) -> Vehicle:
        found = self.contents["vehicles"]["van-1"]
        assert isinstance(found, Vehicle)
        return found

    def rows_of(self, size: Size) -> list[Pane]:
        return [pane for _, pane in sorted(self.contents[f"windows_{size}"].items())]

    def panes(self, size: Size) -> tuple[Pane, ...]:
        return add_panes(self.rows_of(size), dict(self.vehicle().open.by_size())[size])


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def told(fleet: Fleet, size: Size) -> list[tuple[int, int, int]]:
    """Return start, fixes and revision of each window that was published."""
    windows: list[ClosedWindow] = fleet.values(WINDOWS)
    return [(window.start_ms, window.fixes, window.revision) for window in windows if window.size is size]


def test_a_minute_closes_when_event_time_is_past_it_by_the_grace(fleet: Fleet) -> None:
    fleet.fix(START_MS)
    fleet.fix(START_MS + MINUTE_MS + 4_999)
    before = told(fleet, Size.MINUTE)
    fleet.fix(START_MS + MINUTE_MS + 5_000)

    assert (before, told(fleet, Size.MINUTE)) == ([], [(START_MS, 1, 1)])
    assert fleet.rows_of(Size.MINUTE) == [Pane(START_MS, START_MS + MINUTE_MS, 1, revision=1)]


def test_a_fix_within_the_grace_still_counts_before_the_minute_closes(fleet: Fleet) -> None:
    for time_ms in (START_MS, START_MS + MINUTE_MS + 2_000, START_MS + MINUTE_MS - 1, START_MS + 2 * MINUTE_MS):
        fleet.fix(time_ms)

    assert told(fleet, Size.MINUTE) == [(START_MS, 2, 1)]


def test_a_late_fix_revises_a_closed_minute(fleet: Fleet) -> None:
    for time_ms in (START_MS, START_MS + 3 * MINUTE_MS, START_MS + 1, START_MS + 2):
        fleet.fix(time_ms)

    assert told(fleet, Size.MINUTE) == [(START_MS, 1, 1), (START_MS, 2, 2), (START_MS, 3, 3)]


def test_the_last_minute_of_a_vehicle_that_went_quiet_closes_by_timer(fleet: Fleet) -> None:
    fleet.now_ms = START_MS + 700
    fleet.fix(START_MS)
    due_ms = START_MS + 700 + MINUTE_MS + 5_000
    fleet.tick(due_ms - 1)
    before = told(fleet, Size.MINUTE)
    fleet.tick(due_ms)

    assert (before, told(fleet, Size.MINUTE)) == ([], [(START_MS, 1, 1)])


def test_a_timer_that_comes_too_early_is_armed_again(fleet: Fleet) -> None:
    fleet.fix(START_MS)
    fleet.now_ms += 30_000
    fleet.fix(START_MS + 90_000)
    fleet.now_ms += 30_000
    fleet.fix(START_MS + 95_000)
    fleet.tick(START_MS + 65_000)
    early = told(fleet, Size.MINUTE)
    fleet.tick(START_MS + 90_000)

    assert early == [(START_MS, 1, 1)]
    assert told(fleet, Size.MINUTE) == [(START_MS, 1, 1), (START_MS + MINUTE_MS, 2, 1)]


def test_hours_and_days_close_by_timer_too_and_then_there_is_no_timer_left(fleet: Fleet) -> None:
    fleet.fix(START_MS)
    fleet.tick(START_MS + 2 * DAY_MS)

    assert [len(fleet.rows_of(size)) for size in Size] == [1, 1, 1]
    assert (fleet.vehicle().open.by_size(), fleet.contents["vehicle_timers"]) == (Vehicle("").open.by_size(), {})


def test_what_comes_for_a_minute_that_a_timer_closed_is_told_once_in_one_revision(fleet: Fleet) -> None:
    fleet.fix(START_MS)
    fleet.tick(START_MS + 2 * MINUTE_MS)
    for time_ms in (START_MS + 1, START_MS + 2, START_MS + 3, START_MS + 3 * MINUTE_MS):
        fleet.fix(time_ms)

    assert told(fleet, Size.MINUTE) == [(START_MS, 1, 1), (START_MS, 4, 2)]


def test_metres_driven_through_closed_minutes_revise_them(fleet: Fleet) -> None:
    fleet.fix(START_MS, 52.5)
    fleet.tick(START_MS + 2 * MINUTE_MS)
    fleet.fix(START_MS + 4 * MINUTE_MS + 5_000, 52.6)
    rows = fleet.rows_of(Size.MINUTE)

    assert [(row.revision, row.fixes) for row in rows] == [(2, 1), (1, 0), (1, 0), (1, 0)]
    assert sum(pane.distance_m for pane in fleet.panes(Size.MINUTE)) == pytest.approx(fleet.vehicle().odometer_m)


def test_rows_are_forgotten_once_an_hour_at_most(fleet: Fleet) -> None:
    for minute in range(0, 26 * 60, 5):
        fleet.fix(START_MS + minute * MINUTE_MS)
    expired = fleet.contents["windows_1m"].expired

    assert len(expired) == 25
    assert expired[-1] == ("van-1", START_MS + 25 * HOUR_MS + 5 * MINUTE_MS - DAY_MS)
    assert min(row.start_ms for row in fleet.rows_of(Size.MINUTE)) >= expired[-1][1]


def test_hours_and_days_are_forgotten_when_a_day_closes(fleet: Fleet) -> None:
    for day in range(450):
        fleet.fix(START_MS + day * DAY_MS)
    newest_ms = START_MS + 449 * DAY_MS

    assert fleet.rows_of(Size.HOUR)[0].start_ms >= newest_ms - 31 * DAY_MS
    assert fleet.rows_of(Size.DAY)[0].start_ms >= newest_ms - 401 * DAY_MS


def test_a_fix_that_is_too_old_for_minutes_counts_in_its_hour_and_day(fleet: Fleet) -> None:
    fleet.fix(START_MS + 2 * DAY_MS)
    fleet.fix(START_MS)

    assert [len(fleet.panes(size)) for size in Size] == [1, 2, 2]


Sighting = tuple[int, float, float | None]
"""A fix: ms since the start, latitude, speed in m/s."""
Event = Sighting | int | str
"""A fix, a pause in ms, or a restart."""

moments = st.one_of(
    st.integers(0, 200_000),
    st.integers(0, 5 * HOUR_MS),
    st.sampled_from([0, 1_000, 59_999, 60_000, 64_999, 65_000, HOUR_MS, 2 * HOUR_MS, DAY_MS, 3 * DAY_MS]),
)
fixes = st.tuples(moments, st.sampled_from([52.5, 52.5001, 52.52]), st.none() | st.integers(0, 30).map(float))
pauses = st.sampled_from([0, 1, 1_000, 66_000, HOUR_MS, DAY_MS])
events = st.lists(fixes | pauses | st.just("restart"), max_size=40)


def play(fleet: Fleet, happened: list[Event]) -> Expected:
    """Let everything happen, and return what must come of it."""
    expected = Expected(ZONE)
    for event in happened:
        match event:
            case (moment_ms, lat, speed_mps):
                fleet.fix(START_MS + moment_ms, lat, speed_mps)
                expected.receive(START_MS + moment_ms, lat, 13.4, speed_mps)
            case int(pause_ms):
                fleet.now_ms += pause_ms
                fleet.tick(fleet.now_ms)
            case _:
                fleet.restart()
    return expected


def as_spans(panes: tuple[Pane, ...], oldest_ms: int) -> dict[int, tuple[int, int, float | None]]:
    return {
        pane.start_ms: (pane.fixes, pane.speed_fixes, pane.max_speed_mps)
        for pane in panes
        if pane.start_ms >= oldest_ms
    }


def expected_spans(spans: dict[int, Span]) -> dict[int, tuple[int, int, float | None]]:
    return {
        start_ms: (span.fixes, len(span.speeds_mps), max(span.speeds_mps, default=None))
        for start_ms, span in spans.items()
    }


@settings(max_examples=150, deadline=None)
@given(fixes, events)
def test_rows_and_open_panes_are_what_a_plain_recomputation_says(first: Sighting, happened: list[Event]) -> None:
    fleet = Fleet()
    expected = play(fleet, [first, *happened])

    for size in Size:
        spans = expected.kept(size)
        panes = {pane.start_ms: pane for pane in fleet.panes(size)}
        oldest_ms = fleet.vehicle().last.time_ms - {"1m": 1, "1h": 30, "1d": 400}[size] * DAY_MS  # type: ignore[union-attr]
        assert as_spans(fleet.panes(size), oldest_ms) == expected_spans(spans)
        assert [panes[start_ms].distance_m for start_ms in spans] == pytest.approx(
            [span.distance_m for span in spans.values()], rel=1e-4, abs=0.01
        )


@settings(max_examples=150, deadline=None)
@given(fixes, events)
def test_every_change_of_a_row_is_published_with_the_next_revision(first: Sighting, happened: list[Event]) -> None:
    fleet = Fleet()
    play(fleet, [first, *happened])

    published: dict[tuple[str, int], list[ClosedWindow]] = defaultdict(list)
    for window in fleet.values(WINDOWS):
        published[window.size, window.start_ms].append(window)
    assert all([w.revision for w in windows] == list(range(1, len(windows) + 1)) for windows in published.values())
    vehicle, rows = fleet.vehicle(), [(size, row) for size in Size for row in fleet.rows_of(size)]
    assert [published[size, row.start_ms][-1] for size, row in rows] == [closed_window(vehicle, *row) for row in rows]


@settings(max_examples=100, deadline=None)
@given(fixes, events)
def test_a_restart_changes_nothing(first: Sighting, happened: list[Event]) -> None:
    stopping, steady = Fleet(), Fleet()
    steps = [first, *(event for event in happened if event != "restart")]
    play(stopping, [step for event in steps for step in (event, "restart")])
    play(steady, steps)

    assert stopping.contents == steady.contents
    assert msgspec.json.encode([sent[2] for sent in stopping.sent]) == msgspec.json.encode([s[2] for s in steady.sent])


@settings(max_examples=100, deadline=None)
@given(fixes, events)
def test_minutes_add_up_to_the_hour_and_hours_to_the_day(first: Sighting, happened: list[Event]) -> None:
    fleet = Fleet()
    play(fleet, [first, *happened])

    newest_ms = max(pane.end_ms for pane in fleet.panes(Size.DAY))
    for longer, shorter, kept_ms in ((Size.HOUR, Size.MINUTE, DAY_MS), (Size.DAY, Size.HOUR, 30 * DAY_MS)):
        whole = [pane for pane in fleet.panes(longer) if pane.start_ms >= newest_ms - kept_ms]
        parts = [[p for p in fleet.panes(shorter) if pane.start_ms <= p.start_ms < pane.end_ms] for pane in whole]
        assert [pane.fixes for pane in whole] == [sum(p.fixes for p in group) for group in parts]
        assert [pane.distance_m for pane in whole] == pytest.approx([sum(p.distance_m for p in g) for g in parts])
