import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.demo.city import City, Point, build_city
from fleet_app.domain.geo import distance_m

CITY = build_city()
CROSSINGS = st.integers(0, len(CITY.crossings) - 1)


def test_the_city_is_the_same_every_time() -> None:
    assert build_city() == CITY


def test_streets_lead_both_ways_and_every_crossing_is_reached() -> None:
    assert all(
        CITY.streets[there][here] == limit for here, ways in enumerate(CITY.streets) for there, limit in ways.items()
    )
    assert all(CITY.route(CITY.depot, crossing)[-1] == crossing for crossing in range(len(CITY.crossings)))


def test_districts_share_out_the_crossings_but_for_the_depot() -> None:
    shared_out = sorted(itertools.chain.from_iterable(CITY.districts.values()))

    assert shared_out == [crossing for crossing in range(len(CITY.crossings)) if crossing != CITY.depot]
    assert len(CITY.districts) == 6


def test_the_city_is_a_few_kilometres_wide() -> None:
    lats, lons = zip(*(place.degrees() for place in CITY.crossings), strict=True)
    diagonal_m = distance_m(min(lats), min(lons), max(lats), max(lons))

    assert 2_000 < diagonal_m < 5_000


@given(CROSSINGS, CROSSINGS)
def test_a_route_follows_streets_from_end_to_end(origin: int, destination: int) -> None:
    way = CITY.route(origin, destination)

    assert (way[0], way[-1]) == (origin, destination)
    assert all(there in CITY.streets[here] for here, there in itertools.pairwise(way))
    assert len(set(way)) == len(way)


def test_a_route_takes_the_quicker_way_not_the_shorter_one() -> None:
    corner, beside, far = Point(0, 0), Point(300, 0), Point(400, 0)
    city = City((corner, beside, far), ({1: 20.0, 2: 1.0}, {0: 20.0, 2: 20.0}, {0: 1.0, 1: 20.0}), {}, 0)

    assert city.route(0, 2) == [0, 1, 2]


@pytest.mark.parametrize(
    ("to", "heading_deg"),
    [(Point(0, 10), 0.0), (Point(10, 0), 90.0), (Point(0, -10), 180.0), (Point(-10, 0), 270.0)],
)
def test_headings_turn_clockwise_from_north(to: Point, heading_deg: float) -> None:
    assert Point(0, 0).heading_deg(to) == pytest.approx(heading_deg)


@given(st.floats(-3_000, 3_000), st.floats(-3_000, 3_000))
def test_metres_in_the_plan_are_metres_on_the_ground(east_m: float, north_m: float) -> None:
    middle, place = Point(0, 0), Point(east_m, north_m)
    on_the_ground_m = distance_m(*middle.degrees(), *place.degrees())

    assert on_the_ground_m == pytest.approx(middle.distance_m(place), rel=2e-3, abs=1e-3)
