"""The demo's fleet as its receivers report it: who says what, and when."""

import heapq
import random
from collections.abc import Iterator

import msgspec

from fleet_app.demo.receiver import Receiver
from fleet_app.demo.recording import Recording
from fleet_app.demo.replay import Outing, play
from fleet_app.domain.position import Position


class Due(msgspec.Struct, frozen=True):
    """A position and when it is sent, seconds since the first loop began."""

    due_s: float
    position: Position


def drive_fleet(recording: Recording, *, began_ms: int, chance: random.Random) -> Iterator[Due]:
    """Yield what all vehicles report, in the order of time, without end; each report is sent at once.

    Args:
        recording: What they do.
        began_ms: When the first loop began, ms since 1970.
        chance: Where dwells and errors come from; the same state gives the same reports.
    """
    vans = [Receiver(van.vehicle_id, number, "van", chance) for number, van in enumerate(recording.vans)]
    for loop in play(recording, chance):
        cars = [Receiver(car.vehicle_id, number, "car", chance) for number, car in enumerate(loop.cars)]
        yield from heapq.merge(
            *(
                _reports(outing, receiver, began_ms)
                for outing, receiver in zip((*loop.vans, *loop.cars), (*vans, *cars), strict=True)
            ),
            key=lambda due: due.due_s,
        )


def _reports(outing: Outing, receiver: Receiver, began_ms: int) -> Iterator[Due]:
    return (Due(moment.at_s, receiver.report(moment, began_ms)) for moment in outing.moments)
