"""What begins and ends with a fix, driven fix by fix."""

from datetime import UTC

import pytest

from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.events import Event, EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass

START_MS = 1_700_000_000_000
RULES = Rules(LIMITS[VehicleClass.VAN], 5_000, UTC)
LIMIT_MPS = RULES.limits.speed_limit_mps
_DEG_PER_M = 1 / 111_200


def driving(speeds_mps: list[float], interval_s: float) -> tuple[Course, list[Event]]:
    """Return the course of a vehicle that drives north at these speeds, one for each interval, and its events."""
    course: Course | None = None
    events: list[Event] = []
    lat = 52.0
    for number, speed_mps in enumerate([0.0, *speeds_mps]):
        lat += speed_mps * interval_s * _DEG_PER_M
        fix = Fix(START_MS + round(number * interval_s * 1_000), lat, 13.0, speed_mps)
        advanced = advance(course, fix, fix, RULES)
        assert advanced is not None
        assert advanced.refusal is None
        course = advanced.course
        events += advanced.happened.events
    assert course is not None
    return course, events


@pytest.mark.parametrize("interval_s", [1.0, 5.0, 10.0])
def test_a_vehicle_that_drives_too_fast_for_a_while_is_told_when_it_begins_and_when_it_ends(interval_s: float) -> None:
    fast = [LIMIT_MPS * 1.1] * round(60 / interval_s)

    course, events = driving([10.0, 20.0, 28.0, 35.0, *fast, 30.0, 30.0], interval_s)

    told = [event for event in events if event.type.startswith("overspeed")]
    assert [event.type for event in told] == [EventType.OVERSPEED_STARTED, EventType.OVERSPEED_ENDED]
    assert told[0].time_ms == START_MS + round((5 * interval_s + 10) * 1_000)
    assert told[1].evidence["over_s"] == pytest.approx(60)
    assert course.totals.overspeed_s == pytest.approx(60)


def test_a_few_seconds_above_the_limit_are_counted_and_not_told() -> None:
    course, events = driving([10.0, 19.0, 28.0, 35.0, *[LIMIT_MPS * 1.1] * 5, 30.0], 1.0)

    assert course.totals.overspeed_s == pytest.approx(5)
    assert not [event for event in events if event.type.startswith("overspeed")]


def test_three_percent_above_the_limit_are_what_a_speedometer_may_be_off() -> None:
    course, events = driving([10.0, 19.0, 28.0, 35.0, *[LIMIT_MPS * 1.02] * 60], 1.0)

    assert course.totals.overspeed_s == 0
    assert not [event for event in events if event.type.startswith("overspeed")]
