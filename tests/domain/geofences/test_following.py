"""A vehicle followed in and out of geofences along its course."""

from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_app.domain.events import EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.following import dwells_due, is_exempt, stop_ms
from fleet_app.domain.geofences.geofence import Circle
from fleet_app.domain.geofences.presence import ABSENT, Approach, Cause
from fleet_app.domain.legs import LegKind
from fleet_app.domain.states import STOP_MS, State
from fleet_app.global_views import GEOFENCES
from tests.agents.one_van import OneVan, at_once
from tests.domain.drives import LAT, LON, RULES, START_MS, Outcome, Told, driving, fix_at, run, standing
from tests.domain.geofences.yards import NEVER, YARD, in_places

IN_YARD = in_places(YARD)
ARRIVES = driving(0, 100, -500, 5.0)
ERRAND = [*ARRIVES, *standing(100, 1_000), *driving(1_000, 1_100, 0, 10.0)]


def crossings(outcome: Outcome) -> list[tuple[str, float, object]]:
    """Return what was told of coming and leaving: what, at which second, and why."""
    return [
        (event.type.removeprefix("geofence_"), round((event.time_ms - START_MS) / 1_000, 1), event.evidence["cause"])
        for event in outcome.events
        if event.type in {EventType.GEOFENCE_ENTERED, EventType.GEOFENCE_EXITED}
    ]


def test_a_vehicle_comes_and_leaves_when_it_crosses_the_edge() -> None:
    outcome = run(ERRAND, IN_YARD)

    assert crossings(outcome) == [("entered", 70.0, "crossed"), ("exited", 1_000.0, "crossed")]
    entered, left = (event for event in outcome.events if event.geofence_id == "yard")
    assert entered.evidence | {"depth_m": 0} == {
        "name": "Yard",
        "revision": 1,
        "cause": "crossed",
        "depth_m": 0,
        "clear_m": 15.0,
    }
    assert left.evidence["inside_s"] == (left.time_ms - entered.time_ms) / 1_000


def test_where_no_geofence_is_near_nothing_is_remembered() -> None:
    elsewhere = in_places(msgspec.structs.replace(YARD, shape=Circle(LAT + 1, LON, 100.0)))

    assert run(ERRAND).now.presence is ABSENT
    assert run(ARRIVES, elsewhere).now.presence is ABSENT


def test_a_vehicle_at_rest_is_where_its_middle_is() -> None:
    random = Random(7)
    parked = [fix_at(second, 95 + random.gauss(0, 8), random.gauss(0, 8)) for second in range(0, 86_400, 60)]

    assert len(crossings(run(parked, IN_YARD))) <= 1


def test_a_long_rest_is_surer_than_a_fix() -> None:
    near_the_edge = [*driving(0, 80, -500, 5.0), *standing(80, 400, 10, -90.0)]

    assert [kind for kind, _, _ in crossings(run(near_the_edge, IN_YARD))] == ["entered"]
    assert crossings(run(near_the_edge[:15], IN_YARD)) == []


def test_a_vehicle_that_is_first_seen_inside_is_found_there() -> None:
    assert crossings(run(standing(0, 60), IN_YARD)) == [("entered", 0.0, "found")]


def test_one_around_which_a_geofence_is_drawn_is_found_there_too_however_long_it_has_stood() -> None:
    before = run(standing(0, 3_600))
    after = run(standing(3_600, 3_660), IN_YARD, before.now)

    assert crossings(after) == [("entered", 3_600.0, "found")]


def test_a_settled_vehicle_is_not_looked_at_until_geofences_change() -> None:
    settled = run(standing(0, 3_600), IN_YARD).now
    later = run(standing(3_600, 7_200), IN_YARD, settled).now

    assert later.presence is settled.presence
    assert later.presence.version == IN_YARD.places.version
    moved = in_places(msgspec.structs.replace(YARD, shape=Circle(LAT + 0.01, LON, 100.0), revision=2))
    assert crossings(run(standing(7_200, 7_260), moved, later)) == [("exited", 7_200.0, "geofence_changed")]


def test_who_is_inside_leaves_a_geofence_that_is_deleted() -> None:
    inside = run([*ARRIVES, *standing(100, 400)], IN_YARD).now
    outcome = run(standing(400, 460), RULES, inside)

    assert crossings(outcome) == [("exited", 400.0, "geofence_deleted")]
    assert outcome.now.presence.visits == ()


def test_who_may_be_inside_of_one_that_is_deleted_is_not() -> None:
    approach = Approach("yard", START_MS, LAT, LON, Cause.CROSSED, is_clear=True)
    course = run(ARRIVES).now
    perhaps = msgspec.structs.replace(course, presence=msgspec.structs.replace(ABSENT, approaches=(approach,)))

    assert run(standing(100, 120), RULES, perhaps).now.presence.approaches == ()


def test_a_silence_hides_when_a_vehicle_came_and_left() -> None:
    away = [*standing(0, 100, 10, -2_000.0), *standing(4_000, 4_100), *standing(8_000, 8_100, 10, 2_000.0)]

    assert crossings(run(away, IN_YARD)) == [("entered", 4_000.0, "unseen"), ("exited", 8_000.0, "unseen")]


def test_a_first_fix_that_is_off_after_a_silence_says_nothing() -> None:
    woken = [*ARRIVES, *standing(100, 900), fix_at(8_000, 250), *standing(8_010, 8_200)]

    assert [kind for kind, _, _ in crossings(run(woken, IN_YARD))] == ["entered"]


def test_headings_show_that_a_vehicle_drove_round_a_corner_of_a_geofence() -> None:
    bend = [(0, -630, 130, 90.0), (30, -200, 130, 90.0), (60, 130, -200, 180.0), (90, 130, -630, 180.0)]
    told = [fix_at(second, east_m, north_m, Told(heading_deg=deg)) for second, east_m, north_m, deg in bend]
    silent = [msgspec.structs.replace(fix, heading_deg=None) for fix in told]

    assert crossings(run(told, IN_YARD)) == []
    assert [kind for kind, _, _ in crossings(run(silent, IN_YARD))] == ["entered", "exited"]


def test_out_of_its_schedule_a_geofence_tells_nothing_and_still_follows() -> None:
    muted = in_places(msgspec.structs.replace(YARD, schedule=NEVER))

    assert crossings(run(ERRAND, muted)) == []
    assert run(ERRAND[:60], muted).now.presence.geofence_ids == ("yard",)


def test_a_stop_inside_may_count_after_half_a_minute() -> None:
    quick = in_places(msgspec.structs.replace(YARD, stop_after_s=30.0))
    drop = [*driving(-600, 0, -6_500, 10.0), *ARRIVES, *standing(100, 160), *driving(160, 800, 0, 10.0)]

    assert [leg.kind for leg in run(drop, quick).legs] == [LegKind.TRIP, LegKind.STOP]
    assert [leg.kind for leg in run(drop, IN_YARD).legs] == []


def test_the_shortest_of_several_geofences_counts_and_only_while_it_is_in_force() -> None:
    quick = msgspec.structs.replace(YARD, geofence_id="bay", stop_after_s=30.0)
    slow = msgspec.structs.replace(YARD, geofence_id="site", stop_after_s=90.0)
    inside = run(standing(0, 60), in_places(quick, slow, YARD)).now.presence

    assert stop_ms(inside, in_places(quick, slow, YARD), START_MS) == 30_000
    assert stop_ms(inside, in_places(msgspec.structs.replace(quick, schedule=NEVER), slow), START_MS) == 90_000
    assert stop_ms(inside, RULES, START_MS) == stop_ms(ABSENT, RULES, START_MS) == STOP_MS


@pytest.mark.parametrize(
    ("schedule", "kinds"), [((), []), (NEVER, ["idle_started"])], ids=["in force", "out of its hours"]
)
def test_nobody_minds_idling_in_an_exempt_geofence(schedule: tuple[()], kinds: list[str]) -> None:
    exempt = in_places(msgspec.structs.replace(YARD, is_exempt=True, schedule=schedule))
    idling = run([*ARRIVES, *standing(100, 600, 10, 0.0, Told(ignition=True))], exempt)

    assert [kind for kind in idling.kinds if kind == "idle_started"] == kinds
    assert idling.now.state is State.IDLE
    assert is_exempt(idling.now.presence, exempt, START_MS) is (kinds == [])


def test_when_limits_will_be_passed_is_known_before() -> None:
    limited = in_places(
        msgspec.structs.replace(YARD, dwell_limit_s=3_600.0), msgspec.structs.replace(YARD, geofence_id="x")
    )
    inside = run(standing(0, 60), limited).now

    assert [(due_ms, visit.geofence_id, geofence.name) for due_ms, visit, geofence in dwells_due(inside, limited)] == [
        (START_MS + 3_600_000, "yard", "Yard")
    ]
    assert dwells_due(inside, RULES) == []


def followed_by_the_agent(arrivals: list[tuple[int, Fix]]) -> list[tuple[str, int]]:
    van = OneVan()
    van.show(GEOFENCES, {"yard": YARD})
    for received_ms, fix in arrivals:
        van.bring_fix(fix, received_ms)
    van.wait(120)
    return [(event.type.value, event.time_ms) for event in van.events() if event.geofence_id == "yard"]


@settings(max_examples=20)
@given(st.integers(0, 9_999))
def test_fixes_that_come_out_of_order_tell_the_same(seed: int) -> None:
    random = Random(seed)
    fixes = [*driving(0, 100, -500, 5.0, every_s=2), *standing(100, 300, 2), *driving(300, 360, 0, 10.0, every_s=2)]
    orderly = [(arrival.received_ms, arrival.fix) for arrival in at_once(fixes)]
    shuffled = sorted(((fix.time_ms + random.randrange(4_000), fix) for fix in fixes), key=lambda each: each[0])

    assert followed_by_the_agent(shuffled) == followed_by_the_agent(orderly)
    assert [kind for kind, _ in followed_by_the_agent(orderly)] == ["geofence_entered", "geofence_exited"]


def test_a_stretch_that_comes_late_tells_of_its_visits_in_pairs() -> None:
    before, visit, after = standing(0, 300, 10, -2_000.0), ERRAND_FROM_AFAR, standing(1_200, 1_400, 10, 3_000.0)
    arrivals = [
        *((fix.time_ms + 1_000, fix) for fix in (*before, *after)),
        *((START_MS + 1_402_000, fix) for fix in visit),
    ]

    told = followed_by_the_agent(arrivals)

    assert [kind for kind, _ in sorted(told, key=lambda each: each[1])] == ["geofence_entered", "geofence_exited"]


ERRAND_FROM_AFAR = [*driving(300, 500, -2_000, 10.0), *standing(500, 900), *driving(900, 1_200, 0, 10.0)]


@settings(max_examples=40)
@given(st.integers(0, 9_999), st.sampled_from([1, 5, 10, 30]))
def test_who_comes_leaves_before_it_comes_again(seed: int, every_s: int) -> None:
    random = Random(seed)
    places_m = [random.uniform(-300, 300) for _ in range(12)]
    fixes: list[Fix] = []
    for number, (from_m, to_m) in enumerate(pairwise(places_m)):
        steps = 120 // every_s
        fixes += [
            fix_at(number * 120 + step * every_s, from_m + (to_m - from_m) * step / steps + random.gauss(0, 5))
            for step in range(steps)
        ]
    kinds = [kind for kind, _, _ in crossings(run(fixes, IN_YARD))]

    assert kinds == [("entered", "exited")[number % 2] for number in range(len(kinds))]
