"""Vans that deliver parcels: they leave the depot, call at customers, return, load, and go again.

Everything follows from the seed: the same seed gives the same positions. Times are seconds since the demo's day
began, and go on for ever; the caller says when that was.
"""

import heapq
import itertools
import math
import random
from collections.abc import Iterator
from typing import Final

import msgspec

from fleet_app.demo.city import City, Point
from fleet_app.demo.driving import Move, drive
from fleet_app.domain.position import Position

FIX_EVERY_S: Final = 5.0

_DEPARTURES_EVERY_S: Final = 8.0
_STOPS_PER_TOUR: Final = (6, 14)
_CALL_S: Final = (20.0, 90.0)
_LOADING_S: Final = (60.0, 180.0)
_PACE: Final = (0.85, 1.05)

_NOISE_M: Final = 2.5
_NOISE_LASTS_S: Final = 30.0
_SPEED_NOISE_MPS: Final = 0.2
_HEADING_NOISE_DEG: Final = 3.0
_HEADING_FROM_MPS: Final = 1.0
"""Slower than this, a receiver cannot tell where it is heading."""
_ACCURACY_M: Final = (3.5, 8.0)


class Due(msgspec.Struct, frozen=True):
    """A position and when its van sends it, seconds since the day began."""

    due_s: float
    position: Position


def drive_fleet(city: City, *, vans: int, seed: int, day_began_ms: int) -> Iterator[Due]:
    """Yield what all vans send, in the order of time, without end. `day_began_ms` is in ms since 1970."""
    reports = [
        report_van(city, number, chance=_chance(seed, number), first_s=FIX_EVERY_S * (number - 1) / vans)
        for number in range(1, vans + 1)
    ]
    for due in heapq.merge(*reports, key=lambda due: due.due_s):
        time_ms = day_began_ms + due.position.time_ms
        yield Due(due.due_s, msgspec.structs.replace(due.position, time_ms=time_ms))


def _chance(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable is what it must be, not secret


def report_van(city: City, number: int, *, chance: random.Random, first_s: float) -> Iterator[Due]:
    """Yield a fix every `FIX_EVERY_S` from `first_s` on; `time_ms` counts from the day's beginning."""
    district = list(city.districts)[number % len(city.districts)]
    receiver = _Receiver(f"van-{number:02}", district, chance)
    day = live_day(city, district, first_departure_s=number * _DEPARTURES_EVERY_S, chance=chance)
    move, began_s = next(day), 0.0
    for tick in itertools.count():
        due_s = first_s + tick * FIX_EVERY_S
        while began_s + move.duration_s <= due_s:
            began_s += move.duration_s
            move = next(day)
        yield Due(due_s, receiver.report(round(due_s * 1000), move, due_s - began_s))


class _Receiver:
    """A van's GPS receiver. Its error drifts from fix to fix, as real ones do, rather than jump (Gauss-Markov)."""

    def __init__(self, vehicle_id: str, district: str, chance: random.Random) -> None:
        self._vehicle_id = vehicle_id
        self._district = district
        self._chance = chance
        self._error = Point(chance.gauss(0.0, _NOISE_M), chance.gauss(0.0, _NOISE_M))

    def report(self, time_ms: int, move: Move, passed_s: float) -> Position:
        """Return what the device says so long after `move` began."""
        self._drift()
        place = move.place_after(passed_s)
        lat, lon = Point(place.east_m + self._error.east_m, place.north_m + self._error.north_m).degrees()
        speed_mps = max(0.0, move.speed_after(passed_s) + self._chance.gauss(0.0, _SPEED_NOISE_MPS))
        heading_deg = (move.heading_deg + self._chance.gauss(0.0, _HEADING_NOISE_DEG)) % 360.0
        return Position(
            vehicle_id=self._vehicle_id,
            time_ms=time_ms,
            lat=round(lat, 6),
            lon=round(lon, 6),
            speed_mps=round(speed_mps, 2),
            heading_deg=round(heading_deg, 1) if speed_mps >= _HEADING_FROM_MPS else None,
            accuracy_m=round(self._chance.uniform(*_ACCURACY_M), 1),
            ignition=move.ignition,
            attributes={"district": self._district},
        )

    def _drift(self) -> None:
        kept = math.exp(-FIX_EVERY_S / _NOISE_LASTS_S)
        fresh_m = _NOISE_M * math.sqrt(1.0 - kept**2)
        east_m, north_m = (kept * error_m + self._chance.gauss(0.0, fresh_m) for error_m in self._error)
        self._error = Point(east_m, north_m)


def live_day(city: City, district: str, *, first_departure_s: float, chance: random.Random) -> Iterator[Move]:
    """Yield a van's moves from the day's beginning, each where the one before it ended, without end."""
    pace = chance.uniform(*_PACE)
    here = city.depot
    pause_s = first_departure_s
    while True:
        for stop in (*plan_tour(city, district, chance), city.depot):
            yield Move(pause_s, city.crossings[here], ignition=False)
            yield from drive(city, city.route(here, stop), pace, chance)
            here = stop
            pause_s = chance.uniform(*(_LOADING_S if stop == city.depot else _CALL_S))


def plan_tour(city: City, district: str, chance: random.Random) -> list[int]:
    """Return the crossings to call at, each the nearest to the one before, beginning nearest to the depot."""
    left = chance.sample(city.districts[district], chance.randint(*_STOPS_PER_TOUR))
    tour = [city.depot]
    while left:
        here = city.crossings[tour[-1]]
        nearest = min(left, key=lambda stop: here.distance_m(city.crossings[stop]))
        left.remove(nearest)
        tour.append(nearest)
    return tour[1:]
