"""What a tracker reports of a drive: a fix every so often, off by a noise that wanders, with speed or not."""

from collections.abc import Iterator
from math import exp, sqrt
from random import Random
from typing import Final

import msgspec

from bench.motion_truth.truth import Drive, Plane

NOISE_TAU_S: Final = 20.0
"""A receiver's error keeps its direction for about this long."""

SPEED_SIGMA_MPS: Final = 0.5

ACCURACY_PER_SIGMA: Final = 1.515
"""Radius of the circle that holds 68 % of a normal error, in standard deviations per axis: sqrt(-2 ln 0.32)."""


class Fix(msgspec.Struct, frozen=True, gc=False):
    """What is known of a vehicle at a moment: degrees, m/s, and metres of the 68 % circle, the last two if reported."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None = None
    accuracy_m: float | None = None


class Tracker(msgspec.Struct, frozen=True):
    """How a tracker reports: seconds between fixes, metres of noise per axis, whether it tells speed and accuracy."""

    interval_s: int
    sigma_m: float
    tells_speed: bool
    tells_accuracy: bool = False


def wander_m(tracker: Tracker, random: Random) -> Iterator[float]:
    """Yield the noise on one axis at each fix: first-order autoregressive, the same spread from the first on."""
    kept = exp(-tracker.interval_s / NOISE_TAU_S)
    fresh_m = tracker.sigma_m * sqrt(1 - kept * kept)
    noise_m = random.gauss(0.0, tracker.sigma_m)
    while True:
        yield noise_m
        noise_m = kept * noise_m + random.gauss(0.0, fresh_m)


def sampled_rows(drive: Drive, tracker: Tracker, random: Random) -> range:
    """Return the seconds of a drive at which a tracker takes its fixes. They begin at a random phase."""
    return range(random.randrange(tracker.interval_s), len(drive.x_m), tracker.interval_s)


def fixes(drive: Drive, rows: range, tracker: Tracker, plane: Plane, random: Random) -> list[Fix]:
    """Return the fixes of a drive at some of its seconds."""
    accuracy_m = ACCURACY_PER_SIGMA * tracker.sigma_m if tracker.tells_accuracy else None
    east_m, north_m = wander_m(tracker, random), wander_m(tracker, random)
    taken = []
    for row, aside_m, ahead_m in zip(rows, east_m, north_m, strict=False):
        lat, lon = plane.degrees(drive.x_m[row] + aside_m, drive.y_m[row] + ahead_m)
        speed_mps = max(0.0, random.gauss(drive.speed_mps[row], SPEED_SIGMA_MPS)) if tracker.tells_speed else None
        taken.append(Fix((drive.start_s + row) * 1000, lat, lon, speed_mps, accuracy_m))
    return taken
