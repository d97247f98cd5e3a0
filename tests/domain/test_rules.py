"""What the operator decides about fixes."""

from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fleet_app.domain.edges import Size
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from tests.domain.drives import RULES, Told, driving, run


def test_rules_cannot_be_changed_while_they_hold() -> None:
    with pytest.raises(AttributeError):
        RULES.reorder_ms = 0  # type: ignore[misc]


def test_the_class_decides_what_is_too_fast() -> None:
    fast = driving(0, 60, 0, 45.0, told=Told(speed_mps=45.0))
    truck = Rules(LIMITS[VehicleClass.TRUCK], 5_000, UTC)

    assert run(fast).refusals == []
    assert run(fast, truck).refusals != []


def test_the_zone_decides_when_a_day_ends() -> None:
    # From 07:00 UTC on; a day begins at 10:00 UTC in Honolulu.
    rules = msgspec.structs.replace(RULES, zone=ZoneInfo("Pacific/Honolulu"))
    panes = run(driving(0, 14_400, 0, 5.0, every_s=60), rules).panes

    assert [size for size, _ in panes if size is Size.DAY] == [Size.DAY]
