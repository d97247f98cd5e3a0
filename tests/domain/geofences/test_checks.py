"""What a geofence may not be."""

from math import nan, pi, sin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.geofence import MOST_POINTS, Circle, Polygon
from tests.domain.geofences.shapes import Ring, circles, geofence_of, polygons, rectangle, star

Rings = tuple[Ring, ...]
SQUARE = rectangle(52.0, 13.0, 52.1, 13.1)
BOW_TIE = ((13.0, 52.0), (13.1, 52.1), (13.1, 52.0), (13.0, 52.1), (13.0, 52.0))
SPIKE = ((13.0, 52.0), (13.1, 52.0), (13.1, 52.1), (13.1, 52.3), (13.1, 52.1), (13.0, 52.1), (13.0, 52.0))
SPIKE_AT_ITS_FIRST = ((13.05, 52.2), (13.05, 52.1), (13.0, 52.1), (13.0, 52.0), (13.05, 52.1), (13.05, 52.2))
EIGHT = ((13.0, 52.0), (13.1, 52.1), (13.2, 52.0), (13.2, 52.2), (13.1, 52.1), (13.0, 52.2), (13.0, 52.0))


def told_of(shape: Circle | Polygon) -> str:
    return fault_of(geofence_of(shape)) or "nothing"


@given(st.one_of(circles, polygons(least_m=50)))
def test_what_people_draw_is_right(shape: Circle | Polygon) -> None:
    assert told_of(shape) == "nothing"


@pytest.mark.parametrize(
    "rings",
    [
        (SQUARE,),
        (SQUARE[::-1],),
        (rectangle(52.0, 179.9, 52.1, -179.9),),
        (SQUARE, rectangle(52.01, 13.01, 52.02, 13.02), rectangle(52.03, 13.03, 52.04, 13.04)),
        (rectangle(52.0, 179.9, 52.1, -179.9), rectangle(52.01, -179.99, 52.02, -179.98)),
        ((*SQUARE[:2], SQUARE[1], *SQUARE[2:]),),
    ],
    ids=["anticlockwise", "clockwise", "antimeridian", "holes", "hole beyond the antimeridian", "a point twice"],
)
def test_a_polygon_may_have_holes_turn_either_way_and_cross_the_antimeridian(rings: Rings) -> None:
    assert told_of(Polygon(rings)) == "nothing"


@pytest.mark.parametrize(
    ("rings", "told"),
    [
        ((), "the polygon has no ring"),
        ((SQUARE[:3],), "the outline has 3 points"),
        ((SQUARE, SQUARE[:2]), "hole 1 has 2 points"),
        ((SQUARE[:4],), "the outline is not closed"),
        ((((nan, 52.0), *SQUARE[1:]),), "is not closed"),
        (((SQUARE[0], (nan, 52.0), *SQUARE[2:]),), "the outline has a point [nan, 52.0]: not both are numbers"),
        ((rectangle(84.9, 13.0, 85.1, 13.1),), "the outline reaches latitude 85.1"),
        ((rectangle(45.0, 0.0, 46.0, 13.0),), "the outline is 1,025 km wide"),
        ((rectangle(40.0, 0.0, 50.0, 1.0),), "the outline is 1,110 km high"),
        ((((13.0, 52.0), (13.0, 52.1), (13.0, 52.2), (13.0, 52.0)),), "the outline crosses or touches itself"),
        ((((13.0, 52.0),) * 5,), "the outline has no area"),
        ((SQUARE, ((13.05, 52.05),) * 4), "hole 1 has no area"),
        ((rectangle(52.0, 13.0, 52.000_001, 13.000_001),), "the outline has an area of less than 1 m2"),
        ((((13.0, 52.0), (13.1, 52.1), (13.1, 52.0), (13.05, 52.1), (13.0, 52.0)),), "the outline crosses or touches"),
        ((SPIKE,), "the outline crosses or touches itself near [13.100000, 52.300000]"),
        ((SPIKE_AT_ITS_FIRST,), "the outline crosses or touches itself near [13.050000, 52.200000]"),
        ((EIGHT,), "the outline crosses or touches itself"),
        ((SQUARE, rectangle(52.05, 13.05, 52.15, 13.06)), "the outline crosses or touches hole 1"),
        ((SQUARE, rectangle(52.05, 13.1, 52.06, 13.2)), "the outline crosses or touches hole 1"),
        ((SQUARE, SQUARE), "the outline crosses or touches hole 1"),
        ((SQUARE, rectangle(53.0, 13.0, 53.1, 13.1)), "hole 1 lies outside of the outline"),
        ((BOW_TIE,), "the outline crosses or touches itself"),
    ],
)
def test_a_polygon_that_is_none_is_told_with_what_to_do(rings: Rings, told: str) -> None:
    assert told in told_of(Polygon(rings))


@pytest.mark.parametrize("around_the_pole", [80.0, -80.0])
def test_a_ring_around_a_pole_is_too_wide(around_the_pole: float) -> None:
    ring = tuple((lon, around_the_pole) for lon in (-120.0, 0.0, 120.0, -120.0))

    assert "km wide" in told_of(Polygon((ring,)))


def test_an_outline_with_too_many_points_is_to_be_simplified() -> None:
    ring = star(52.0, 13.0, [1_000.0] * MOST_POINTS)

    assert "the polygon has 2,001 points, at most 2,000 can be: simplify it" in told_of(Polygon((ring,)))


def test_an_outline_with_as_many_points_as_can_be_is_looked_at_whole() -> None:
    corners = MOST_POINTS - 1
    coast = [10_000 + 100 * sin(40 * 2 * pi * number / corners) for number in range(corners)]
    crossed = [*star(52.0, 13.0, coast)]
    crossed[500], crossed[502] = crossed[502], crossed[500]

    assert told_of(Polygon((star(52.0, 13.0, coast),))) == "nothing"
    assert "crosses or touches itself" in told_of(Polygon((tuple(crossed),)))


def test_spikes_by_the_hundred_are_not_looked_at_to_the_end() -> None:
    burst = [1_000.0 if number % 2 else 1.0 for number in range(MOST_POINTS - 1)]

    assert "edges lie side by side to check that none cross: simplify it" in told_of(
        Polygon((star(52.0, 13.0, burst),))
    )


@pytest.mark.parametrize(
    ("circle", "told"),
    [
        (Circle(nan, 13.0, 100.0), "lat nan, lon 13.0, radius_m 100.0: not all are numbers"),
        (Circle(52.0, 13.0, float("inf")), "radius_m inf: not all are numbers"),
        (Circle(85.1, 13.0, 100.0), "lat 85.1 is too near to a pole"),
    ],
)
def test_a_circle_that_is_none_is_told(circle: Circle, told: str) -> None:
    assert told in told_of(circle)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", " Yard", "name ' Yard' begins or ends with white space"),
        ("geofence_id", "yard ", "geofence_id 'yard ' begins or ends with white space"),
        ("tags", ("a", "b\t"), "tags 'b\\t' begins or ends with white space"),
        ("tags", ("a", "b", "a"), "tags a, b, a: a tag stands there twice"),
    ],
)
def test_texts_by_which_a_geofence_is_found_do_not_look_alike(field: str, value: object, told: str) -> None:
    geofence = msgspec.structs.replace(geofence_of(Circle(52.0, 13.0, 100.0)), **{field: value})

    assert told in (fault_of(geofence) or "nothing")
