"""A parked vehicle drives nowhere, however its receiver wanders."""

from collections.abc import Iterator
from itertools import pairwise
from math import exp, sqrt
from random import Random
from typing import NamedTuple

import pytest

from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.legs import LegKind
from fleet_app.domain.motion.driving import ALARMS
from tests.domain.drives import LAT, LON, RULES, START_MS

DAY_S = 86_400
_EAST_M, _NORTH_M = metres_per_degree(LAT)
_HARSH = set(ALARMS.values())
_ARRIVES_MPS = 10.0


class Noise(NamedTuple):
    """How a receiver wanders: by so much per axis, and for how long it keeps to one side; 0 is white noise."""

    sigma_m: float
    lasts_s: float


WANDERING_5_M, WANDERING_8_M = Noise(5.0, 20.0), Noise(8.0, 20.0)
WHITE_5_M, WHITE_8_M = Noise(5.0, 0.0), Noise(8.0, 0.0)
NOISES = [WANDERING_5_M, WANDERING_8_M, WHITE_5_M, WHITE_8_M]


def offsets_m(noise: Noise, interval_s: int, random: Random) -> Iterator[float]:
    """Yield one axis of the noise, a first-order autoregressive process."""
    kept = exp(-interval_s / noise.lasts_s) if noise.lasts_s else 0.0
    fresh_m, off_m = noise.sigma_m * sqrt(1 - kept * kept), random.gauss(0, noise.sigma_m)
    while True:
        yield off_m
        off_m = kept * off_m + random.gauss(0, fresh_m)


def parked(noise: Noise, interval_s: int, *, speed_sigma_mps: float | None = None, arrives_s: int = 0) -> Iterator[Fix]:
    """Yield the fixes of a vehicle that stands for a day, after it has come there for so many seconds."""
    random = Random(f"{noise} {interval_s} {speed_sigma_mps}")
    axes = zip(offsets_m(noise, interval_s, random), offsets_m(noise, interval_s, random), strict=True)
    for second, (east_m, north_m) in zip(range(-arrives_s, DAY_S, interval_s), axes, strict=False):
        yield Fix(
            START_MS + second * 1_000,
            LAT + north_m / _NORTH_M,
            LON + (east_m + min(second, 0) * _ARRIVES_MPS) / _EAST_M,
            None if speed_sigma_mps is None else abs(random.gauss(0, speed_sigma_mps)),
        )


class Day(NamedTuple):
    """What a day came to."""

    course: Course
    trips: int
    harsh_events: int
    refused: int


def day_of(fixes: Iterator[Fix]) -> Day:
    course, trips, harsh, refused = None, 0, 0, 0
    for fix, following in pairwise(fixes):
        outcome = advance(course, fix, following, RULES)
        assert outcome is not None
        course, happened = outcome.course, outcome.happened
        trips += sum(leg.kind is LegKind.TRIP for leg in happened.legs)
        harsh += sum(event.type in _HARSH for event in happened.events)
        refused += outcome.refusal is not None
    assert course is not None
    return Day(course, trips, harsh, refused)


@pytest.mark.parametrize("interval_s", [1, 5, 10, 30])
@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_a_vehicle_parked_for_a_day_makes_no_trip_and_drives_no_metres(noise: Noise, interval_s: int) -> None:
    day = day_of(parked(noise, interval_s))

    assert (day.trips, day.harsh_events) == (0, 0)
    assert day.course.leg is not None
    assert day.course.leg.kind is LegKind.STOP
    assert day.course.totals.distance_m < 50
    assert day.course.totals.fixes + day.refused == DAY_S // interval_s - 1


@pytest.mark.parametrize("interval_s", [5, 10, 30])
@pytest.mark.parametrize("noise", [WANDERING_5_M, WHITE_5_M], ids=str)
def test_neither_does_one_whose_receiver_tells_a_noisy_speed(noise: Noise, interval_s: int) -> None:
    day = day_of(parked(noise, interval_s, speed_sigma_mps=0.25))

    assert (day.trips, day.harsh_events) == (0, 0)
    assert day.course.totals.distance_m < 50


@pytest.mark.parametrize("interval_s", [1, 5, 10, 30])
@pytest.mark.parametrize("noise", [WANDERING_5_M, WANDERING_8_M, WHITE_5_M], ids=str)
def test_one_that_has_driven_there_has_made_one_trip(noise: Noise, interval_s: int) -> None:
    day = day_of(parked(noise, interval_s, arrives_s=1_200))

    assert (day.trips, day.harsh_events) == (1, 0)
    assert day.course.leg is not None
    assert day.course.leg.kind is LegKind.STOP
    assert day.course.leg.start_ms == pytest.approx(START_MS, abs=120_000)
    assert day.course.totals.distance_m - day.course.leg.at_start.distance_m < 50
