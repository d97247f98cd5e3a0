"""The seeded fleet: vans that accelerate, turn, and stop for a while, as the positions that their devices send.

Vehicles take turns, evenly spread over the interval, so the stream is in order of event time, as a topic is. A few
positions are astray, and a few are sent twice; all others are where the van is, but for noise, and must be accepted.
"""

import random
from collections.abc import Iterator
from enum import StrEnum
from math import cos, radians, sin
from typing import Final, NamedTuple

import msgspec

from fleet_app.bench.load import METRES_PER_DEGREE, vehicle_id

ASTRAY: Final = 0.000_5
"""Share of the positions that are kilometres off."""
SENT_TWICE: Final = 0.000_5
NOISE_M: Final = 3.0
"""White, per axis."""
TELLS_SPEED: Final = 0.8
"""Share of the devices that tell speed and heading."""
TELLS_IGNITION: Final = 0.5
STOP_S: Final = (30.0, 300.0)
_DRIVE_S: Final = (60.0, 900.0)
_CRUISE_MPS: Final = (7.0, 24.0)
_ACCELERATION_MPS2: Final = 1.5
_BRAKING_MPS2: Final = 2.0
_TURNS_PER_S: Final = 0.02
_STANDS_AT_FIRST: Final = 0.25
_ENGINE_OFF: Final = 0.5
"""Share of the stops."""
_ASTRAY_DEG: Final = (0.05, 0.1)
_NOISE_DEG: Final = NOISE_M / METRES_PER_DEGREE


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends how often.

    Attributes:
        vehicles: How many there are.
        fixes: How many positions each of them sends, those sent twice counted once.
        interval_s: How far apart.
        first_ms: Event time of the first, ms since 1970.
        seed: The same seed makes the same drives.
    """

    vehicles: int
    fixes: int
    interval_s: int
    first_ms: int
    seed: int


class Kind(StrEnum):
    """What a position is."""

    TRUE = "true"
    ASTRAY = "astray"
    """Where no van can have got to."""
    REPEATED = "repeated"
    """The one before once more."""


class Reported(NamedTuple):
    """A position as it is appended."""

    vehicle: int
    time_ms: int
    kind: Kind
    value: bytes


def drives(fleet: Fleet) -> Iterator[Reported]:
    """Yield the positions of a fleet in order of event time; the same for the same fleet."""
    chance = random.Random(fleet.seed)  # noqa: S311 - reproducible, not secret
    vans = [_Van(number, chance) for number in range(fleet.vehicles)]
    interval_ms = fleet.interval_s * 1_000
    for lap in range(fleet.fixes):
        for number, van in enumerate(vans):
            time_ms = fleet.first_ms + lap * interval_ms + number * interval_ms // fleet.vehicles
            van.drive(fleet.interval_s)
            fate = chance.random()
            # A first position that is astray would make the true ones wrong.
            if lap and fate < ASTRAY:
                yield Reported(number, time_ms, Kind.ASTRAY, van.report(time_ms, chance.uniform(*_ASTRAY_DEG)))
                continue
            value = van.report(time_ms)
            yield Reported(number, time_ms, Kind.TRUE, value)
            if fate > 1 - SENT_TWICE:
                yield Reported(number, time_ms, Kind.REPEATED, value)


class _Van:
    """One van, where it truly is, and what its device says of that."""

    __slots__ = (
        "_accuracy_m",
        "_chance",
        "_cruise_mps",
        "_heading_deg",
        "_id",
        "_ignition",
        "_is_standing",
        "_lat",
        "_left_s",
        "_lon",
        "_speed_mps",
        "_tells_ignition",
        "_tells_speed",
    )

    def __init__(self, number: int, chance: random.Random) -> None:
        self._id = vehicle_id(number)
        self._chance = chance
        self._lat, self._lon = chance.uniform(48.0, 54.0), chance.uniform(6.0, 15.0)
        self._heading_deg = float(chance.randrange(360))
        self._accuracy_m = chance.randint(4, 10)
        self._tells_speed = chance.random() < TELLS_SPEED
        self._tells_ignition = chance.random() < TELLS_IGNITION
        self._ignition = True
        self._is_standing = chance.random() < _STANDS_AT_FIRST
        # As if it had been on its way already.
        self._left_s = chance.random() * chance.uniform(*(STOP_S if self._is_standing else _DRIVE_S))
        self._cruise_mps = chance.uniform(*_CRUISE_MPS)
        self._speed_mps = 0.0 if self._is_standing else self._cruise_mps

    def drive(self, seconds: int) -> None:
        """Let time pass."""
        self._left_s -= seconds
        if self._is_standing:
            if self._left_s <= 0:
                self._set_off()
            return
        if self._left_s > 0:
            self._speed_mps = min(self._cruise_mps, self._speed_mps + _ACCELERATION_MPS2 * seconds)
        else:
            self._speed_mps = max(0.0, self._speed_mps - _BRAKING_MPS2 * seconds)
            if not self._speed_mps:
                self._stop()
                return
        if self._chance.random() < _TURNS_PER_S * seconds:
            self._heading_deg = (self._heading_deg + self._chance.choice((-90, 90))) % 360
        way_deg = self._speed_mps * seconds / METRES_PER_DEGREE
        heading = radians(self._heading_deg)
        self._lat += way_deg * cos(heading)
        self._lon += way_deg * sin(heading) / 0.63

    def _set_off(self) -> None:
        self._is_standing, self._ignition = False, True
        self._left_s = self._chance.uniform(*_DRIVE_S)
        self._cruise_mps = self._chance.uniform(*_CRUISE_MPS)

    def _stop(self) -> None:
        self._is_standing, self._ignition = True, self._chance.random() >= _ENGINE_OFF
        self._left_s = self._chance.uniform(*STOP_S)

    def report(self, time_ms: int, off_deg: float = 0.0) -> bytes:
        """Return what the device sends, `off_deg` north of where the van is."""
        gauss = self._chance.gauss
        lat, lon = self._lat + gauss(off_deg, _NOISE_DEG), self._lon + gauss(0.0, _NOISE_DEG / 0.63)
        motion = ""
        if self._tells_speed:
            speed_mps = abs(self._speed_mps + gauss(0.0, 0.15))
            motion = f',"speed_mps":{speed_mps:.2f},"heading_deg":{self._heading_deg:.1f}'
        engine = (',"ignition":true' if self._ignition else ',"ignition":false') if self._tells_ignition else ""
        return (
            f'{{"vehicle_id":"{self._id}","time_ms":{time_ms},"lat":{lat:.6f},"lon":{lon:.6f}{motion},'
            f'"altitude_m":112.5,"accuracy_m":{self._accuracy_m}{engine}}}'
        ).encode()
