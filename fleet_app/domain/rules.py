"""What the operator decides about how fixes are judged and counted. Everything else is a constant beside its use."""

from datetime import tzinfo

import msgspec

from fleet_app.domain.geofences.index import NOWHERE, Places
from fleet_app.domain.vehicle_class import Limits


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
    idle_told_ms: int = 120_000
    overspeed_told_ms: int = 10_000
