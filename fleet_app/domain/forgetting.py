"""The request that a vehicle be forgotten: a record on `fleet.positions` with its id as key, a header, and no value."""

from typing import Final

import msgspec

from fleet_app.domain.position import VehicleId
from fleet_app.domain.refusals import Reason, Refusal

FORGET: Final = "fleet-forget"
"""The header; whatever it holds says nothing."""


def read_vehicle_id(key: bytes | None) -> str | Refusal:
    """Return the id of the vehicle that a record's key names, or why it names none."""
    if key is None:
        return Refusal(Reason.MALFORMED, "the record has no key; the vehicle to be forgotten is named by its key")
    try:
        return msgspec.convert(key.decode(), VehicleId)
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        return Refusal(Reason.MALFORMED, f"the record's key {key!r} is no vehicle_id: {error}")
