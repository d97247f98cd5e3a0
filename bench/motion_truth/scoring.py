"""How far what was measured is from what is true."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from statistics import median
from typing import Final

import msgspec

from bench.motion_truth.sampling import Fix, Tracker, fixes, sampled_rows
from bench.motion_truth.truth import Net, Plane, Span, driven_m, true_stops

TOLERANCE_MS: Final = 10_000
"""Beside one sample, what an end of a stop may be off by."""


class Measured(msgspec.Struct, frozen=True):
    """What an estimator tells of a vehicle's fixes: metres driven, and its stops in order of time."""

    distance_m: float
    stops: Sequence[Span]


Estimator = Callable[[Sequence[Fix]], Measured]
"""Given the fixes of one vehicle in order of time."""


class DriveScore(msgspec.Struct, frozen=True):
    """One vehicle: metres, true and measured, and how its stops compare."""

    true_m: float
    measured_m: float
    true_stops: int
    reported_stops: int
    found: int
    false: int


class Score(msgspec.Struct, frozen=True):
    """A net under one tracker. Shares are of 1; None where there is nothing to take a share of.

    Attributes:
        vehicles: How many.
        distance_error: Metres measured by all over metres driven by all, less one.
        vehicle_error: Median of the vehicles' own errors, without sign.
        true_stops: How many there are.
        reported_stops: How many were reported.
        found: Share of the true stops of which one reported stop has both ends, within one sample and ten seconds.
        unmatched: Share of the reported stops that are none of those found.
        false: Share of the reported stops during which no true stop is.
    """

    vehicles: int
    distance_error: float
    vehicle_error: float
    true_stops: int
    reported_stops: int
    found: float | None
    unmatched: float | None
    false: float | None


def score(net: Net, tracker: Tracker, estimate: Estimator, seed: int) -> Score:
    """Return how well an estimator does on a net's drives under a tracker."""
    plane = Plane(net)
    random = Random(f"{seed} {net.name} {tracker}")  # noqa: S311 - noise, not a secret
    scores = []
    for drive in net.drives:
        rows = sampled_rows(drive, tracker, random)
        measured = estimate(fixes(drive, rows, tracker, plane, random))
        stops = true_stops(drive, rows[0], rows[-1])
        scores.append(_drive_score(driven_m(drive, rows[0], rows[-1]), stops, measured, tracker))
    return _summed(scores)


def _drive_score(true_m: float, stops: Sequence[Span], measured: Measured, tracker: Tracker) -> DriveScore:
    slack_ms = tracker.interval_s * 1000 + TOLERANCE_MS
    false = sum(not any(_overlap(stop, reported) for stop in stops) for reported in measured.stops)
    found = matches(stops, measured.stops, slack_ms)
    return DriveScore(true_m, measured.distance_m, len(stops), len(measured.stops), found, false)


def matches(stops: Iterable[Span], reported: Iterable[Span], slack_ms: int) -> int:
    """Return how many of the stops have a reported one of their own with both ends within the slack."""
    left = list(reported)
    found = 0
    for start_ms, end_ms in stops:
        near = [span for span in left if abs(span[0] - start_ms) <= slack_ms and abs(span[1] - end_ms) <= slack_ms]
        if near:
            left.remove(near[0])
            found += 1
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _summed(scores: Sequence[DriveScore]) -> Score:
    stops = sum(score.true_stops for score in scores)
    reported = sum(score.reported_stops for score in scores)
    found = sum(score.found for score in scores)
    return Score(
        vehicles=len(scores),
        distance_error=sum(score.measured_m for score in scores) / sum(score.true_m for score in scores) - 1,
        vehicle_error=median(abs(score.measured_m / score.true_m - 1) for score in scores),
        true_stops=stops,
        reported_stops=reported,
        found=_share(found, stops),
        unmatched=_share(reported - found, reported),
        false=_share(sum(score.false for score in scores), reported),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
