"""The application's own fold over fixes, and what it tells of a geofence."""

from collections.abc import Sequence
from datetime import UTC
from functools import cache
from typing import Final, NamedTuple

from bench.geofence_truth.receiver import START_MS
from bench.geofence_truth.shapes import Shape
from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.events import EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass

_INWARDS: Final = {EventType.GEOFENCE_ENTERED: True, EventType.GEOFENCE_EXITED: False}


class Told(NamedTuple):
    """A crossing that was told, and why."""

    time_s: float
    is_inwards: bool
    cause: str


@cache
def rules_of(shape: Shape) -> Rules:
    """Return the rules by which fixes near one geofence are run."""
    geofence = shape.geofence()
    places = Geofences().changed({geofence.geofence_id: geofence}).of(geofence.tenant)
    return Rules(limits=LIMITS[VehicleClass.CAR], reorder_ms=5_000, zone=UTC, places=places)


def told_of(fixes: Sequence[Fix], shape: Shape) -> list[Told]:
    """Advance by each fix; return the crossings that are told, in the order of telling."""
    rules, course = rules_of(shape), None
    told: list[Told] = []
    for place, fix in enumerate(fixes):
        course, events = _step(course, fix, fixes[min(place + 1, len(fixes) - 1)], rules)
        told += events
    return told


def _step(course: Course | None, fix: Fix, following: Fix, rules: Rules) -> tuple[Course, list[Told]]:
    advanced = advance(course, fix, following, rules)
    assert advanced is not None  # noqa: S101 - the fix that follows is given
    events = [event for event in advanced.happened.events if event.type in _INWARDS]
    return advanced.course, [
        Told((event.time_ms - START_MS) / 1_000, _INWARDS[event.type], str(event.evidence["cause"])) for event in events
    ]
