"""In and out of a geofence by moves of a vehicle, here along a line from west to east through the middle."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geo import distance_m, metres_per_degree
from fleet_app.domain.geofences.crossing import Crossing, Move, Spot, Standing, cross
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.geofences.presence import Cause, Visit
from tests.domain.drives import LAT, LON

SCALE = metres_per_degree(LAT)
CLEAR_M = 15.0


def fence(radius_m: float = 100.0, *, revision: int = 1, east_m: float = 0.0) -> Fence:
    """Return a circle around the middle."""
    shape = Circle(LAT, LON + east_m / SCALE[0], radius_m)
    return Fence(Geofence(geofence_id="yard", name="Yard", shape=shape, revision=revision))


YARD = fence()
Seen = tuple[float, float]
"""Seconds, and metres east of the middle."""


def spot(seen: Seen) -> Spot:
    second, east_m = seen
    return Spot(round(second * 1_000), LAT, LON + east_m / SCALE[0])


def move(before: Seen | None, now: Seen, headings_deg: tuple[float | None, float | None] = (None, None)) -> Move:
    start, end = None if before is None else spot(before), spot(now)
    way_m = 0.0 if start is None else distance_m(start.lat, start.lon, end.lat, end.lon)
    return Move(start, end, way_m, SCALE, CLEAR_M, is_first=False, headings_deg=headings_deg)


def walk(*seen: Seen, around: Fence = YARD) -> tuple[Standing, list[Crossing]]:
    """Return how a vehicle stands that was outside before it was seen here and there, and what was sure by then."""
    standing: Standing = None
    crossings: list[Crossing] = []
    for before, now in pairwise(seen):
        standing, sure = cross(around, standing, move(before, now))
        crossings += sure
    return standing, crossings


def told(*seen: Seen, around: Fence = YARD) -> list[tuple[float, bool]]:
    """Return the seconds of crossings, and whether they lead inwards."""
    return [(round(each.spot.time_ms / 1_000, 1), each.is_inwards) for each in walk(*seen, around=around)[1]]


def test_a_vehicle_has_come_in_when_it_crossed_the_edge_and_two_fixes_say_so() -> None:
    standing, crossings = walk((0, -150), (10, -50), (20, 0))

    assert isinstance(standing, Visit)
    (entered,) = crossings
    assert (entered.spot.time_ms, entered.is_inwards, entered.cause) == (5_000, True, Cause.CROSSED)
    assert entered.spot.lon == pytest.approx(LON - 100 / SCALE[0], abs=1e-6)
    assert told((0, -150), (10, -50)) == []


def test_it_has_left_when_it_crossed_the_edge_and_two_fixes_say_so() -> None:
    inside = ((0, -150), (10, -50), (20, 50), (30, 150))

    assert told(*inside) == [(5.0, True)]
    assert told(*inside, (40, 250)) == [(5.0, True), (25.0, False)]


def test_a_fix_that_is_not_clear_of_the_edge_does_not_say_that_it_has_come() -> None:
    assert told((0, -150), (10, -90), (20, -90), (30, -150)) == []


def test_it_came_when_it_crossed_the_edge_however_long_it_was_near_it() -> None:
    assert told((0, -110), (10, -90), (20, -90), (30, -50), (40, 0)) == [(5.0, True)]


def test_a_vehicle_that_came_near_and_went_begins_anew() -> None:
    assert told((0, -110), (10, -90), (20, -110), (30, -90), (40, -50), (50, 0)) == [(25.0, True)]


def test_noise_about_the_edge_does_not_say_that_it_has_left() -> None:
    noisy = [(40.0 + 10 * number, 105.0 - 15 * (number % 2)) for number in range(20)]

    assert told((0, -150), (10, -50), (20, 50), *noisy) == [(5.0, True)]


def test_it_left_when_it_crossed_the_edge_however_long_it_stood_near_it_outside() -> None:
    seen = ((0, -150), (10, -50), (20, 50), (30, 110), (40, 110), (600, 110), (610, 200))

    assert told(*seen)[1:] == [(28.3, False)]


def test_a_single_fix_outside_does_not_say_that_it_has_left() -> None:
    assert told((0, -150), (10, -50), (20, 50), (30, 150), (40, 50)) == [(5.0, True)]


def test_a_single_fix_inside_does_not_say_that_it_has_come_if_the_way_in_and_out_is_on_one_side_and_short() -> None:
    assert told((0, -130), (2, -70), (4, -130)) == []
    assert told((0, -130), (4, -70), (8, -130)) == [(2.0, True), (6.0, False)]


def test_a_single_fix_inside_is_enough_for_who_crosses_from_side_to_side() -> None:
    assert told((0, -60), (1, 0), (2, 60), around=fence(30)) == [(0.5, True), (1.5, False)]


def test_who_was_inside_with_one_fix_and_is_near_the_edge_is_inside_until_it_is_clear() -> None:
    seen = ((0, -150), (10, 50), (20, 110))

    assert [told(*seen), told(*seen, (30, 90))] == [[(2.5, True)], [(2.5, True)]]
    assert told(*seen, (30, 200)) == [(2.5, True), (18.3, False)]


def test_a_fast_vehicle_is_not_through_unseen() -> None:
    assert told((0, -600), (30, 480)) == [
        (13.9, True),
        (19.4, False),
    ]


def test_one_that_is_near_the_edge_after_it_is_inside_until_it_is_clear() -> None:
    standing, crossings = walk((0, -600), (30, 110))

    assert isinstance(standing, Visit)
    assert [each.is_inwards for each in crossings] == [True]


@pytest.mark.parametrize("second", [61, 300])
def test_of_more_than_a_minute_nobody_knows_the_way(second: float) -> None:
    assert told((0, -600), (second, 600)) == []


def test_nor_of_more_than_five_kilometres() -> None:
    assert told((0, -2_600), (59, 2_600)) == []


@pytest.mark.parametrize(
    ("headings_deg", "count"), [((90, 90), 2), ((None, 90), 2), ((65, 115), 2), ((90, 180), 0), ((0, None), 0)]
)
def test_headings_off_the_straight_way_say_that_it_was_not_the_vehicles(
    headings_deg: tuple[float | None, float | None], count: int
) -> None:
    _, crossings = cross(YARD, None, move((0, -600), (30, 600), headings_deg))

    assert len(crossings) == count


def test_after_a_silence_it_came_and_left_unseen_when_it_was_seen_again() -> None:
    standing, _ = cross(YARD, None, move(None, (0, 0)))
    standing, entered = cross(YARD, standing, move((0, 0), (10, 0)))
    standing, once = cross(YARD, standing, move(None, (5_000, 900)))
    standing, left = cross(YARD, standing, move((5_000, 900), (5_010, 1_000)))

    assert once == []
    assert [(each.spot.time_ms, each.is_inwards, each.cause) for each in (*entered, *left)] == [
        (0, True, Cause.UNSEEN),
        (5_000_000, False, Cause.UNSEEN),
    ]


def test_a_single_fix_inside_after_a_silence_says_nothing() -> None:
    standing, _ = cross(YARD, None, move(None, (0, 0)))
    standing, crossings = cross(YARD, standing, move((0, 0), (10, 900)))

    assert (standing, crossings) == (None, [])


def test_a_vehicle_that_was_never_seen_before_is_found_inside() -> None:
    standing, _ = cross(YARD, None, move(None, (0, 0))._replace(is_first=True))
    _, crossings = cross(YARD, standing, move((0, 0), (10, 10)))

    assert [(each.spot.time_ms, each.cause) for each in crossings] == [(0, Cause.FOUND)]


def test_a_geofence_drawn_elsewhere_is_left_at_once() -> None:
    standing, _ = walk((0, -150), (10, -50), (20, 0))
    standing, crossings = cross(fence(revision=2, east_m=500), standing, move((20, 0), (30, 10)))

    assert standing is None
    assert [(each.spot.time_ms, each.cause) for each in crossings] == [(30_000, Cause.CHANGED)]


def test_one_drawn_otherwise_around_the_vehicle_is_still_visited() -> None:
    standing, _ = walk((0, -150), (10, -50), (20, 0))
    standing, crossings = cross(fence(90, revision=2), standing, move((20, 0), (30, 10)))

    assert isinstance(standing, Visit)
    assert (standing.revision, standing.entered_ms, crossings) == (2, 5_000, [])


def test_in_a_small_geofence_half_of_its_radius_is_clear() -> None:
    assert told((0, -40), (10, -9), (20, -9), (30, -40), around=fence(20)) != []
    assert told((0, -40), (10, -11), (20, -11), (30, -40), around=fence(20)) == []


@given(st.lists(st.floats(-400, 400), min_size=2, max_size=40))
def test_it_comes_and_leaves_in_turns_and_in_the_order_of_time(places_m: list[float]) -> None:
    seen = [(-10.0, -400.0), *((10.0 * number, east_m) for number, east_m in enumerate(places_m))]
    standing, crossings = walk(*seen)

    assert [each.is_inwards for each in crossings] == [number % 2 == 0 for number in range(len(crossings))]
    times_ms = [each.spot.time_ms for each in crossings]
    assert times_ms == sorted(times_ms)
    assert isinstance(standing, Visit) is (len(crossings) % 2 == 1)


@given(st.lists(st.floats(-14.9, 14.9), min_size=1, max_size=40))
def test_noise_of_less_than_what_is_clear_tells_nothing(off_m: list[float]) -> None:
    seen = [(-10.0, -114.0), *((10.0 * number, each - 100) for number, each in enumerate(off_m))]

    assert told(*seen) == []
