"""What time itself brings about."""

import msgspec
import pytest

from fleet_app.domain.edges import Size
from fleet_app.domain.events import EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.legs import LegKind
from fleet_app.domain.quiet import (
    due_ms,
    flush_due_ms,
    offline_due_ms,
    passed,
    passing_due_ms,
    repair_due_ms,
    retire_due_ms,
    silence_of,
)
from fleet_app.domain.vehicle import REPAIR_MS, OpenTrack, Vehicle
from tests.domain.drives import RULES, START_MS, Tracker, driving, fix_at, run, standing

NEW = Vehicle("van-1")
HOUR_MS = 3_600_000
QUIET_MS = 15_000
"""One and a half of the ten seconds that a vehicle is taken to report by before it has."""


def heard(*seconds: float, delay_ms: int = 1_000) -> Tracker:
    """Return a vehicle with fixes at such times, each received so much later."""
    tracker = Tracker()
    for second in seconds:
        tracker.receive(fix_at(second), START_MS + round(second * 1_000) + delay_ms)
    return tracker


def sizes_over(vehicle: Vehicle, now_ms: int) -> list[Size]:
    over = passed(vehicle, now_ms, RULES)
    assert over is not None
    return [size for size, _ in over.panes]


def test_nothing_is_due_of_a_vehicle_that_was_never_heard() -> None:
    assert due_ms(NEW, OpenTrack(), RULES) is None
    assert passed(NEW, 10**15, RULES) is None


def test_what_waits_is_let_go_once_nothing_older_may_come() -> None:
    tracker = heard(0)

    assert flush_due_ms(tracker.vehicle, tracker.track, RULES) == START_MS + 1_000 + RULES.reorder_ms


@pytest.mark.parametrize(("every_s", "quiet_ms"), [(1, 5_000), (3, 5_000), (10, 15_000), (30, 45_000), (120, 60_000)])
def test_who_reports_as_often_as_ever_is_not_quiet(every_s: int, quiet_ms: int) -> None:
    tracker = heard(*range(0, 100 * every_s, every_s))

    due_in_ms = (flush_due_ms(tracker.vehicle, tracker.track, RULES) or 0) - tracker.vehicle.heard_ms
    assert due_in_ms == pytest.approx(quiet_ms, abs=10)


def test_what_waits_after_that_waits_for_the_next() -> None:
    tracker = heard(0)
    flushed = msgspec.structs.replace(tracker.vehicle, is_flushed=True)

    assert flush_due_ms(flushed, tracker.track, RULES) is None
    assert flush_due_ms(tracker.vehicle, OpenTrack(), RULES) is None


def test_late_fixes_are_worked_in_together() -> None:
    late = msgspec.structs.replace(NEW, late=3, late_since_ms=START_MS)

    assert (repair_due_ms(NEW), repair_due_ms(late)) == (None, START_MS + REPAIR_MS)


def test_a_vehicle_is_offline_after_five_minutes_and_that_is_told_once() -> None:
    tracker = heard(*range(0, 60, 10))

    assert offline_due_ms(tracker.vehicle) == START_MS + 51_000 + 300_000
    assert offline_due_ms(msgspec.structs.replace(tracker.vehicle, is_silent=True)) is None


def test_a_minute_is_over_when_the_vehicles_own_time_is_past_it_and_late_ones_had_their_chance() -> None:
    # It is received a minute after it was taken.
    tracker = heard(50, delay_ms=60_000)
    tracker.flush()
    end_ms = START_MS + 60_000 + 60_000 + QUIET_MS

    assert passing_due_ms(tracker.vehicle, RULES) == end_ms
    assert passed(tracker.vehicle, end_ms - 1, RULES) is None
    assert sizes_over(tracker.vehicle, end_ms) == [Size.MINUTE]


def test_the_hour_and_the_day_follow() -> None:
    tracker = heard(50)
    tracker.flush()
    tracker.vehicle = msgspec.structs.replace(tracker.vehicle, told_until_ms=START_MS + 60_000)

    assert passing_due_ms(tracker.vehicle, RULES) == START_MS + HOUR_MS + 1_000 + QUIET_MS
    assert sizes_over(tracker.vehicle, START_MS + 24 * HOUR_MS) == [Size.HOUR, Size.DAY]


def test_no_pane_is_over_while_a_fix_that_lies_in_it_waits() -> None:
    # 58 is in the minute, and waits beside 61; the minute's end has passed by the newest fix.
    tracker = heard(50, 58, 61)
    assert [each.fix for each in tracker.track.buffer] == [fix_at(58), fix_at(61)]
    flush_ms = flush_due_ms(tracker.vehicle, tracker.track, RULES)
    assert flush_ms is not None

    assert passing_due_ms(tracker.vehicle, RULES) == flush_ms
    assert passed(tracker.vehicle, flush_ms - 1, RULES) is None


def test_panes_in_which_nothing_happened_are_not_told() -> None:
    tracker = heard(0)
    tracker.flush()
    course = tracker.vehicle.course
    assert course is not None
    later = msgspec.structs.replace(
        tracker.vehicle,
        course=msgspec.structs.replace(
            course,
            panes=msgspec.structs.replace(
                course.panes, minute=msgspec.structs.replace(course.panes.minute, at_start=course.totals)
            ),
        ),
    )

    assert sizes_over(later, START_MS + 2 * HOUR_MS) == [Size.HOUR]


YARD = Geofence(geofence_id="yard", name="Yard", shape=Circle(52.5, 13.4, 500.0), dwell_limit_s=1_800.0)


def in_the_yard(*seconds: float) -> Tracker:
    """Return a vehicle that stands in the yard, where half an hour is the limit."""
    tracker = Tracker(msgspec.structs.replace(RULES, places=Geofences().changed({"yard": YARD}).of("default")))
    for second in seconds:
        fix = Fix(START_MS + round(second * 1_000), 52.5, 13.4)
        tracker.receive(fix, fix.time_ms)
    tracker.flush()
    return tracker


def test_a_dwell_limit_is_passed_in_silence() -> None:
    tracker = in_the_yard(0, 10, 20)
    limit_ms = START_MS + 1_800_000
    minute_told = msgspec.structs.replace(tracker.vehicle, told_until_ms=START_MS + 60_000)

    assert passing_due_ms(minute_told, tracker.rules) == limit_ms + QUIET_MS
    assert passed(minute_told, limit_ms + QUIET_MS - 1, tracker.rules) is None
    over = passed(minute_told, limit_ms + QUIET_MS, tracker.rules)
    assert over is not None
    assert (over.panes, over.until_ms) == ([], limit_ms)
    assert [(event.type, event.time_ms) for event in over.events] == [(EventType.GEOFENCE_DWELLED, limit_ms)]


def test_a_dwell_limit_that_was_told_is_not_due_again() -> None:
    tracker = in_the_yard(0, 10, 20)
    told = msgspec.structs.replace(tracker.vehicle, told_until_ms=START_MS + 1_800_000)

    assert passing_due_ms(told, tracker.rules) == START_MS + HOUR_MS + QUIET_MS


def test_the_first_of_what_is_due_is_due() -> None:
    tracker = heard(0)

    assert due_ms(tracker.vehicle, tracker.track, RULES) == START_MS + 6_000

    tracker.flush()

    assert due_ms(tracker.vehicle, tracker.track, RULES) == START_MS + 60_000 + 1_000 + QUIET_MS


def test_a_trip_is_over_provisionally_when_the_vehicle_is_silent() -> None:
    silence = silence_of(run([*standing(0, 300), *driving(300, 600)]).now)

    assert [(leg.kind, leg.end_ms) for leg in silence.legs] == [(LegKind.TRIP, START_MS + 590_000)]
    assert [event.type for event in silence.events] == [EventType.TRIP_ENDED, EventType.WENT_OFFLINE]


@pytest.mark.parametrize("until_s", [10, 600])
def test_a_vehicle_that_stands_goes_on_standing_in_silence(until_s: int) -> None:
    silence = silence_of(run(standing(0, until_s)).now)

    assert silence.legs == []
    assert [event.type for event in silence.events] == [EventType.WENT_OFFLINE]


def test_a_vehicle_is_retired_so_long_after_its_last_position_once_it_is_offline() -> None:
    vehicle = heard(0, 10).vehicle
    offline = msgspec.structs.replace(vehicle, is_silent=True, course=run([fix_at(0)]).now)

    assert retire_due_ms(offline, 90 * HOUR_MS) == START_MS + 11_000 + 90 * HOUR_MS
    assert retire_due_ms(msgspec.structs.replace(offline, is_silent=False), 90 * HOUR_MS) is None
    assert retire_due_ms(offline, None) is None


def test_a_vehicle_of_which_nothing_was_accepted_need_not_be_offline_to_be_retired() -> None:
    assert retire_due_ms(Vehicle("van-1", received_ms=START_MS), HOUR_MS) == START_MS + HOUR_MS
