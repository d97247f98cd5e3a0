"""How a van gets along a way: accelerates, keeps the limit, brakes for turns, waits at red lights. No clock, no GPS."""

import itertools
import math
import random
from collections.abc import Iterator
from typing import Final

import msgspec

from fleet_app.demo.city import City, Point

_ACCELERATION_MPS2: Final = 1.3
_BRAKING_MPS2: Final = 1.8
_TURNS: Final = ((100.0, 2.0), (45.0, 4.5), (15.0, 8.0))
"""The sharpest first: from so many degrees on, the speed through the crossing, m/s."""
_RED_LIGHT_CHANCE: Final = 0.15
_RED_LIGHT_S: Final = (5.0, 35.0)


class Move(msgspec.Struct, frozen=True):
    """A piece of a van's day on one straight line, with one acceleration; standing still is one too.

    Attributes:
        duration_s: How long it takes.
        origin: Where it begins.
        heading_deg: Where it leads, degrees clockwise from north.
        speed_mps: Speed at its beginning.
        acceleration_mps2: Change of speed; negative while braking.
        ignition: Whether the engine is on.
    """

    duration_s: float
    origin: Point
    heading_deg: float = 0.0
    speed_mps: float = 0.0
    acceleration_mps2: float = 0.0
    ignition: bool = True

    def speed_after(self, passed_s: float) -> float:
        """Return the speed so long after its beginning, m/s."""
        return max(0.0, self.speed_mps + self.acceleration_mps2 * passed_s)

    def place_after(self, passed_s: float) -> Point:
        """Return the place so long after its beginning."""
        driven_m = self.speed_mps * passed_s + self.acceleration_mps2 * passed_s**2 / 2
        heading = math.radians(self.heading_deg)
        return Point(
            self.origin.east_m + driven_m * math.sin(heading), self.origin.north_m + driven_m * math.cos(heading)
        )


def drive(city: City, way: list[int], pace: float, chance: random.Random) -> Iterator[Move]:
    """Yield the moves along `way`, from standstill to standstill; `pace` is the driver's share of the speed limit."""
    places = [city.crossings[crossing] for crossing in way]
    limits_mps = [pace * city.streets[here][there] for here, there in itertools.pairwise(way)]
    inner = range(1, len(places) - 1)
    red = {index for index in inner if chance.random() < _RED_LIGHT_CHANCE}
    speeds_mps = _speeds_at(places, limits_mps, red)
    for index, (here, there) in enumerate(itertools.pairwise(places)):
        if index in red:
            yield Move(chance.uniform(*_RED_LIGHT_S), here)
        yield from _straight(here, there, speeds_mps[index], speeds_mps[index + 1], limits_mps[index])


def _speeds_at(places: list[Point], limits_mps: list[float], red: set[int]) -> list[float]:
    """Return the speed at each place that limits, turns and lights allow, and engine and brakes can reach."""
    speeds_mps = [0.0] * len(places)
    for index in set(range(1, len(places) - 1)) - red:
        turn_deg = _turn_deg(*places[index - 1 : index + 2])
        speeds_mps[index] = min(_through_turn_mps(turn_deg), limits_mps[index - 1], limits_mps[index])
    lengths_m = [here.distance_m(there) for here, there in itertools.pairwise(places)]
    for index, length_m in enumerate(lengths_m):
        reachable_mps = math.sqrt(speeds_mps[index] ** 2 + 2 * _ACCELERATION_MPS2 * length_m)
        speeds_mps[index + 1] = min(speeds_mps[index + 1], reachable_mps)
    for index, length_m in reversed(list(enumerate(lengths_m))):
        stoppable_mps = math.sqrt(speeds_mps[index + 1] ** 2 + 2 * _BRAKING_MPS2 * length_m)
        speeds_mps[index] = min(speeds_mps[index], stoppable_mps)
    return speeds_mps


def _turn_deg(before: Point, here: Point, after: Point) -> float:
    change_deg = here.heading_deg(after) - before.heading_deg(here)
    return abs((change_deg + 180.0) % 360.0 - 180.0)


def _through_turn_mps(turn_deg: float) -> float:
    return next((speed_mps for from_deg, speed_mps in _TURNS if turn_deg >= from_deg), math.inf)


def _straight(here: Point, there: Point, from_mps: float, to_mps: float, limit_mps: float) -> Iterator[Move]:
    """Yield acceleration, cruise and braking between two places, as far as there is room for them."""
    length_m = here.distance_m(there)
    heading_deg = here.heading_deg(there)
    top_mps = min(limit_mps, _top_speed_mps(length_m, from_mps, to_mps))
    speeding_s = (top_mps - from_mps) / _ACCELERATION_MPS2
    braking_s = (top_mps - to_mps) / _BRAKING_MPS2
    cruising_m = length_m - (from_mps + top_mps) / 2 * speeding_s - (top_mps + to_mps) / 2 * braking_s
    place = here
    for duration_s, speed_mps, acceleration_mps2 in (
        (speeding_s, from_mps, _ACCELERATION_MPS2),
        (cruising_m / top_mps, top_mps, 0.0),
        (braking_s, top_mps, -_BRAKING_MPS2),
    ):
        if duration_s > 0.0:
            move = Move(duration_s, place, heading_deg, speed_mps, acceleration_mps2)
            yield move
            place = move.place_after(duration_s)


def _top_speed_mps(length_m: float, from_mps: float, to_mps: float) -> float:
    """Return the speed at which accelerating must turn into braking to fit into `length_m`."""
    energy = (
        2 * _ACCELERATION_MPS2 * _BRAKING_MPS2 * length_m + _BRAKING_MPS2 * from_mps**2 + _ACCELERATION_MPS2 * to_mps**2
    )
    return math.sqrt(energy / (_ACCELERATION_MPS2 + _BRAKING_MPS2))
