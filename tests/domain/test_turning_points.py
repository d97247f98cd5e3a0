"""What begins and ends along a drive: trips and stops, idling, overspeed, silence."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet_app.domain.events import Event, EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.legs import Ending, Leg, LegKind
from fleet_app.domain.quiet import silence_of
from fleet_app.domain.turning_points import closed_by, unwatched
from tests.domain.drives import RULES, START_MS, Told, drives, driving, fix_at, run, standing

ON, OFF = Told(ignition=True), Told(ignition=False)
ERRAND = [*standing(0, 300), *driving(300, 900), *standing(900, 1_200, 10, 6_000), *driving(1_200, 1_500, 6_000)]
LIMIT_MPS = RULES.limits.speed_limit_mps


def seconds(time_ms: int) -> float:
    return (time_ms - START_MS) / 1_000


def about(*expected_s: float) -> object:
    """Return what moments are compared with that lie between two fixes."""
    return pytest.approx(list(expected_s), abs=15)


def of_kind(events: list[Event], *kinds: EventType) -> list[Event]:
    return [event for event in events if event.type in kinds]


def test_a_vehicle_that_stands_and_drives_makes_stops_and_trips_where_it_did() -> None:
    outcome = run(ERRAND)

    assert [leg.kind for leg in outcome.legs] == [LegKind.STOP, LegKind.TRIP, LegKind.STOP]
    assert [leg.ending for leg in outcome.legs] == [Ending.DEPARTURE, Ending.STOP, Ending.DEPARTURE]
    assert [seconds(leg.start_ms) for leg in outcome.legs] == about(0, 290, 900)
    assert [seconds(leg.end_ms) for leg in outcome.legs] == about(290, 900, 1_190)
    assert outcome.legs[1].sums.distance_m == pytest.approx(6_000, rel=0.02)
    assert outcome.now.leg is not None
    assert outcome.now.leg.kind is LegKind.TRIP


def test_what_begins_and_ends_is_told_in_order() -> None:
    assert [event.type for event in run(ERRAND).events] == [
        EventType.STOP_STARTED,
        EventType.STOP_ENDED,
        EventType.TRIP_STARTED,
        EventType.TRIP_ENDED,
        EventType.STOP_STARTED,
        EventType.STOP_ENDED,
        EventType.TRIP_STARTED,
    ]


def test_a_halt_of_a_minute_does_not_end_a_trip() -> None:
    fixes = [*standing(0, 300), *driving(300, 900), *standing(900, 960, 10, 6_000), *driving(960, 1_500, 6_000)]

    assert [leg.kind for leg in run(fixes).legs] == [LegKind.STOP]


def test_a_vehicle_that_is_first_seen_on_its_way_has_been_driving_since_then() -> None:
    outcome = run(driving(0, 300))

    assert outcome.legs == []
    assert outcome.now.leg is not None
    assert (outcome.now.leg.kind, seconds(outcome.now.leg.start_ms)) == (LegKind.TRIP, 0)


def test_a_parked_vehicle_begins_no_trip() -> None:
    outcome = run([fix_at(second, 8 * (second % 3 - 1)) for second in range(0, 86_400, 30)])

    assert [leg.kind for leg in outcome.legs] == []
    assert outcome.kinds == ["stop_started"]
    assert outcome.now.totals.distance_m == 0.0


def test_the_highest_speed_of_a_trip_is_that_of_its_fixes() -> None:
    fast = driving(300, 900, 0, 10.0, told=Told(speed_mps=10.0))
    fixes = [*standing(0, 300, told=Told(speed_mps=0.0)), *fast]
    end = standing(900, 1_200, 10, 6_000, Told(speed_mps=0.1))

    (trip,) = [leg for leg in run([*fixes, *end]).legs if leg.kind is LegKind.TRIP]

    assert trip.max_speed_mps == 10.0


def test_idling_is_told_after_two_minutes_and_once_it_ends() -> None:
    outcome = run([*driving(0, 300, told=ON), *standing(300, 600, 10, 3_000, ON), *driving(600, 700, 3_000, told=ON)])

    started, ended = of_kind(outcome.events, EventType.IDLE_STARTED, EventType.IDLE_ENDED)
    assert (started.type, ended.type) == (EventType.IDLE_STARTED, EventType.IDLE_ENDED)
    assert started.evidence["idle_s"] == pytest.approx(120, abs=10)
    assert ended.evidence["idle_s"] == pytest.approx(300, abs=30)


def test_who_switches_off_is_not_idling() -> None:
    outcome = run([*driving(0, 300, told=ON), *standing(300, 600, 10, 3_000, OFF)])

    assert of_kind(outcome.events, EventType.IDLE_STARTED) == []


def too_fast(since_s: int, until_s: int, every_s: int) -> list[Fix]:
    return driving(since_s, until_s, 0, 40.0, told=Told(speed_mps=40.0), every_s=every_s)


@pytest.mark.parametrize("every_s", [1, 5, 10])
def test_overspeed_is_told_after_ten_seconds_and_when_it_ends(every_s: int) -> None:
    slow = driving(60, 120, 2_400, 20.0, told=Told(speed_mps=20.0), every_s=every_s)
    outcome = run([*too_fast(0, 60, every_s), *slow])

    started, ended = of_kind(outcome.events, EventType.OVERSPEED_STARTED, EventType.OVERSPEED_ENDED)
    assert (started.type, ended.type) == (EventType.OVERSPEED_STARTED, EventType.OVERSPEED_ENDED)
    assert started.evidence["speed_mps"] == 40.0
    assert seconds(started.time_ms) == pytest.approx(10, abs=2 * every_s)
    assert ended.evidence["over_s"] == pytest.approx(60, abs=2 * every_s)
    assert outcome.now.totals.overspeed_s == pytest.approx(60, abs=2 * every_s)


def test_a_moment_above_the_limit_is_not_told() -> None:
    moment = driving(0, 8, 0, 40.0, told=Told(speed_mps=40.0), every_s=1)
    slow = driving(8, 60, 320, 20.0, told=Told(speed_mps=20.0), every_s=1)

    assert of_kind(run([*moment, *slow]).events, EventType.OVERSPEED_STARTED) == []


def test_what_a_speedometer_may_be_off_is_no_overspeed() -> None:
    speed_mps = LIMIT_MPS * 1.02
    outcome = run(driving(0, 120, 0, speed_mps, told=Told(speed_mps=speed_mps)))

    assert of_kind(outcome.events, EventType.OVERSPEED_STARTED) == []


BRAKING = [Told(speed_mps=speed_mps) for speed_mps in (20.0, 20.0, 15.0, 15.0)]


@pytest.mark.parametrize(("every_s", "told"), [(1, ["braked_harshly"]), (3, [])])
def test_harsh_braking_is_told_only_where_fixes_are_close_enough_to_see_it(every_s: int, told: list[str]) -> None:
    fixes = [fix_at(place * every_s, place * every_s * 18.0, 0.0, each) for place, each in enumerate(BRAKING)]

    assert [kind for kind in run(fixes).kinds if kind.endswith("harshly")] == told


def test_a_manoeuvre_that_lasts_is_told_once() -> None:
    speeds = (30.0, 25.0, 20.0, 15.0)
    fixes = [fix_at(place, place * 22.0, 0.0, Told(speed_mps=speed)) for place, speed in enumerate(speeds)]

    assert run(fixes).now.totals.harsh_events == 1


def test_a_vehicle_that_was_silent_and_is_elsewhere_ended_its_trip_with_its_last_fix() -> None:
    outcome = run([*standing(0, 300), *driving(300, 600), *driving(3_600, 3_700, 20_000)])

    (trip,) = [leg for leg in outcome.legs if leg.kind is LegKind.TRIP]
    assert (trip.ending, seconds(trip.end_ms)) == (Ending.SILENCE, 590)
    assert outcome.kinds[-4:] == ["trip_ended", "went_offline", "came_back", "trip_started"]
    assert trip.sums.distance_m == pytest.approx(3_000, rel=0.02)


def test_a_vehicle_that_was_silent_and_has_not_moved_has_stood_all_the_while() -> None:
    outcome = run([*standing(0, 300), *driving(300, 600), *standing(3_600, 3_700, 10, 3_000)])

    (trip,) = [leg for leg in outcome.legs if leg.kind is LegKind.TRIP]
    assert trip.ending is Ending.STOP
    assert seconds(trip.end_ms) == pytest.approx(590, abs=10)
    assert outcome.now.leg is not None
    assert outcome.now.leg.kind is LegKind.STOP


def test_a_vehicle_that_leaves_after_a_night_has_not_left_the_evening_before() -> None:
    # Its last fix of the evening was off by 40 m.
    evening = [*standing(0, 300), fix_at(300, 40)]
    morning = [*standing(36_000, 36_010, 10), *driving(36_010, 36_300)]

    (stop,) = run([*evening, *morning]).legs

    assert seconds(stop.end_ms) == pytest.approx(36_000, abs=20)


def test_what_goes_on_beside_trips_ends_with_a_silence() -> None:
    idle = [*driving(0, 300, told=ON), *standing(300, 600, 10, 3_000, ON)]
    outcome = run([*idle, *driving(9_000, 9_100, 90_000)])

    (ended,) = of_kind(outcome.events, EventType.IDLE_ENDED)
    assert seconds(ended.time_ms) == 590
    assert of_kind(unwatched(run(idle).now), EventType.IDLE_ENDED) == [ended]


def test_nothing_is_closed_of_a_vehicle_of_which_it_is_not_known_what_goes_on() -> None:
    assert closed_by(run([fix_at(0)]).now, Ending.SILENCE) == ([], [])


def in_short(leg: Leg) -> tuple[LegKind, int, int, int]:
    return leg.kind, leg.start_ms, leg.end_ms, leg.number


@given(drives(), st.integers(-30_000, 30_000), st.integers(301, 50_000))
def test_a_silence_is_told_as_the_next_fix_after_it_tells_it(fixes: list[Fix], east_m: int, silent_s: int) -> None:
    before = run(fixes)
    told = silence_of(before.now)
    offline_ms = told.events[-1].time_ms
    back = fix_at((offline_ms - START_MS) / 1_000 + silent_s, east_m)
    after = run([back], course=before.now)

    assume(after.refusals == [])
    assert [in_short(leg) for leg in after.legs if leg.kind is LegKind.TRIP][:1] == [in_short(leg) for leg in told.legs]
    later = {(event.type, event.time_ms) for event in after.events}
    assert {(event.type, event.time_ms) for event in told.events} <= later


@given(drives())
def test_trips_and_stops_are_in_order_and_never_overlap(fixes: list[Fix]) -> None:
    legs = run(fixes).legs

    assert all(leg.start_ms < leg.end_ms for leg in legs)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(legs))
    assert len({leg.number for leg in legs}) == len(legs)


@given(drives())
def test_a_vehicle_has_one_event_of_a_type_at_an_instant(fixes: list[Fix]) -> None:
    events = [(event.type, event.time_ms) for event in run(fixes).events]

    assert len(set(events)) == len(events)


@pytest.mark.parametrize("what", ["trip", "stop", "idle", "overspeed"])
@given(fixes=drives())
def test_what_starts_ends_before_it_starts_again(what: str, fixes: list[Fix]) -> None:
    kinds = [kind for kind in run(fixes).kinds if kind in {f"{what}_started", f"{what}_ended"}]

    assert kinds == [f"{what}_started", f"{what}_ended"] * (len(kinds) // 2) + [f"{what}_started"] * (len(kinds) % 2)


@given(drives())
def test_the_sums_of_a_leg_are_those_of_no_other(fixes: list[Fix]) -> None:
    outcome = run(fixes)
    legs = [*outcome.legs, *closed_by(outcome.now, Ending.SILENCE)[0]]

    assert sum(leg.sums.fixes for leg in legs) <= outcome.now.totals.fixes
    assert sum(leg.sums.distance_m for leg in legs) <= outcome.now.totals.distance_m + 1e-6
    for leg in legs:
        spent_s = leg.sums.moving_s + leg.sums.idle_s + leg.sums.idle_probable_s + leg.sums.stop_s
        # Its ends lie between two fixes, as far apart as the vehicle's interval.
        assert spent_s <= (leg.end_ms - leg.start_ms) / 1_000 + 61
