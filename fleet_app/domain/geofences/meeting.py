"""Where edges of rings meet that should not: they cross, touch, or lie on one another.

Edges are swept in the direction in which they overlap less. Rings as people draw and countries have them take a few
comparisons per edge; a hundred points may lie in any way at all. What takes more than MOST_EFFORT, like hundreds of
long spikes that meet in the middle, is not looked at any further, so that nobody waits for it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from fleet_app.domain.geofences.rings import Point, Ring

MOST_EFFORT: Final = 80_000
"""Some 10 ms. All pairs of 120 edges cannot take more."""
_EFFORT_BESIDE: Final = 10
"""Of comparing two edges whose boxes overlap, by that of telling that they do not."""


class MeetingEdges(NamedTuple):
    """Two edges that meet: of which rings, and a point of one of them."""

    ring: int
    other_ring: int
    near: Point


class TooIntricate(NamedTuple):
    """Edges lie side by side in such numbers that it would take too long to compare them."""

    effort: int


class _Edge(NamedTuple):
    """An edge, the part of the sweep that it lies in, and the part across."""

    begin: float
    end: float
    low: float
    high: float
    ring: int
    number: int
    edges: int
    from_point: Point
    to_point: Point


def edges_that_meet(rings: Sequence[Ring]) -> MeetingEdges | TooIntricate | None:
    """Return two edges that meet elsewhere than where one begins as the other ends; None if none do.

    Rings are closed, and no point stands twice in a row.
    """
    for number, ring in enumerate(rings):
        spike = _spike(ring)
        if spike is not None:
            return MeetingEdges(number, number, spike)
    return _sweep(_edges_of(rings))


def _spike(ring: Ring) -> Point | None:
    """Return a point at which a ring goes back the way it came."""
    for before, point, after in zip([ring[-2], *ring], ring, ring[1:], strict=False):
        here_x, here_y = point[0] - before[0], point[1] - before[1]
        next_x, next_y = after[0] - point[0], after[1] - point[1]
        if here_x * next_y == here_y * next_x and here_x * next_x + here_y * next_y < 0:
            return point
    return None


def _edges_of(rings: Sequence[Ring]) -> list[_Edge]:
    """Return all edges in the order of a sweep."""
    along = 0 if _overlap(rings, 0) < _overlap(rings, 1) else 1
    across = 1 - along
    edges: list[_Edge] = []
    for ring_number, ring in enumerate(rings):
        last = len(ring) - 1
        for number, (one, other) in enumerate(pairwise(ring)):
            begin, end = (one[along], other[along]) if one[along] < other[along] else (other[along], one[along])
            low, high = (one[across], other[across]) if one[across] < other[across] else (other[across], one[across])
            edges.append(_Edge(begin, end, low, high, ring_number, number, last, one, other))
    edges.sort()
    return edges


def _overlap(rings: Sequence[Ring], axis: int) -> float:
    """Return how much edges overlap in the direction of an axis: their lengths in it by the whole of it."""
    places = [[point[axis] for point in ring] for ring in rings]
    whole = max(map(max, places)) - min(map(min, places))
    return sum(abs(one - other) for ring in places for one, other in pairwise(ring)) / whole


def _sweep(edges: Sequence[_Edge]) -> MeetingEdges | TooIntricate | None:
    open_edges: list[_Edge] = []
    effort = 0
    for edge in edges:
        begin, low, high = edge.begin, edge.low, edge.high
        open_edges = [other for other in open_edges if other.end >= begin]
        beside = [other for other in open_edges if other.low <= high and low <= other.high]
        effort += len(open_edges) + _EFFORT_BESIDE * len(beside)
        if effort > MOST_EFFORT:
            return TooIntricate(effort)
        for other in beside:
            if not _are_neighbours(edge, other) and _meet(edge, other):
                return MeetingEdges(edge.ring, other.ring, edge.from_point)
        open_edges.append(edge)
    return None


def _are_neighbours(one: _Edge, other: _Edge) -> bool:
    return one.ring == other.ring and (one.number - other.number) % one.edges in {1, one.edges - 1}


def _meet(one: _Edge, other: _Edge) -> bool:
    """Return whether two edges have a point in common; their boxes have."""
    a, b, c, d = one.from_point, one.to_point, other.from_point, other.to_point
    return _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0


def _side(begin: Point, end: Point, point: Point) -> int:
    """Return on which side of a line through two points a third lies: 1, -1, or 0 on it."""
    left = (end[0] - begin[0]) * (point[1] - begin[1])
    right = (end[1] - begin[1]) * (point[0] - begin[0])
    return (left > right) - (left < right)
