"""The application's own fold over fixes, as an estimator."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from bench.motion_truth import sampling
from bench.motion_truth.scoring import Measured
from bench.motion_truth.truth import Span
from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.legs import LegKind
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass

_RULES: Final = Rules(limits=LIMITS[VehicleClass.CAR], reorder_ms=5_000, zone=ZoneInfo("UTC"))


def measure(fixes: Sequence[sampling.Fix]) -> Measured:
    """Advance by each fix; the stop that goes on at the last one ends there."""
    course: Course | None = None
    stops: list[Span] = []
    told = [Fix(fix.time_ms, fix.lat, fix.lon, fix.speed_mps, accuracy_m=fix.accuracy_m) for fix in fixes]
    for place, fix in enumerate(told):
        advanced = advance(course, fix, told[min(place + 1, len(told) - 1)], _RULES)
        assert advanced is not None  # noqa: S101 - the fix that follows is given
        course = advanced.course
        stops += [(leg.start_ms, leg.end_ms) for leg in advanced.happened.legs if leg.kind is LegKind.STOP]
    if course is None:
        return Measured(0.0, ())
    if course.leg is not None and course.leg.kind is LegKind.STOP:
        stops.append((course.leg.start_ms, course.last.time_ms))
    return Measured(course.totals.distance_m, stops)
