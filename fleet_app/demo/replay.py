"""Plays the recording for ever: each loop another day on the same streets.

In every loop each vehicle drives as recorded but stands for as long as is drawn afresh, so that what follows comes
earlier or later. A van waits at the depot for the next loop, under the same name. A car is gone for good when its
drive or the loop ends; in the next loop another one drives there. Nobody jumps.

Times are seconds since the first loop began.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from fleet_app.demo.recording import FIX_EVERY_S, Recording, Row, Stop, Track

_DWELL_SPREAD: Final = 0.35
"""Of the logarithm of a drawn dwell over the recorded one."""
_DWELL_FACTORS: Final = (0.5, 2.0)


class Moment(NamedTuple):
    """Where a vehicle is, without error.

    Attributes:
        at_s: When.
        row: Where, and how fast.
        dwell_s: How long the stop that it stands at lasts in all; 0 on the way.
    """

    at_s: float
    row: Row
    dwell_s: int


class Outing(NamedTuple):
    """What one vehicle does in one loop: its moments, `FIX_EVERY_S` apart."""

    vehicle_id: str
    moments: Iterator[Moment]


class Loop(NamedTuple):
    """What everybody does in one loop; the vans are the same in each, the cars are not."""

    vans: list[Outing]
    cars: list[Outing]


def play(recording: Recording, chance: random.Random) -> Iterator[Loop]:
    """Yield loop after loop, without end."""
    phases_s = [chance.random() for _ in recording.vans]
    for number in itertools.count():
        began_s = number * recording.lasts_s
        yield Loop(
            vans=[
                Outing(van.vehicle_id, _moments(van, _van_dwells(van, chance), began_s + phase_s))
                for van, phase_s in zip(recording.vans, phases_s, strict=True)
            ],
            cars=[
                Outing(_car_id(car, number), _moments(car, _car_dwells(car, chance), began_s + chance.random()))
                for car in recording.cars
            ],
        )


def _car_id(car: Track, loop: int) -> str:
    return f"{car.vehicle_id}-{loop + 1}" if loop else car.vehicle_id


def _van_dwells(van: Track, chance: random.Random) -> list[int]:
    """Return the rows of each stop; the last, at the depot, gets what the deliveries leave of the loop."""
    leaving, *deliveries, home = van.stops
    recorded = sum(stop.rows for stop in (*deliveries, home))
    drawn = _draw_dwells(deliveries, recorded - 1, chance)
    return [leaving.rows, *drawn, recorded - sum(drawn)]


def _car_dwells(car: Track, chance: random.Random) -> list[int]:
    """Return the rows of each stop, together no more than recorded, so that the car is gone when the loop ends."""
    return _draw_dwells(car.stops, sum(stop.rows for stop in car.stops), chance)


def _draw_dwells(stops: Sequence[Stop], most: int, chance: random.Random) -> list[int]:
    """Return for each stop about as many rows as recorded, and in all at most `most`."""
    drawn = [stop.rows * _draw_factor(chance) for stop in stops]
    fitting = min(1.0, most / max(1.0, sum(drawn)))
    return [int(rows * fitting) for rows in drawn]


def _draw_factor(chance: random.Random) -> float:
    least, greatest = _DWELL_FACTORS
    return min(max(chance.lognormvariate(0.0, _DWELL_SPREAD), least), greatest)


def _moments(track: Track, dwells: Sequence[int], began_s: float) -> Iterator[Moment]:
    """Yield the track with so many rows at each of its stops."""
    for number, (row, dwell) in enumerate(_stretch(track, dwells)):
        yield Moment(began_s + track.begins_s + number * FIX_EVERY_S, row, dwell * FIX_EVERY_S)


def _stretch(track: Track, dwells: Sequence[int]) -> Iterator[tuple[Row, int]]:
    """Yield each row and the rows of the stop it belongs to; a stop's first row stands for all of it."""
    rows = track.rows()
    passed = 0
    for stop, dwell in zip(track.stops, dwells, strict=True):
        yield from zip(itertools.islice(rows, stop.first_row - passed), itertools.repeat(0))
        place, *_ = itertools.islice(rows, stop.rows)
        yield from itertools.repeat((place, dwell), dwell)
        passed = stop.first_row + stop.rows
    yield from zip(rows, itertools.repeat(0))
