"""What time itself brings about for a vehicle of which nothing comes."""

from collections import Counter

import pytest

from agents.track_positions import track_positions
from fleet_app.domain.edges import Size
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.topics import FIXES, VEHICLES
from tests.agents.one_van import DAY_MS, GATES, VAN, OneVan
from tests.domain.drives import RULES, START_MS, driving, fix_at, standing

TTL_MS = 90 * DAY_MS
RETIRING = track_positions(GATES, RULES, retired_after_ms=TTL_MS)


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_a_vehicle_that_goes_quiet_is_judged_by_a_tick(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10)])
    before = van.accepted_s()
    van.wait(15)

    assert (before, van.accepted_s()) == ([0], [0, 10])
    assert (van.now.time_ms, van.now.is_provisional, van.track.buffer) == (START_MS + 10_000, False, ())


def test_the_first_fix_of_all_is_judged_by_a_tick(van: OneVan) -> None:
    van.send_at_once([fix_at(0)])
    van.wait(5)

    assert (van.accepted_s(), van.now.is_provisional) == ([0], False)


def test_a_doubtful_fix_waits_for_the_next_one_however_long_that_takes(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0)])
    van.wait(7_200)

    assert [waiting.fix for waiting in van.track.buffer] == [fix_at(100, 300.0)]
    assert (van.now.time_ms, van.now.is_provisional) == (START_MS + 100_000, True)


def test_what_a_silence_has_ended_is_told_again_when_an_earlier_fix_lets_a_doubtful_one_in(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(110, 300.0)])
    van.wait(7_200)
    silent = van.kinds()
    van.bring_now([fix_at(100, 140.0)])
    van.wait(60)

    (trip,) = van.legs("trip")
    assert silent == []
    assert van.kinds() == ["trip_started", "trip_ended", "went_offline"]
    assert trip.end_ms == van.vehicle.newest_ms == START_MS + 110_000
    assert trip.distance_m == van.now.odometer_m
    assert van.now.state is State.OFFLINE


def test_a_minute_is_not_told_before_the_fixes_that_wait_are_in_it(van: OneVan) -> None:
    *earlier, late, later, before_last, last = [fix_at(second, second * 10.0) for second in range(5, 60, 6)]
    van.send_at_once([*earlier, before_last, last])
    van.wait(6)
    # With them the vehicle turns out to report every six seconds, and to be quiet already.
    van.bring_now([late, later])
    van.wait(60)

    assert [minute.fixes for minute in van.windows(Size.MINUTE).values()] == [len(earlier) + 4]


def test_a_silent_vehicle_is_offline_by_a_timer_and_comes_back_with_the_next_fix(van: OneVan) -> None:
    van.send_at_once(standing(0, 300))
    van.wait(299)
    before = van.now.state
    van.wait(10)
    silent = van.now.state
    van.send_at_once(standing(3_600, 3_620))

    assert (before, silent, van.now.state) == (State.STOP, State.OFFLINE, State.STOP)
    assert van.kinds()[-2:] == ["went_offline", "came_back"]


def test_a_vehicle_that_reports_every_ten_minutes_is_offline_after_fifty(van: OneVan) -> None:
    van.send_at_once(standing(0, 36_000, 600))
    van.wait(49 * 60)
    before = van.now.state
    van.wait(2 * 60)

    assert (before, van.now.state) == (State.STOP, State.OFFLINE)


def test_a_refused_position_does_not_bring_a_vehicle_back(van: OneVan) -> None:
    van.send_at_once(standing(0, 300))
    van.wait(400)
    van.bring_fix(fix_at(-DAY_MS), van.now_ms)

    assert van.now.state is State.OFFLINE


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


@pytest.fixture
def retiring() -> OneVan:
    return OneVan(RETIRING)


def test_a_vehicle_is_retired_exactly_when_it_was_not_seen_for_too_long(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600), driving(600, 900))
    last_ms = retiring.vehicle.received_ms
    retiring.wait_until(last_ms + TTL_MS - 1)
    before = retiring.vehicle.is_silent
    told = len(retiring.sent)
    retiring.wait_until(last_ms + TTL_MS)

    assert before
    assert retiring.sent[told:] == [(VEHICLES, VAN, None)]
    assert not any(retiring.contents.values())


def test_a_vehicle_that_comes_back_in_time_is_not_retired(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600))
    retiring.wait_until(START_MS + TTL_MS - DAY_MS)
    retiring.bring_fix(fix_at(89 * 86_400), retiring.now_ms)
    last_ms = retiring.vehicle.received_ms
    retiring.wait_until(last_ms + TTL_MS - 1)
    accepted = retiring.vehicle.accepted
    retiring.wait_until(last_ms + TTL_MS)

    assert accepted == 61
    assert not any(retiring.contents.values())


def test_a_retired_vehicle_that_comes_back_starts_afresh(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600))
    retiring.wait_until(START_MS + 2 * TTL_MS)
    retiring.bring_fix(fix_at(180 * 86_400), retiring.now_ms)
    retiring.wait(60)

    assert retiring.vehicle.accepted == 1


def test_a_refused_position_is_one_that_was_seen(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600))
    retiring.bring_fix(fix_at(0), START_MS + 60 * DAY_MS)
    retiring.wait_until(START_MS + 60 * DAY_MS + TTL_MS)
    before = retiring.vehicle.refused
    retiring.wait_until(START_MS + 60 * DAY_MS + TTL_MS + 60_000)

    assert before == {"too_old": 1}
    assert not any(retiring.contents.values())


def test_a_vehicle_of_which_everything_was_refused_is_retired_too(retiring: OneVan) -> None:
    retiring.bring_fix(fix_at(-100_000), START_MS)
    retiring.bring_fix(fix_at(0), START_MS + 2 * DAY_MS)
    retiring.wait_until(START_MS + 2 * DAY_MS + TTL_MS)
    before = retiring.vehicle.refused
    retiring.wait_until(START_MS + 2 * DAY_MS + TTL_MS + 60_000)

    assert before == {"too_old": 2}
    assert not any(retiring.contents.values())


def test_all_that_a_silence_brings_about_is_told_before_it_is_retired(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600), driving(600, 900))
    retiring.tick(START_MS + 2 * TTL_MS)

    assert retiring.kinds()[-2:] == ["trip_ended", "went_offline"]
    assert retiring.sent[-1] == (VEHICLES, VAN, None)
    assert not any(retiring.contents.values())


def test_when_it_is_retired_survives_a_restart(retiring: OneVan) -> None:
    retiring.send_at_once(standing(0, 600))
    retiring.wait_until(START_MS + 5 * DAY_MS)
    retiring.restart()
    due_ms = retiring.next_due_ms()
    retiring.wait_until(START_MS + 2 * TTL_MS)

    assert due_ms == START_MS + 591_000 + TTL_MS
    assert not any(retiring.contents.values())


def test_a_profile_changed_in_silence_holds_when_its_vehicle_is_offline(van: OneVan) -> None:
    van.send_at_once(standing(0, 300))
    van.show(VEHICLE_PROFILES, {VAN: VehicleProfile(vehicle_id=VAN, tenant="north")})
    van.wait(600)

    [offline] = van.events("went_offline")
    assert (offline.tenant, van.now.tenant, van.vehicle.tenant) == ("north", "north", "north")
