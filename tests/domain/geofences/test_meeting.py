"""Where edges meet, against comparing all pairs."""

from itertools import pairwise
from math import cos, pi, sin

from hypothesis import assume, given
from hypothesis import strategies as st

from fleet_app.domain.geofences.meeting import MOST_EFFORT, MeetingEdges, TooIntricate, edges_that_meet

corners = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=7)


@given(corners)
def test_edges_meet_exactly_where_comparing_all_pairs_says_so(points: list[tuple[int, int]]) -> None:
    ring = [*points, points[0]]
    kept = [ring[0], *(point for before, point in pairwise(ring) if point != before)]
    assume(len(kept) > 1)

    met = edges_that_meet([[(float(x), float(y)) for x, y in kept]])

    assert isinstance(met, MeetingEdges) != is_simple(kept)


def test_the_rings_that_meet_are_told_with_a_point() -> None:
    outer = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
    hole = [(1.0, 1.0), (2.0, 1.0), (2.0, 5.0), (1.0, 1.0)]

    met = edges_that_meet([outer, hole])

    assert isinstance(met, MeetingEdges)
    assert {met.ring, met.other_ring} == {0, 1}
    assert met.near in [*outer, *hole]


def test_rings_apart_do_not_meet() -> None:
    outer = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]

    assert edges_that_meet([outer, [(1.0, 1.0), (2.0, 1.0), (2.0, 3.0), (1.0, 1.0)]]) is None


def test_what_takes_too_much_effort_is_told_as_such() -> None:
    spikes, length = 500, 1_000.0
    outline: list[tuple[float, float]] = []
    for number in range(spikes):
        angle = 2 * pi * number / spikes
        outline.append((length * cos(angle), length * sin(angle)))
        outline.append((cos(angle + pi / spikes), sin(angle + pi / spikes)))

    met = edges_that_meet([[*outline, outline[0]]])

    assert isinstance(met, TooIntricate)
    assert met.effort > MOST_EFFORT


def is_simple(ring: list[tuple[int, int]]) -> bool:
    """Whether no two of a ring's edges have more in common than one's end and the next one's beginning.

    Edges between points of a small grid meet, if they do, at points that are 1/n of an edge from its beginning.
    """
    edges = list(pairwise(ring))
    pairs = [(one, other) for one in range(len(edges)) for other in range(one)]
    return all(meets_rightly(edges, one, other) for one, other in pairs)


def meets_rightly(edges: list[tuple[tuple[int, int], tuple[int, int]]], one: int, other: int) -> bool:
    (a, b), (c, d) = edges[one], edges[other]
    common = {point for point in (a, b) if is_on(point, c, d)} | {point for point in (c, d) if is_on(point, a, b)}
    if (one - other) % len(edges) in {1, len(edges) - 1}:
        return len(common) == 1
    return not common and not cross(a, b, c, d)


Corner = tuple[int, int]


def turn(a: Corner, b: Corner, c: Corner) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def is_on(point: Corner, a: Corner, b: Corner) -> bool:
    is_between = all(min(a[axis], b[axis]) <= point[axis] <= max(a[axis], b[axis]) for axis in (0, 1))
    return turn(a, b, point) == 0 and is_between


def cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
