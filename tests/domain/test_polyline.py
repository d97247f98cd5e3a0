"""A way as a short text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geo import distance_m, metres_per_degree
from fleet_app.domain.polyline import TOLERANCE_M, Point, encoded, simplified

EAST_M, NORTH_M = metres_per_degree(52.0)


def point(east_m: float, north_m: float) -> Point:
    return 52.0 + north_m / NORTH_M, 13.0 + east_m / EAST_M


def decoded(text: str) -> list[Point]:
    """Read the encoding as its documentation describes it."""
    numbers: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    points: list[Point] = []
    lat_e5 = lon_e5 = 0
    for lat_step, lon_step in zip(numbers[::2], numbers[1::2], strict=True):
        lat_e5, lon_e5 = lat_e5 + lat_step, lon_e5 + lon_step
        points.append((lat_e5 / 1e5, lon_e5 / 1e5))
    return points


def off_line_m(place: Point, start: Point, end: Point) -> float:
    """Return how far a point is from a line, by trying points 5 m apart or closer."""
    shares = [number / 240 for number in range(241)]
    return min(
        distance_m(place[0], place[1], start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        for share in shares
    )


ways = st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), min_size=1, max_size=20).map(
    lambda steps: [point(east_m, north_m) for east_m, north_m in steps]
)


def test_the_example_of_the_encodings_documentation_is_written_alike() -> None:
    assert encoded([(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def test_nowhere_is_no_text() -> None:
    assert encoded([]) == ""


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20))
def test_what_is_encoded_is_decoded_to_within_a_metre(points: list[Point]) -> None:
    found = decoded(encoded(points))

    assert [part for each in found for part in each] == pytest.approx(
        [part for each in points for part in each], abs=6e-6
    )


def test_a_straight_way_is_two_points() -> None:
    way = [point(metres, metres) for metres in range(0, 1_000, 10)]

    assert simplified(way) == [way[0], way[-1]]


def test_a_corner_stays() -> None:
    way = [point(0, 0), point(50, 1), point(100, 0), point(101, 50), point(100, 100)]

    assert simplified(way) == [way[0], way[2], way[4]]


def test_a_way_there_and_back_keeps_its_furthest_point() -> None:
    way = [point(0, 0), point(500, 0), point(0, 0)]

    assert simplified(way) == way


@given(ways)
def test_no_point_that_is_left_out_is_further_off_than_the_tolerance(way: list[Point]) -> None:
    kept = simplified(way)
    lines = list(pairwise(kept)) or [(kept[0], kept[0])]

    assert (kept[0], kept[-1]) == (way[0], way[-1])
    assert all(min(off_line_m(place, *line) for line in lines) <= TOLERANCE_M * 1.04 for place in way)
