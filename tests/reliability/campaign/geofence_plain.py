"""When vehicles must have come into geofences and left them, by the rule as a person would tell it.

Shares no code with the application: distances are geodesic, every geofence is looked at with every fix. Geofences are
wide enough that a fix can be clear of the edge. What the vehicle was doing (moving or at rest, where the middle of its
rest was, whether it had been silent) is given: that is no business of geofences.

* A vehicle has come in with a second fix that is not outside, after one that was clear of the edge inside; it has left
  with a second fix that is not inside, if one of both is clear of the edge outside.
* Clear is three standard deviations: of a fix, or of the middle of a rest of two minutes or more, which is known twice
  as well. Of a rest of more than ten minutes nothing new is learnt: at most, what one more look decides.
* A straight way between two fixes that leads deep through is as good as a fix in there: at most 60 s and 5 km long, the
  vehicle heading along it.
* A single fix inside counts if the vehicle was there for 3 s, or crossed from side to side.
* The instant is that of the crossing, on the straight way between the two fixes; after a silence, the first fix.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Final, NamedTuple

from geographiclib.geodesic import Geodesic

_UNTOLD_SIGMA_M: Final = 5.0
_ACCURACY_PER_SIGMA: Final = 1.515
_SURE_S: Final = 120.0
_SETTLED_S: Final = 600.0
_LONGEST_UNSEEN_S: Final = 60.0
_LONGEST_UNSEEN_M: Final = 5_000.0
_SHORTEST_S: Final = 3.0
_BENT_DEG: Final = 30.0
_SAMPLE_M: Final = 1.0

Point = tuple[float, float]
"""Latitude and longitude, degrees; or metres east and north."""


class Sight(NamedTuple):
    """What is known of a vehicle with an accepted fix.

    Attributes:
        time_ms: Event time of the fix.
        place: Where the vehicle is taken to be: at the fix, or at the middle of its rest.
        accuracy_m: As told.
        heading_deg: As told; None at rest.
        rested_s: How long it has rested; None while it moves.
        is_anew: Whether nothing is known of how it came here: its first fix, or one after a silence.
    """

    time_ms: int
    place: Point
    accuracy_m: float | None
    heading_deg: float | None
    rested_s: float | None
    is_anew: bool

    @property
    def clear_m(self) -> float:
        """How far from an edge it is surely on its side."""
        told_m = self.accuracy_m
        sigma_m = _UNTOLD_SIGMA_M if told_m is None else min(max(told_m / _ACCURACY_PER_SIGMA, 3.0), 10.0)
        return 1.5 * sigma_m if self.rested_s is not None and self.rested_s >= _SURE_S else 3 * sigma_m

    @property
    def is_settled(self) -> bool:
        """Whether it has rested for so long that it is not looked at any more."""
        return self.rested_s is not None and self.rested_s > _SETTLED_S


class Round(NamedTuple):
    """A round geofence."""

    name: str
    middle: Point
    radius_m: float


class Drawn(NamedTuple):
    """A geofence drawn corner by corner: its outer ring and its holes, none closed."""

    name: str
    rings: Sequence[Sequence[Point]]


class Told(NamedTuple):
    """What must be told."""

    name: str
    is_inwards: bool
    time_ms: float


class Through(NamedTuple):
    """The part of a way from the first point inside to the last, as shares of it, and how deep it gets."""

    entry: float
    leaving: float
    deepest_m: float


def crossings(sights: Sequence[Sight], fences: Sequence[Round | Drawn]) -> list[Told]:
    """Return what must be told of a vehicle, whose sights are given in order."""
    walks = [_Walk(fence) for fence in fences]
    for before, now in zip([None, *sights], sights, strict=False):
        for walk in walks:
            walk.step(None if now.is_anew else before, now)
    return [told for walk in walks for told in walk.told]


@dataclass
class _Came:
    """When a vehicle may have come in, where, if it was seen to, and whether it was clear of the edge since."""

    time_ms: float
    place: Point
    was_seen: bool
    is_clear: bool = False


@dataclass
class _Left:
    """When a vehicle may have left, and whether its newest fix was clear of the edge outside."""

    time_ms: float
    is_clear: bool


@dataclass
class _Walk:
    """A vehicle as one geofence sees it."""

    fence: Round | Drawn
    came: _Came | None = None
    is_inside: bool = False
    left: _Left | None = None
    has_settled: bool = False
    told: list[Told] = field(default_factory=list)

    def step(self, before: Sight | None, now: Sight) -> None:
        """Look at where the vehicle is now, and at its way there."""
        if now.is_settled and self.has_settled and not self._is_open():
            return
        through = None if before is None else _through(self.fence, before.place, now.place)
        depth_m = _depth_m(self.fence, now.place)
        if self.is_inside:
            self._goes_on(before, now, through, depth_m)
        else:
            self._comes(before, now, through, depth_m)
        self.has_settled = self.has_settled or (now.is_settled and not self._is_open())

    def _is_open(self) -> bool:
        """Return whether one more look decides."""
        return (self.came is not None and self.came.is_clear) or (self.left is not None and self.left.is_clear)

    def _comes(self, before: Sight | None, now: Sight, through: Through | None, depth_m: float) -> None:
        was_clear = self.came is not None and self.came.is_clear
        is_deep = through is not None and through.deepest_m >= now.clear_m
        is_clear = depth_m >= now.clear_m or (is_deep and before is not None and _is_straight(before, now))
        if depth_m < 0 and not was_clear and not is_clear:
            self.came = None
            return
        came = self.came or _came(before, now, through)
        if depth_m < 0:
            self._was_there(came, before, now, through, depth_m)
        elif was_clear:
            self._enter(came)
        else:
            came.is_clear = is_clear
            self.came = came

    def _was_there(
        self, came: _Came, before: Sight | None, now: Sight, through: Through | None, depth_m: float
    ) -> None:
        """It has been inside, in one fix or in none, and is outside now."""
        self.came = None
        left_ms, left = _at(before, now, 1.0 if through is None else through.leaving)
        if came.is_clear and not self._counts(came, left_ms, left, now):
            return
        self._enter(came)
        if depth_m <= -now.clear_m:
            self._leave(left_ms)
        else:
            self.left = _Left(left_ms, is_clear=False)

    def _counts(self, came: _Came, left_ms: float, left: Point, now: Sight) -> bool:
        if not came.was_seen or left_ms - came.time_ms >= _SHORTEST_S * 1_000:
            return came.was_seen
        across = _through(self.fence, came.place, left)
        return across is not None and across.deepest_m >= now.clear_m

    def _goes_on(self, before: Sight | None, now: Sight, through: Through | None, depth_m: float) -> None:
        is_clear = depth_m <= -now.clear_m
        if depth_m >= 0:
            self.left = None
        elif self.left is None:
            left_ms, _ = _at(before, now, 1.0 if through is None else through.leaving)
            self.left = _Left(left_ms, is_clear)
        elif is_clear or self.left.is_clear:
            self._leave(self.left.time_ms)

    def _enter(self, came: _Came) -> None:
        self.told.append(Told(self.fence.name, is_inwards=True, time_ms=came.time_ms))
        self.came, self.is_inside, self.left = None, True, None

    def _leave(self, time_ms: float) -> None:
        self.told.append(Told(self.fence.name, is_inwards=False, time_ms=time_ms))
        self.is_inside, self.left = False, None


def _came(before: Sight | None, now: Sight, through: Through | None) -> _Came:
    """Return when a vehicle that is inside, or was on its way here, came in."""
    if through is not None and through.entry > 0:
        time_ms, place = _at(before, now, through.entry)
        return _Came(time_ms, place, was_seen=True)
    return _Came(now.time_ms, now.place, was_seen=False)


def _at(before: Sight | None, now: Sight, share: float) -> tuple[float, Point]:
    if before is None:
        return now.time_ms, now.place
    (lat, lon), (to_lat, to_lon) = before.place, now.place
    time_ms = before.time_ms + share * (now.time_ms - before.time_ms)
    return time_ms, (lat + share * (to_lat - lat), lon + share * (to_lon - lon))


def _is_straight(before: Sight, now: Sight) -> bool:
    line = Geodesic.WGS84.Inverse(*before.place, *now.place)
    if now.time_ms - before.time_ms > _LONGEST_UNSEEN_S * 1_000 or line["s12"] > _LONGEST_UNSEEN_M:
        return False
    headings_deg = (before.heading_deg, now.heading_deg)
    return all(each is None or abs((each - line["azi1"] + 180) % 360 - 180) <= _BENT_DEG for each in headings_deg)


def _seen_from(middle: Point, point: Point) -> Point:
    """Return a point as metres east and north of another, along the geodesic between them."""
    line = Geodesic.WGS84.Inverse(*middle, *point)
    return line["s12"] * sin(radians(line["azi1"])), line["s12"] * cos(radians(line["azi1"]))


def _depth_m(fence: Round | Drawn, point: Point) -> float:
    if isinstance(fence, Round):
        return float(fence.radius_m - Geodesic.WGS84.Inverse(*fence.middle, *point)["s12"])
    return _depth_in_m(_edges(fence, point), (0.0, 0.0))


def _edges(fence: Drawn, middle: Point) -> list[tuple[Point, Point]]:
    rings = [[_seen_from(middle, corner) for corner in ring] for ring in fence.rings]
    return [edge for ring in rings for edge in pairwise([*ring, ring[0]])]


def _depth_in_m(edges: Sequence[tuple[Point, Point]], point: Point) -> float:
    nearest_m = min(_off_m(edge, point) for edge in edges)
    turned = sum(_turned(edge, point) for edge in edges)
    return nearest_m if round(turned / 360) % 2 else -nearest_m


def _off_m(edge: tuple[Point, Point], point: Point) -> float:
    (ax, ay), (bx, by) = ((x - point[0], y - point[1]) for x, y in edge)
    along_x, along_y = bx - ax, by - ay
    share = -(ax * along_x + ay * along_y) / (along_x**2 + along_y**2)
    share = min(1.0, max(0.0, share))
    return hypot(ax + share * along_x, ay + share * along_y)


def _turned(edge: tuple[Point, Point], point: Point) -> float:
    """Return by how many degrees one turns round, looking from the point along the edge."""
    (ax, ay), (bx, by) = ((x - point[0], y - point[1]) for x, y in edge)
    return degrees(atan2(ax * by - ay * bx, ax * bx + ay * by))


def _through(fence: Round | Drawn, start: Point, end: Point) -> Through | None:
    """Return how a straight way lies in a geofence: point by point, and exactly where it crosses the edge."""
    if _depth_m(fence, end) < -Geodesic.WGS84.Inverse(*start, *end)["s12"] - _SAMPLE_M:
        return None
    middle = fence.middle if isinstance(fence, Round) else end
    (ax, ay), (bx, by) = _seen_from(middle, start), _seen_from(middle, end)
    edges = [] if isinstance(fence, Round) else _edges(fence, middle)
    way_m = hypot(bx - ax, by - ay)

    def depth_m(share: float) -> float:
        point = ax + share * (bx - ax), ay + share * (by - ay)
        return fence.radius_m - hypot(*point) if isinstance(fence, Round) else _depth_in_m(edges, point)

    samples = int(way_m / _SAMPLE_M) + 2
    shares = [number / (samples - 1) for number in range(samples)]
    depths_m = [depth_m(share) for share in shares]
    inside = [place for place, depth in enumerate(depths_m) if depth >= 0]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    entry = 0.0 if first == 0 else _edge_between(fence, (start, end), shares[max(0, first - 2)], shares[first])
    leaving = (
        1.0
        if last == samples - 1
        else _edge_between(fence, (start, end), shares[min(last + 2, samples - 1)], shares[last])
    )
    return Through(entry, leaving, max(depths_m))


def _edge_between(fence: Round | Drawn, way: tuple[Point, Point], outside: float, inside: float) -> float:
    """Return where the edge is between a share of a way outside and one inside. Both are straight in degrees."""
    (lat, lon), (to_lat, to_lon) = way
    for _ in range(40):
        middle = (outside + inside) / 2
        if _holds(fence, (lat + middle * (to_lat - lat), lon + middle * (to_lon - lon))):
            inside = middle
        else:
            outside = middle
    return inside


def _holds(fence: Round | Drawn, point: Point) -> bool:
    if isinstance(fence, Round):
        return _depth_m(fence, point) >= 0
    edges = [edge for ring in fence.rings for edge in pairwise([*ring, ring[0]])]
    return round(sum(_turned(edge, point) for edge in edges) / 360) % 2 == 1
