"""A yard around the place where drives of tests begin, and rules that know it."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from fleet_app.domain.geofences.geofence import Circle, Geofence, Hours, Weekday
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.rules import Rules
from tests.domain.drives import LAT, LON, RULES, START_MS

YARD: Final = Geofence(geofence_id="yard", name="Yard", shape=Circle(LAT, LON, 100.0), revision=1)
_TODAY = datetime.fromtimestamp(START_MS / 1_000, UTC).weekday()
NEVER: Final = (Hours((tuple(Weekday)[(_TODAY + 3) % 7],), "01:00", "02:00"),)
"""Hours in which no drive of tests is under way."""


def in_places(*geofences: Geofence, rules: Rules = RULES) -> Rules:
    """Return the rules of a vehicle that may be in these geofences."""
    there = Geofences().changed({each.geofence_id: each for each in geofences})
    return msgspec.structs.replace(rules, places=there.of("default"))
