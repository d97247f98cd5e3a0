"""The simplest estimator there is, to show what the others are worth and that the scales are level."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from bench.motion_truth.sampling import Fix
from bench.motion_truth.scoring import Measured
from bench.motion_truth.truth import STOP_S, Span
from fleet_app.domain.geo import distance_m

SLOW_MPS: Final = 1.0


def measure(fixes: Sequence[Fix]) -> Measured:
    """Add up the straight lines, and take for a stop what is slow from fix to fix for two minutes."""
    metres = sum(distance_m(start.lat, start.lon, end.lat, end.lon) for start, end in pairwise(fixes))
    return Measured(metres, list(_stops(fixes)))


def _stops(fixes: Sequence[Fix]) -> Iterator[Span]:
    for slow, steps in groupby(pairwise(fixes), key=_slow):
        ends = list(steps)
        start_ms, end_ms = ends[0][0].time_ms, ends[-1][1].time_ms
        if slow and end_ms - start_ms >= STOP_S * 1000:
            yield start_ms, end_ms


def _slow(step: tuple[Fix, Fix]) -> bool:
    start, end = step
    if end.speed_mps is not None:
        return end.speed_mps < SLOW_MPS
    seconds = (end.time_ms - start.time_ms) / 1000
    return distance_m(start.lat, start.lon, end.lat, end.lon) < SLOW_MPS * seconds
