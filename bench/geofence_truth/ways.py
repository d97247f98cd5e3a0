"""Ways of vehicles, of which everything is known: where they are at each moment, and when they cross an edge."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import atan2, cos, degrees, radians, sin, sqrt
from typing import Final, NamedTuple

from bench.geofence_truth.shapes import Point, Shape

_BRAKES_MPS2: Final = 1.5
_STEP_S: Final = 0.25
"""Between the points of a way on which the speed changes."""


class Knot(NamedTuple):
    """Where a vehicle is at a moment: seconds, metres. Between two it drives straight at a steady speed."""

    time_s: float
    x_m: float
    y_m: float


class Crossing(NamedTuple):
    """An edge that is crossed."""

    time_s: float
    is_inwards: bool


class Way(NamedTuple):
    """A vehicle's way."""

    knots: Sequence[Knot]

    @property
    def until_s(self) -> float:
        """When it ends."""
        return self.knots[-1].time_s

    def positions(self, times_s: Sequence[float]) -> Iterator[Point]:
        """Yield where the vehicle is at some moments."""
        starts = [knot.time_s for knot in self.knots]
        for time_s in times_s:
            place = min(bisect_right(starts, time_s), len(starts) - 1)
            before, after = self.knots[place - 1], self.knots[place]
            share = (time_s - before.time_s) / (after.time_s - before.time_s)
            yield before.x_m + share * (after.x_m - before.x_m), before.y_m + share * (after.y_m - before.y_m)

    def headings_deg(self, times_s: Sequence[float]) -> Iterator[float]:
        """Yield where the vehicle is heading at some moments, clockwise from north."""
        starts = [knot.time_s for knot in self.knots]
        for time_s in times_s:
            place = min(bisect_right(starts, time_s), len(starts) - 1)
            before, after = self.knots[place - 1], self.knots[place]
            yield degrees(atan2(after.x_m - before.x_m, after.y_m - before.y_m)) % 360

    def crossings(self, shape: Shape) -> list[Crossing]:
        """Return when the vehicle crosses the edge, in order; that it is inside at first is none."""
        found = []
        is_inside = shape.holds(self.knots[0][1:])
        for before, after in pairwise(self.knots):
            cuts = shape.cuts(before[1:], after[1:])
            for share, following in pairwise([*cuts, 1.0]):
                middle = (share + following) / 2
                point = (
                    before.x_m + middle * (after.x_m - before.x_m),
                    before.y_m + middle * (after.y_m - before.y_m),
                )
                if shape.holds(point) != is_inside:
                    is_inside = not is_inside
                    found.append(Crossing(before.time_s + share * (after.time_s - before.time_s), is_inside))
        return found

    def turned(self, angle_deg: float) -> "Way":
        """Return it turned around the middle."""
        c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
        return Way([Knot(knot.time_s, knot.x_m * c - knot.y_m * s, knot.x_m * s + knot.y_m * c) for knot in self.knots])


def straight(y_m: float, half_m: float, speed_mps: float) -> Way:
    """Return a way from west to east at a steady speed."""
    return Way([Knot(0.0, -half_m, y_m), Knot(2 * half_m / speed_mps, half_m, y_m)])


def there_and_back(far_m: float, reach_m: float, speed_mps: float, stay_s: float) -> Way:
    """Return a way east from `-far_m` to `reach_m`, where it stands for so long, and back the same way."""
    out = list(_arrival(far_m + reach_m, speed_mps))
    arrived_s = out[-1][0]
    knots = [Knot(time_s, metres - far_m, 0.0) for time_s, metres in out]
    back = [Knot(2 * arrived_s + stay_s - knot.time_s, knot.x_m, 0.0) for knot in reversed(knots)]
    return Way([*knots, *back[stay_s == 0 :]])


def parked(x_m: float, for_s: float) -> Way:
    """Return the way of a vehicle that stands."""
    return Way([Knot(0.0, x_m, 0.0), Knot(for_s, x_m, 0.0)])


def round_a_corner(corner_m: float, out_m: float, speed_mps: float) -> Way:
    """Return a way east along the north side of a square around the middle, and south along its east side."""
    turn_m = corner_m
    return Way(
        [
            Knot(0.0, turn_m - out_m, turn_m),
            Knot(out_m / speed_mps, turn_m, turn_m),
            Knot(2 * out_m / speed_mps, turn_m, turn_m - out_m),
        ]
    )


def _arrival(distance_m: float, speed_mps: float) -> Iterator[tuple[float, float]]:
    """Yield seconds and metres of a vehicle that drives so far and brakes to a stop."""
    braking_m = speed_mps**2 / (2 * _BRAKES_MPS2)
    yield 0.0, 0.0
    steady_s = (distance_m - braking_m) / speed_mps
    yield steady_s, distance_m - braking_m
    stops_s = sqrt(2 * braking_m / _BRAKES_MPS2)
    steps = int(stops_s / _STEP_S)
    for step in range(1, steps):
        braked_s = step * _STEP_S
        yield steady_s + braked_s, distance_m - braking_m + speed_mps * braked_s - _BRAKES_MPS2 * braked_s**2 / 2
    yield steady_s + stops_s, distance_m
