"""What the operator decides about how fixes are judged and counted. Everything else is a constant beside its use."""

from datetime import tzinfo
from typing import Final

import msgspec

from fleet_app.domain.geofences.index import NOWHERE, Places
from fleet_app.domain.vehicle_class import Limits

IDLE_TOLD_MS: Final = 120_000
OVERSPEED_TOLD_MS: Final = 10_000
OVERSPEED_TOLERANCE: Final = 1.03
"""Above the limit by 3 %, what a speedometer may be off, for 10 s."""


class Rules(msgspec.Struct, frozen=True):
    """The rules that a vehicle's fixes are run by.

    Attributes:
        limits: What the vehicle can do, and may.
        reorder_ms: How far the watermark lies behind the newest event time: fixes may come out of order by so much.
        zone: Says when a day begins.
        places: The geofences that it may be in.
        idle_told_ms: Standing with the engine on for so long is told.
        overspeed_told_ms: Being above the speed limit for so long is told.
    """

    limits: Limits
    reorder_ms: int
    zone: tzinfo
    places: Places = NOWHERE
    idle_told_ms: int = IDLE_TOLD_MS
    overspeed_told_ms: int = OVERSPEED_TOLD_MS
