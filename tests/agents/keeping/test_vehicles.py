"""A vehicle from fix to fix and through silence: what is told of where it is, what it does, and what was accepted."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings

from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason
from fleet_app.domain.states import State
from fleet_app.records.accepted_fix import AcceptedFix
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.topics import FIXES, REJECTED, VEHICLES
from tests.agents.one_van import DAY_MS, OneVan, position_of
from tests.agents.tapes import Sent, dirty_tapes, played
from tests.domain.drives import START_MS, Told, drives, driving, fix_at, standing


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def seconds(van: OneVan) -> list[float]:
    """Return when the accepted fixes were taken, in the order in which they were told."""
    return [(fix.time_ms - START_MS) / 1_000 for fix in van.values(FIXES)]


def now(van: OneVan) -> VehicleNow:
    told: list[VehicleNow] = van.values(VEHICLES)
    return told[-1]


def test_fixes_are_told_in_the_order_in_which_they_were_taken(van: OneVan) -> None:
    for second in (0, 4, 1, 3, 2, 5):
        van.bring_fix(fix_at(second), START_MS + 5_000)
    van.send_at_once([fix_at(20)])

    assert seconds(van) == [0, 1, 2, 3, 4, 5]


def test_a_fix_says_what_is_known_with_it(van: OneVan) -> None:
    told = Told(speed_mps=10.0, heading_deg=90.0, accuracy_m=4.0, ignition=True)
    van.send_at_once(standing(0, 600, told=Told(0.0)), driving(600, 700, told=told))

    fix = van.values(FIXES)[-1]
    assert fix == AcceptedFix(
        vehicle_id="van-1",
        tenant="default",
        time_ms=START_MS + 680_000,
        received_ms=START_MS + 681_000,
        lat=fix_at(680, 900).lat,
        lon=fix_at(680, 900).lon,
        odometer_m=fix.odometer_m,
        state=State.MOVING,
        speed_mps=10.0,
        speed_source=fix.speed_source,
        heading_deg=90.0,
        accuracy_m=4.0,
        ignition=True,
        is_late=False,
    )
    assert fix.odometer_m == pytest.approx(900, abs=1)


def test_a_late_fix_is_marked(van: OneVan) -> None:
    van.send_at_once(standing(0, 100))
    van.bring_fix(fix_at(45), van.now_ms)
    van.wait(20)

    assert [(fix.time_ms, fix.is_late) for fix in van.values(FIXES)][-2:] == [
        (START_MS + 45_000, True),
        (START_MS + 90_000, False),
    ]


def test_the_newest_fix_is_shown_at_once_and_provisional(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10), fix_at(12, 20.0, 0.0, Told(9.5))])

    assert (now(van).time_ms, now(van).is_provisional, now(van).speed_mps) == (START_MS + 12_000, True, 9.5)
    assert (now(van).fixes, van.vehicle.accepted) == (1, 1)


def test_an_older_fix_does_not_move_what_is_shown(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10, 50.0)])
    van.bring_fix(fix_at(8, 40.0), van.now_ms)

    assert now(van).time_ms == START_MS + 10_000


def test_a_fix_that_the_vehicle_cannot_have_reached_is_not_shown(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10), fix_at(20, 90_000)])

    assert (now(van).time_ms, now(van).lon) == (START_MS + 10_000, fix_at(0).lon)


def test_a_vehicle_that_goes_quiet_is_judged_by_a_tick(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10)])
    before = seconds(van)
    van.wait(15)

    assert (before, seconds(van)) == ([0], [0, 10])
    assert (now(van).time_ms, now(van).is_provisional, van.track.buffer) == (START_MS + 10_000, False, ())


def test_the_first_fix_of_all_is_judged_by_a_tick(van: OneVan) -> None:
    van.send_at_once([fix_at(0)])
    van.wait(5)

    assert (seconds(van), now(van).is_provisional) == ([0], False)


def test_a_doubtful_fix_waits_for_the_next_one_however_long_that_takes(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0)])
    van.wait(7_200)

    assert [waiting.fix for waiting in van.track.buffer] == [fix_at(100, 300.0)]
    assert (now(van).time_ms, now(van).is_provisional) == (START_MS + 100_000, True)


def test_a_doubtful_fix_is_refused_when_the_next_one_is_back(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0), fix_at(110), fix_at(120)])

    assert van.vehicle.refused == {Reason.EXCURSION: 1}
    assert [told.value for told in van.values(REJECTED)] == [position_of(fix_at(100, 300.0))]


def test_a_doubtful_fix_is_accepted_when_the_next_one_goes_on_from_it(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0), fix_at(110, 400.0), fix_at(120, 500.0)])

    assert (van.vehicle.refused, seconds(van)[-2:]) == ({}, [100, 110])


def test_refused_fixes_that_agree_move_the_anchor(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(second, 900_000) for second in range(100, 160, 10)])

    assert van.vehicle.refused == {Reason.IMPLIED_SPEED: 2}
    assert now(van).lon == fix_at(0, 900_000).lon


def test_a_silent_vehicle_is_offline_by_a_timer_and_comes_back_with_the_next_fix(van: OneVan) -> None:
    van.send_at_once(standing(0, 300))
    van.wait(299)
    before = now(van).state
    van.wait(10)
    silent = now(van).state
    van.send_at_once(standing(3_600, 3_620))

    assert (before, silent, now(van).state) == (State.STOP, State.OFFLINE, State.STOP)
    assert van.kinds()[-2:] == ["went_offline", "came_back"]


def test_a_vehicle_that_reports_every_ten_minutes_is_offline_after_fifty(van: OneVan) -> None:
    van.send_at_once(standing(0, 36_000, 600))
    van.wait(49 * 60)
    before = now(van).state
    van.wait(2 * 60)

    assert (before, now(van).state) == (State.STOP, State.OFFLINE)


def test_a_refused_position_does_not_bring_a_vehicle_back(van: OneVan) -> None:
    van.send_at_once(standing(0, 300))
    van.wait(400)
    van.bring_fix(fix_at(-DAY_MS), van.now_ms)

    assert now(van).state is State.OFFLINE


def test_nothing_is_due_for_a_vehicle_of_which_all_is_told(van: OneVan) -> None:
    van.send_at_once(driving(0, 300))
    van.wait(3 * 86_400)

    assert van.next_due_ms() is None


def test_a_timer_of_a_vehicle_that_is_not_known_does_nothing(van: OneVan) -> None:
    van.send_at_once([fix_at(0)])
    del van.contents["vehicles"]["van-1"]
    van.sent.clear()
    van.wait(600)

    assert (van.sent, van.next_due_ms()) == ([], None)


def test_task_time_may_jump_over_everything_that_was_due() -> None:
    stepwise, jumping = OneVan(), OneVan()
    for each in (stepwise, jumping):
        each.send_at_once(standing(0, 600), driving(600, 900))
    stepwise.wait(2 * 86_400)
    jumping.tick(jumping.now_ms + 2 * DAY_MS)

    assert Counter(map(str, jumping.values(FIXES))) == Counter(map(str, stepwise.values(FIXES)))
    assert jumping.kinds() == stepwise.kinds()
    assert [leg.id for leg in jumping.legs()] == [leg.id for leg in stepwise.legs()]
    assert jumping.contents["windows_1m"] == stepwise.contents["windows_1m"]


def test_what_is_old_is_forgotten_once_an_hour_and_not_with_every_fix(van: OneVan) -> None:
    van.send_at_once(standing(0, 30 * 3_600, 20))
    asked = {name: len(rows.expired) for name, rows in van.contents.items() if getattr(rows, "expired", None)}

    assert asked == {
        "windows_1m": 29,
        "tracks": 29,
        "windows_1h": 1,
        "windows_1d": 1,
        "trips": 1,
        "told_events": 1,
        "withdrawn_legs": 1,
    }


def test_a_jump_over_many_hours_asks_once(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), standing(100_000, 100_600))

    assert len(van.contents["windows_1m"].expired) == 1


@settings(deadline=None)
@given(dirty_tapes())
def test_what_is_told_in_time_is_in_order_and_nothing_is_told_twice(tape: list[Sent]) -> None:
    fixes: list[AcceptedFix] = played(tape).values(FIXES)
    in_time = [fix.time_ms for fix in fixes if not fix.is_late]

    assert all(before < after for before, after in pairwise(in_time))
    assert len({(fix.time_ms, fix.lat, fix.lon) for fix in fixes if not fix.is_late}) == len(in_time)


@settings(deadline=None)
@given(drives())
def test_what_is_shown_never_goes_back_to_before_a_fix_that_was_judged(fixes: list[Fix]) -> None:
    van = OneVan()
    van.send_at_once(fixes)
    van.wait(7_200)
    shown: list[VehicleNow] = van.values(VEHICLES)

    assert all(before.time_ms <= after.time_ms or before.is_provisional for before, after in pairwise(shown))


def test_a_fix_of_a_vehicle_that_reports_as_often_as_ever_is_shown_once(van: OneVan) -> None:
    van.send_at_once(standing(0, 3_600))
    told = Counter(topic.name for topic, _, _ in van.sent)

    assert told == {"fleet.fixes": 359, "fleet.vehicles": 361, "fleet.windows": 59, "fleet.events": 1}
