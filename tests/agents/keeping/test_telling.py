"""What is told of a vehicle from fix to fix: where it is, what it does, and what was accepted."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings

from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason
from fleet_app.domain.states import State
from fleet_app.records.accepted_fix import AcceptedFix
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.topics import FIXES, VEHICLES
from tests.agents.one_van import OneVan
from tests.agents.tapes import Sent, dirty_tapes, played
from tests.domain.drives import START_MS, Told, drives, driving, fix_at, standing


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_fixes_are_told_in_the_order_in_which_they_were_taken(van: OneVan) -> None:
    for second in (0, 4, 1, 3, 2, 5):
        van.bring_fix(fix_at(second), START_MS + 5_000)
    van.send_at_once([fix_at(20)])

    assert van.accepted_s() == [0, 1, 2, 3, 4, 5]


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


def test_the_newest_fix_is_shown_at_once_and_provisional(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10), fix_at(12, 20.0, 0.0, Told(9.5))])

    assert (van.now.time_ms, van.now.is_provisional, van.now.speed_mps) == (START_MS + 12_000, True, 9.5)
    assert (van.now.fixes, van.vehicle.accepted) == (1, 1)


def test_an_older_fix_does_not_move_what_is_shown(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10, 50.0)])
    van.bring_fix(fix_at(8, 40.0), van.now_ms)

    assert van.now.time_ms == START_MS + 10_000


def test_a_fix_that_the_vehicle_cannot_have_reached_is_not_shown(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10), fix_at(20, 90_000)])

    assert (van.now.time_ms, van.now.lon) == (START_MS + 10_000, fix_at(0).lon)


def test_refused_fixes_that_agree_move_the_anchor(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(second, 900_000) for second in range(100, 160, 10)])

    assert van.vehicle.refused == {Reason.IMPLIED_SPEED: 2}
    assert van.now.lon == fix_at(0, 900_000).lon


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
