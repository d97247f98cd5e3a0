"""What is found by cell, against asking each geofence."""

from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.geofences.index import LONGEST_WAY_M, MARGIN_M, NOWHERE, Geofences, Places
from tests.domain.geofences.shapes import (
    fence_of,
    geofence_of,
    latitudes,
    longitudes,
    moved,
    rectangle,
    star,
)

Shape = Circle | Polygon
YARD = geofence_of(Circle(52.0, 13.0, 100.0))

awkward = st.sampled_from(
    [(84.5, 179.999), (-84.5, -179.999), (0.0, 180.0), (58.65, 11.25), (-39.1, 122.3), (0.0, 0.0), (50.1, -143.48)]
)
"""Near the end of the scale, at the antimeridian, and near the middles of some of H3's pentagons."""
spots = st.one_of(st.tuples(latitudes, longitudes), awkward)
sizes_m = st.one_of(st.floats(5, 500), st.floats(500, 10_000), st.floats(10_000, 100_000))
shares = st.lists(st.floats(0.3, 1), min_size=3, max_size=12)


@st.composite
def drawn(draw: st.DrawFn) -> Shape:
    """A circle or a polygon of any size, anywhere."""
    lat, lon = draw(spots)
    size_m = draw(sizes_m)
    if draw(st.booleans()):
        return Circle(lat, lon, size_m)
    return Polygon((star(lat, lon, [size_m * 4 * share for share in draw(shares)]),))


def places_of(*shapes: Shape) -> Places:
    numbered = {f"{number:02}": geofence_of(shape, f"{number:02}") for number, shape in enumerate(shapes)}
    return Geofences().changed(numbered).of("default")


def ids(fences: object) -> list[str]:
    assert isinstance(fences, (list, tuple))
    return [fence.geofence.geofence_id for fence in fences]


def nearest_point(fence: Fence, lat: float, lon: float, bearing: tuple[float, float]) -> tuple[float, float]:
    """A point some 49 m outside of a fence or inside, on the way from a point in a direction."""
    near, far = 0.0, 600_000.0
    for _ in range(60):
        middle = (near + far) / 2
        there = moved(lat, lon, bearing[0] * middle, bearing[1] * middle)
        if exact_m(fence, *there) > -(MARGIN_M - 1):
            near = middle
        else:
            far = middle
    return moved(lat, lon, bearing[0] * near, bearing[1] * near)


def exact_m(fence: Fence, lat: float, lon: float) -> float:
    return fence.outline.exact_depth_m(lat, lon, metres_per_degree(lat))


bearings = st.sampled_from([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (0.6, 0.8), (-0.8, 0.6), (0.8, -0.6)])


@given(drawn(), bearings, st.floats(0, 1), bearings, st.floats(0, LONGEST_WAY_M * 0.99))
@settings(max_examples=400)
def test_a_geofence_within_50_m_of_a_way_is_found_along_it(
    shape: Shape, bearing: tuple[float, float], share: float, course: tuple[float, float], way_m: float
) -> None:
    fence = fence_of(shape)
    lat, lon = nearest_point(fence, fence.outline.lat, fence.outline.lon, bearing)
    before = moved(lat, lon, -course[0] * way_m * share, -course[1] * way_m * share)
    after = moved(lat, lon, course[0] * way_m * (1 - share), course[1] * way_m * (1 - share))

    found = places_of(shape).along(*before, *after)

    assert ids(found) == ["00"]


changes = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.tuples(drawn(), st.sampled_from(["x", "y"]))))


@given(changes, spots)
def test_changes_one_by_one_come_to_the_same_as_all_at_once(
    changes: list[tuple[str, tuple[Shape, str] | None]], spot: tuple[float, float]
) -> None:
    asked = [
        {geofence_id: None if value is None else geofence_of(value[0], geofence_id, value[1])}
        for geofence_id, value in changes
    ]
    one_by_one = reduce(Geofences.changed, asked, Geofences())
    last: dict[str, Geofence | None] = reduce(lambda known, each: {**known, **each}, asked, {})
    at_once = Geofences().changed(last)
    expected = {geofence_id: geofence for geofence_id, geofence in last.items() if geofence is not None}

    assert list(one_by_one) == list(at_once) == [expected[geofence_id] for geofence_id in sorted(expected)]
    assert len(one_by_one) == len(expected)
    for tenant in ("x", "y"):
        places, others = one_by_one.of(tenant), at_once.of(tenant)
        assert places.version == others.version
        assert bool(places) == any(each.tenant == tenant for each in expected.values())
        assert ids(places.along(*spot, *spot)) == ids(others.along(*spot, *spot))


def test_the_geofences_along_a_way_come_in_the_order_of_their_ids() -> None:
    places = places_of(
        *(Circle(52.0, 13.0, radius_m) for radius_m in (100, 20_000, 2_000, 100_000, 50)), Circle(53.0, 13.0, 50)
    )

    assert ids(places.along(52.0, 13.0, 52.0, 13.0)) == ["00", "01", "02", "03", "04"]
    assert ids(places.along(52.0, 13.0, 52.01, 13.0)) == ["00", "01", "02", "03", "04"]


def test_of_a_way_that_is_too_long_to_be_straight_the_end_is_looked_at() -> None:
    places = places_of(Circle(52.0, 13.0, 100), Circle(52.1, 13.0, 100), Circle(52.2, 13.0, 100))

    assert ids(places.along(52.0, 13.0, 52.2, 13.0)) == ["02"]


def test_far_from_all_geofences_none_is_found() -> None:
    assert not places_of(Circle(52.0, 13.0, 100)).along(52.02, 13.0, 52.02, 13.0)


def test_a_way_across_the_antimeridian_is_the_short_one() -> None:
    places = places_of(Circle(10.0, 180.0, 100), Circle(10.0, 0.0, 100))

    assert ids(places.along(10.0, 179.99, 10.0, -179.99)) == ["00"]


def test_a_geofence_at_a_pole_is_found() -> None:
    places = places_of(Circle(89.99, 0.0, 100))

    assert ids(places.along(89.99, 1.0, 89.99, 1.0)) == ["00"]


def test_a_geofence_in_the_next_street_is_not_one_along_the_way() -> None:
    places = places_of(Circle(52.0, 13.0, 100), Polygon((star(52.0, 13.0, [100.0] * 8),)))

    for near, found in ((moved(52.0, 13.0, 140.0, 0.0), ["00", "01"]), (moved(52.0, 13.0, 170.0, 0.0), [])):
        assert ids(places.along(*near, *near)) == found


def test_a_geofence_as_large_as_a_country_is_found_in_its_middle_and_at_its_edge() -> None:
    places = places_of(Polygon((rectangle(48.0, 6.0, 54.0, 15.0),)))

    assert ids(places.along(51.0, 10.0, 51.0, 10.0)) == ["00"]
    assert ids(places.along(47.9997, 10.0, 47.9997, 10.0)) == ["00"]


def test_vehicles_see_the_geofences_of_their_own_tenant() -> None:
    geofences = Geofences().changed({"yard": YARD})

    assert geofences.of("default").get("yard") is not None
    assert geofences.of("another") is NOWHERE


def test_a_geofence_that_goes_to_another_tenant_leaves_the_one_it_had() -> None:
    geofences = Geofences().changed({"yard": YARD}).changed({"yard": geofence_of(YARD.shape, tenant="another")})

    assert geofences.of("default") is NOWHERE
    assert geofences.of("another").get("yard") is not None


def test_a_snapshot_stays_as_it_was_when_geofences_change() -> None:
    geofences = Geofences().changed({"yard": YARD})

    geofences.changed({"yard": None, "depot": geofence_of(Circle(52.0, 13.0, 50.0), "depot")})

    assert list(geofences) == [YARD]
    assert ids(geofences.of("default").along(52.0, 13.0, 52.0, 13.0)) == ["yard"]


def test_a_geofence_is_known_by_its_id() -> None:
    geofences = Geofences().changed({"yard": YARD})

    assert geofences.get("yard") is YARD
    assert geofences.get("depot") is None
    assert geofences.of("default").get("depot") is None


def test_what_is_not_there_can_be_deleted() -> None:
    assert len(Geofences().changed({"yard": None})) == 0


def test_the_version_follows_from_what_the_geofences_are() -> None:
    depot, elsewhere = geofence_of(Circle(10.0, 10.0, 50.0), "depot"), geofence_of(Circle(1.0, 2.0, 30.0), "depot")
    versions = [
        Geofences().changed({each.geofence_id: each for each in there}).of("default").version
        for there in ((YARD, depot), (depot, YARD), (YARD, elsewhere), (YARD,))
    ]

    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    assert NOWHERE.version == 0
