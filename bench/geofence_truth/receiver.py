"""What a tracker reports of a way: a fix every so often from a random moment on, off by a noise that wanders or not."""

from collections.abc import Iterator
from itertools import repeat
from math import exp, sqrt
from random import Random
from typing import Final, NamedTuple

from bench.geofence_truth.shapes import degrees
from bench.geofence_truth.ways import Way
from fleet_app.domain.fix import Fix, fix_of
from fleet_app.domain.position import Position

START_MS: Final = 1_799_996_400_000
SIGMA_M: Final = 5.0
"""Of the noise, per axis."""
HEADING_SIGMA_DEG: Final = 3.0
TOLD_M: Final = 7.6
"""The radius of its 68 % circle."""


class Receiver(NamedTuple):
    """How a tracker reports.

    Attributes:
        every_s: Seconds between fixes.
        lasts_s: Time constant of the noise, a first-order autoregressive process per axis; 0 is white noise.
        tells_accuracy: Whether it tells its accuracy.
        tells_heading: Whether it tells where the vehicle is heading, off by 3 degrees at most times.
    """

    every_s: int
    lasts_s: float
    tells_accuracy: bool
    tells_heading: bool = False

    @property
    def name(self) -> str:
        """What it is called in the tables."""
        return f"{'AR' if self.lasts_s else 'white'}, {'told' if self.tells_accuracy else 'not told'}"


def fixes_of(way: Way, receiver: Receiver, random: Random) -> list[Fix]:
    """Return the fixes of a way."""
    phase_s = random.uniform(0, receiver.every_s)
    count = int((way.until_s - phase_s) / receiver.every_s) + 1
    times_s = [phase_s + number * receiver.every_s for number in range(count)]
    east_m, north_m = _wander_m(receiver, random), _wander_m(receiver, random)
    accuracy_m = TOLD_M if receiver.tells_accuracy else None
    fixes = []
    headings_deg = way.headings_deg(times_s) if receiver.tells_heading else repeat(None)
    axes = zip(times_s, way.positions(times_s), east_m, north_m, headings_deg, strict=False)
    for time_s, (x_m, y_m), aside_m, ahead_m, heading_deg in axes:
        lat, lon = degrees(x_m + aside_m, y_m + ahead_m)
        position = Position(
            vehicle_id="van-1",
            time_ms=START_MS + round(time_s * 1_000),
            lat=lat,
            lon=lon,
            accuracy_m=accuracy_m,
            heading_deg=None if heading_deg is None else (heading_deg + random.gauss(0, HEADING_SIGMA_DEG)) % 360,
        )
        fixes.append(fix_of(position))
    return fixes


def _wander_m(receiver: Receiver, random: Random) -> Iterator[float]:
    kept = exp(-receiver.every_s / receiver.lasts_s) if receiver.lasts_s else 0.0
    fresh_m, off_m = SIGMA_M * sqrt(1 - kept * kept), random.gauss(0.0, SIGMA_M)
    while True:
        yield off_m
        off_m = kept * off_m + random.gauss(0.0, fresh_m)
