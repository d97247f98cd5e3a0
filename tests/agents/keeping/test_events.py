"""What is told on fleet.events, each once, and whether it is news."""

import pytest
from hypothesis import given, settings

from agents.keeping.events import Events
from fleet_app.domain.events import Event, EventType, Severity
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.event import FleetEvent
from fleet_app.topics import EVENTS
from tests.agents.fakes import FakeTask
from tests.agents.one_van import AGENT, DAY_MS, HOUR_MS, Arrival, OneVan
from tests.agents.tapes import Sent, dirty_tapes, played
from tests.domain.drives import LAT, START_MS, Told, driving, fix_at, standing

DRIVE_AND_HALT = [*standing(0, 600), *driving(600, 1_200), *standing(1_200, 1_260, 10, 6_000)]
"""The van has driven for ten minutes, and rests for one."""


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_an_event_says_what_when_where_how_bad_and_by_which_numbers(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), driving(600, 700))

    [started] = van.events("trip_started")
    assert started == FleetEvent(
        id=f"van-1@{started.time_ms}/trip_started",
        type=EventType.TRIP_STARTED,
        vehicle_id="van-1",
        tenant="default",
        time_ms=started.time_ms,
        lat=started.lat,
        lon=started.lon,
        severity=Severity.INFO,
        delayed=False,
        evidence={"rested_s": (started.time_ms - START_MS) / 1_000},
        geofence_id=None,
    )
    assert started.lat == pytest.approx(LAT)


def test_a_day_is_told_in_order(van: OneVan) -> None:
    van.send_at_once(DRIVE_AND_HALT, standing(1_260, 1_800, 10, 6_000), driving(1_800, 1_900, 6_000))
    van.wait(900)

    assert van.kinds() == [
        "stop_started",
        "stop_ended",
        "trip_started",
        "trip_ended",
        "stop_started",
        "stop_ended",
        "trip_started",
        "trip_ended",
        "went_offline",
    ]


def test_what_comes_in_an_hour_late_alerts_nobody(van: OneVan) -> None:
    for fix in [*standing(0, 600), *driving(600, 700)]:
        van.bring_fix(fix, fix.time_ms + HOUR_MS)

    assert [event.delayed for event in van.events("trip_started")] == [True]


def test_what_silence_told_is_not_told_again_by_the_fix_that_ends_it(van: OneVan) -> None:
    van.send_at_once(DRIVE_AND_HALT)
    van.wait(900)
    told = van.kinds()
    van.send_at_once(standing(2_600, 3_000, 10, 6_000))

    assert told[-2:] == ["trip_ended", "went_offline"]
    assert van.kinds()[len(told) :] == ["stop_started", "came_back"]


def test_what_silence_told_is_not_told_again_by_a_later_fix(van: OneVan) -> None:
    van.send_at_once(DRIVE_AND_HALT)
    van.wait(900)
    for fix in standing(1_260, 1_800, 10, 6_000):
        van.bring_fix(fix, van.now_ms + 100)

    assert [event.evidence["ending"] for event in van.events("trip_ended")] == ["silence"]


def test_what_silence_told_is_not_told_again_after_a_weekend(van: OneVan) -> None:
    van.send_at_once(DRIVE_AND_HALT)
    van.wait(900)
    van.send_at_once(standing(250_000, 250_400, 10, 6_000))

    assert len(van.events("trip_ended")) == 1


def test_a_device_whose_clock_is_wrong_is_told_once_until_it_is_right_again(van: OneVan) -> None:
    van.bring_fix(fix_at(3_600), START_MS)
    van.bring_fix(fix_at(3_601), START_MS + 1_000)
    wrong = van.kinds()
    van.bring_fix(fix_at(2), START_MS + 2_000)
    van.bring_fix(fix_at(-100_000_000), START_MS + 3_000)

    assert wrong == ["clock_wrong"]
    assert [(event.time_ms, event.evidence["behind_s"]) for event in van.events("clock_wrong")] == [
        (START_MS, -3_600.0),
        (START_MS + 3_000, 100_000_003.0),
    ]


def test_a_backlog_that_is_too_old_is_no_wrong_clock(van: OneVan) -> None:
    van.bring_fix(fix_at(0), START_MS + 3 * DAY_MS)

    assert (van.vehicle.refused, van.kinds()) == ({"too_old": 1}, [])


def test_wrong_and_right_times_in_one_batch_are_told_once(van: OneVan) -> None:
    for second in (3_600, 0, 3_601, 1, 3_602):
        van.bring_fix(fix_at(second), START_MS + 2_000)

    assert van.kinds() == ["clock_wrong"]


def test_two_places_that_cannot_be_at_one_instant_are_told_once(van: OneVan) -> None:
    van.send_at_once(standing(0, 60), [fix_at(60, 90_000), fix_at(60, 190_000)], standing(70, 100))

    assert (van.kinds(), van.vehicle.refused) == (["teleport_refused"], {"implied_speed": 2})


def test_a_harsh_manoeuvre_counts_where_the_device_reports_often_enough(van: OneVan) -> None:
    speeds_mps = [15.0] * 20 + [9.0, 9.0]
    metres = 0.0
    van.send_at_once(standing(0, 600))
    for second, speed_mps in enumerate(speeds_mps, 600):
        metres += speed_mps
        van.send_at_once([fix_at(second, metres, 0.0, Told(speed_mps))])
    van.wait(10)

    [braked] = van.events("braked_harshly")
    assert (braked.severity, braked.evidence["acceleration_mps2"]) == (Severity.NOTICE, -6.0)


def test_what_was_told_is_forgotten_after_days(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), driving(600, 700))
    van.send_at_once(driving(200_000, 200_100, 1_000), driving(400_000, 400_100, 9_000))

    [(_, oldest_ms), *_] = sorted(van.contents["told_events"])
    assert oldest_ms > START_MS + 400_000_000 - 2 * DAY_MS


@settings(deadline=None)
@given(dirty_tapes())
def test_no_event_is_told_twice_whatever_comes(tape: list[Sent]) -> None:
    told = [event.id for event in played(tape).events()]

    assert len(set(told)) == len(told)


def test_a_stop_that_shows_two_minutes_after_it_began_is_no_history(van: OneVan) -> None:
    van.send_at_once(standing(0, 60), driving(60, 300), standing(300, 600, 10, 2_400.0))
    van.wait(20)

    told = {event.type: event.delayed for event in van.events()}
    assert told[EventType.TRIP_ENDED] is told[EventType.STOP_STARTED] is False


def test_what_an_old_fix_shows_is_history(van: OneVan) -> None:
    van.bring_all([Arrival(START_MS + HOUR_MS, fix) for fix in [*standing(0, 300), *driving(300, 400)]])

    assert {event.delayed for event in van.events()} == {True}


def test_an_instant_may_have_an_event_of_a_type_for_each_geofence() -> None:
    task = FakeTask(AGENT)
    events, vehicle = Events(task), Vehicle("van-1")
    for geofence_id in ("depot", "yard", "depot", None, None):
        event = Event(EventType.GEOFENCE_ENTERED, START_MS, 52.0, 13.0, {}, geofence_id)
        events.tell(vehicle, [event], delayed=False)

    assert [told.geofence_id for told in task.values(EVENTS)] == ["depot", "yard", None]
    assert len({told.id for told in task.values(EVENTS)}) == 3
