"""What the operator decides about how fixes are judged and counted. Everything else is a constant beside its use."""

from datetime import tzinfo

import msgspec

from fleet_app.domain.vehicle_class import Limits


class Rules(msgspec.Struct, frozen=True):
    """The rules that a vehicle's fixes are run by.

    Attributes:
        limits: What a vehicle of its class can do, and may.
        reorder_ms: How far the watermark lies behind the newest event time: fixes may come out of order by so much.
        zone: Says when a day begins.
    """

    limits: Limits
    reorder_ms: int
    zone: tzinfo
