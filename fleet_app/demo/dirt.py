"""What goes wrong between a receiver and the door: reports that come twice, late, or from somewhere else."""

import heapq
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from fleet_app.demo.fleet import Due
from fleet_app.domain.geo import metres_per_degree

_SPOILT: Final = 1 / 400
"""The share of reports that anything happens to."""
_LOOSE_CABLE: Final = "van-13"
_SPOILT_BY_A_LOOSE_CABLE: Final = 1 / 20
_AGAIN_AFTER_S: Final = (0.5, 4.0)
_LATE_BY_S: Final = (8.0, 90.0)
_ASTRAY_BY_M: Final = (400.0, 20_000.0)


def spoil(dues: Iterator[Due], chance: random.Random) -> Iterator[Due]:
    """Yield the reports in the order in which they are sent, a few of them twice, late or astray.

    It happens to every vehicle alike, but for one whose cable is loose.
    """
    waiting: list[tuple[float, int, Due]] = []
    numbers = itertools.count()
    for due in dues:
        while waiting and waiting[0][0] < due.due_s:
            yield heapq.heappop(waiting)[-1]
        for sent in _sent(due, chance):
            heapq.heappush(waiting, (sent.due_s, next(numbers), sent))


def _sent(due: Due, chance: random.Random) -> Sequence[Due]:
    """Return what becomes of one report."""
    share = _SPOILT_BY_A_LOOSE_CABLE if due.position.vehicle_id == _LOOSE_CABLE else _SPOILT
    if chance.random() >= share:
        return (due,)
    return chance.choice((_twice, _late, _astray))(due, chance)


def _twice(due: Due, chance: random.Random) -> Sequence[Due]:
    return due, Due(due.due_s + chance.uniform(*_AGAIN_AFTER_S), due.position)


def _late(due: Due, chance: random.Random) -> Sequence[Due]:
    return (Due(due.due_s + chance.uniform(*_LATE_BY_S), due.position),)


def _astray(due: Due, chance: random.Random) -> Sequence[Due]:
    position = due.position
    east_m_per_degree, north_m_per_degree = metres_per_degree(position.lat)
    towards = chance.uniform(0.0, math.tau)
    away_m = chance.uniform(*_ASTRAY_BY_M)
    elsewhere = msgspec.structs.replace(
        position,
        lat=round(position.lat + away_m * math.cos(towards) / north_m_per_degree, 6),
        lon=round(position.lon + away_m * math.sin(towards) / east_m_per_degree, 6),
    )
    return (Due(due.due_s, elsewhere),)
