"""Fixes that come late, worked in: as if they had come in order."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.legs import Leg, LegKind
from fleet_app.domain.panes import Sized
from fleet_app.domain.refusals import Reason
from fleet_app.domain.track import Entry, entries_in_columns, entries_of
from tests.domain.drives import (
    LAT,
    LON,
    ORDERED_KINDS,
    RULES,
    START_MS,
    Told,
    Tracker,
    drives,
    driving,
    fix_at,
    standing,
)


def sent(fixes: list[Fix]) -> Tracker:
    tracker = Tracker()
    for fix in fixes:
        tracker.receive(fix, fix.time_ms + 1_000)
    tracker.flush()
    return tracker


def sent_late(fixes: list[Fix], late: list[Fix], parts: int = 1) -> Tracker:
    """Return a vehicle to which some of its fixes came when all others had been judged, in so many parts."""
    tracker = sent([fix for fix in fixes if fix not in late])
    for part in range(parts):
        for fix in late[part::parts]:
            tracker.receive(fix, fixes[-1].time_ms + 3_600_000)
        tracker.settle()
    return tracker


def of_course(course: Course | None) -> Course | None:
    """Return all of a course but what its leg is known by."""
    if course is None or course.leg is None:
        return course
    return msgspec.structs.replace(course, leg=msgspec.structs.replace(course.leg, number=0))


def of_legs(tracker: Tracker) -> list[Leg]:
    legs = sorted(tracker.legs.values(), key=lambda leg: leg.start_ms)
    return [msgspec.structs.replace(leg, number=0) for leg in legs]


def entries(tracker: Tracker) -> list[tuple[Fix, Reason | None]]:
    packed = [entry for chunk in tracker.chunks.values() for entry in entries_in_columns(chunk.fixes)]
    every: list[Entry] = packed + entries_of(tracker.track.fixes)
    return [(entry.fix, entry.reason) for entry in every]


def check_same(found: Tracker, expected: Tracker) -> None:
    assert of_course(found.vehicle.course) == of_course(expected.vehicle.course)
    assert entries(found) == entries(expected)
    assert {number: of_course(chunk.course) for number, chunk in found.chunks.items()} == {
        number: of_course(chunk.course) for number, chunk in expected.chunks.items()
    }
    assert found.panes == expected.panes
    assert of_legs(found) == of_legs(expected)


def calmed(fixes: list[Fix]) -> list[Fix]:
    """Return a drive that goes on with a stand, so that its last fix is not a doubtful one."""
    last_s = (fixes[-1].time_ms - START_MS) // 1_000
    return [*fixes, *standing(last_s + 4_000, last_s + 4_180, 30, 50_000)]


@given(drives(ORDERED_KINDS), st.integers(0, 9_999), st.floats(0, 1), st.integers(1, 3))
def test_fixes_that_come_late_here_and_there_change_nothing_in_the_end(
    fixes: list[Fix], seed: int, share: float, parts: int
) -> None:
    late = Random(seed).sample(fixes, max(1, round(share * (len(fixes) - 1))))

    check_same(sent_late(calmed(fixes), late, parts), sent(calmed(fixes)))


@given(drives(ORDERED_KINDS), st.floats(0, 1), st.floats(0, 1), st.sampled_from((1, -1)))
def test_a_stretch_that_comes_late_in_order_or_newest_first_changes_nothing_in_the_end(
    fixes: list[Fix], start: float, share: float, direction: int
) -> None:
    first = round(start * (len(fixes) - 1))
    late = fixes[first : first + max(1, round(share * len(fixes)))][::direction]

    check_same(sent_late(calmed(fixes), late, len(late) // 40 + 1), sent(calmed(fixes)))


ERRAND = [
    *standing(0, 300),
    *driving(300, 900),
    *standing(900, 1_200, 10, 6_000),
    *driving(1_200, 1_800, 6_000),
    *standing(1_800, 2_400, 10, 12_000),
]


def kinds(legs: list[Leg]) -> list[LegKind]:
    return [leg.kind for leg in legs]


def legs_of(tracker: Tracker) -> list[Leg]:
    return sorted(tracker.legs.values(), key=lambda leg: leg.start_ms)


def test_a_trip_that_was_split_by_a_silence_becomes_one_again_under_the_number_of_the_first() -> None:
    lost = [fix for fix in ERRAND if 400_000 <= fix.time_ms - START_MS < 800_000]
    tracker = sent([fix for fix in ERRAND if fix not in lost])
    before = legs_of(tracker)
    for fix in lost:
        tracker.receive(fix, START_MS + 9_000_000)

    repaired = tracker.repair()

    assert kinds(before) == [LegKind.STOP, LegKind.TRIP, LegKind.TRIP, LegKind.STOP, LegKind.TRIP]
    after = legs_of(tracker)
    assert kinds(after) == [LegKind.STOP, LegKind.TRIP, LegKind.STOP, LegKind.TRIP]
    assert [leg.number for leg in after] == [before[place].number for place in (0, 1, 3, 4)]
    assert [leg.number for leg in repaired.gone] == [before[2].number]


def test_a_stop_that_shows_late_splits_its_trip_and_the_number_stays_with_the_first_part() -> None:
    fixes = [*standing(0, 300), *driving(300, 900), *standing(900, 1_050, 10, 6_000), *driving(1_050, 1_800, 6_000)]
    fixes += standing(1_800, 2_100, 10, 13_500)
    # At first it seems to have gone on slowly.
    lost = [fix for fix in fixes if 900_000 <= fix.time_ms - START_MS < 1_150_000]
    tracker = sent([fix for fix in fixes if fix not in lost])
    before = legs_of(tracker)
    for fix in lost:
        tracker.receive(fix, START_MS + 9_000_000)

    repaired = tracker.repair()

    assert kinds(before) == [LegKind.STOP, LegKind.TRIP]
    after = legs_of(tracker)
    assert kinds(after) == [LegKind.STOP, LegKind.TRIP, LegKind.STOP, LegKind.TRIP]
    assert [leg.number for leg in after[:2]] == [leg.number for leg in before]
    assert repaired.gone == []


def test_what_becomes_of_each_late_fix_is_told() -> None:
    fixes = standing(0, 600)
    good, repeat, far = fixes[20], fixes[5], fix_at(333, 90_000)
    tracker = sent([fix for fix in fixes if fix != good])
    for fix in (good, far):
        tracker.receive(fix, START_MS + 900_000)
    # It is no more in the chunk that grows.
    tracker.late.append(msgspec.structs.replace(tracker.late[0], fix=repeat))

    repaired = tracker.repair()

    assert [waiting.fix for waiting in repaired.repeated] == [repeat]
    assert [(waiting.fix, judgement.refusal is None) for waiting, judgement in repaired.late] == [
        (good, True),
        (far, False),
    ]
    assert repaired.changed == []


def test_a_fix_that_was_refused_is_accepted_when_it_shows_how_the_vehicle_got_there() -> None:
    # From standing, 1,000 m in 10 s are too much; the vehicle left a minute before, though.
    way = driving(300, 420, 0, 25.0)
    fixes = [*standing(0, 300), *way, *driving(420, 500, 3_000, 25.0)]
    tracker = sent([fix for fix in fixes if fix not in way[:-1]])
    before = dict(tracker.vehicle.refused)
    for fix in way[:-1]:
        tracker.receive(fix, START_MS + 900_000)

    repaired = tracker.repair()

    assert before == {}
    assert repaired.course.totals.distance_m == pytest.approx(5_000, rel=0.01)


def test_a_fix_that_was_accepted_is_refused_when_it_shows_that_it_cannot_be() -> None:
    before, after = driving(0, 301, 0, 10.0), driving(360, 600, 3_600, 10.0)
    glitch = fix_at(330, 3_300, 800)
    tracker = sent([*before, glitch, *after])
    for second in (328, 332):
        tracker.receive(fix_at(second, 10.0 * second), START_MS + 1_900_000)

    repaired = tracker.repair()

    assert [(was, judgement.entry.fix, judgement.refusal is None) for was, judgement in repaired.changed] == [
        (None, glitch, False)
    ]
    assert repaired.course.totals.distance_m == pytest.approx(5_900, rel=0.01)


def test_the_panes_that_were_and_those_that_are_can_be_told_apart() -> None:
    fixes = driving(0, 600)
    tracker = sent([*fixes[:20], *fixes[30:]])
    for fix in fixes[20:30]:
        tracker.receive(fix, START_MS + 900_000)

    repaired = tracker.repair()

    def starts(panes: list[Sized]) -> set[int]:
        return {pane.start_ms for _, pane in panes}

    assert starts(repaired.after.panes) >= starts(repaired.before.panes)
    assert sum(pane.sums.fixes for _, pane in repaired.after.panes) == 10 + sum(
        pane.sums.fixes for _, pane in repaired.before.panes
    )


def test_the_last_fix_keeps_what_a_track_does_not() -> None:
    last = msgspec.structs.replace(fix_at(600), altitude_m=40.0, attributes={"door": "open"})
    tracker = sent([*standing(0, 600, 20), last])
    tracker.receive(fix_at(10), START_MS + 900_000)

    assert tracker.repair().course.last == last


def test_fixes_from_before_the_first_begin_the_track_anew() -> None:
    fixes = driving(0, 600)
    tracker = sent(fixes[30:])
    for fix in fixes[:30]:
        tracker.receive(fix, START_MS + 900_000)

    repaired = tracker.repair()

    assert [number for number, _ in repaired.chunks] == [fixes[0].time_ms]
    assert repaired.course.totals.fixes == 60


def test_a_late_fix_of_the_time_of_another_is_judged_as_it_would_have_been() -> None:
    fixes = standing(0, 300)
    earlier_in_order, later_in_order = fix_at(100, 0, -5), fix_at(100, 0, 5)
    tracker = sent(fixes)
    for fix in (earlier_in_order, later_in_order):
        tracker.receive(fix, START_MS + 900_000)

    repaired = tracker.repair()

    same_time = [waiting.fix for waiting, each in repaired.late if each.refusal is not None]
    assert same_time == [later_in_order]
    assert [each.entry.fix for _, each in repaired.changed] == [fix_at(100)]
    assert tracker.vehicle.accepted == 30


def test_harsh_manoeuvres_are_told_by_what_a_track_keeps_of_alarms() -> None:
    alarmed = fix_at(100, told=Told(alarm="hardBraking"))
    tracker = sent([*standing(0, 100), alarmed, *standing(110, 300)])
    tracker.receive(fix_at(55), START_MS + 900_000)

    assert tracker.repair().course.totals.harsh_events == 1


YARD = Geofence(geofence_id="yard", name="Yard", shape=Circle(LAT, LON, 500.0), stop_after_s=30.0)


def test_what_was_a_stop_by_other_rules_is_gone_with_a_repair() -> None:
    *earlier, late, last = [*driving(0, 300, -3_000), *standing(300, 360), *driving(360, 560)]
    tracker = Tracker(rules=msgspec.structs.replace(RULES, places=Geofences().changed({"yard": YARD}).of("default")))
    for fix in (*earlier, last):
        tracker.receive(fix, fix.time_ms + 1_000)
    tracker.flush()
    trip, stop = legs_of(tracker)
    tracker.rules = RULES
    tracker.receive(late, START_MS + 9_000_000)

    repaired = tracker.repair()

    assert kinds([trip, stop]) == [LegKind.TRIP, LegKind.STOP]
    assert [leg.number for leg in repaired.gone] == [stop.number, stop.end_ms]
    assert legs_of(tracker) == []
    assert repaired.course.leg is not None
    assert repaired.course.leg.number == trip.number
