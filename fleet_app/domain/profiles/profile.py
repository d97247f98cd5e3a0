"""What is known of a vehicle beside its fixes, as it stands on `fleet.vehicle-profiles`."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from fleet_app.domain.position import LATEST_TIME_MS, VehicleId
from fleet_app.domain.vehicle_class import VehicleClass

Text = Annotated[str, Meta(min_length=1, max_length=200)]
DeviceId = Annotated[str, Meta(min_length=1, max_length=128)]
Instant = Annotated[int, Meta(ge=0, le=LATEST_TIME_MS)]


class FuelType(StrEnum):
    """What a vehicle runs on. The codes are public."""

    DIESEL = "diesel"
    PETROL = "petrol"
    GAS = "gas"
    HYBRID = "hybrid"
    ELECTRIC = "electric"
    HYDROGEN = "hydrogen"
    NONE = "none"
    """Muscles."""


class DeviceSpan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device that is in the vehicle for a time.

    Attributes:
        device_id: The device.
        from_ms: Event time from which on its positions are the vehicle's, ms since 1970.
        until_ms: Event time from which on they are not any more; None while they are.
    """

    device_id: DeviceId
    from_ms: Instant = 0
    until_ms: Instant | None = None


class RuleOverrides(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for this vehicle in the place of the fleet's rules; None where those hold.

    Attributes:
        speed_limit_mps: Faster is overspeed.
        overspeed_told_s: Told after so long.
        idle_told_s: Idling is told after so long.
        max_accuracy_m: Positions whose device says that it may be further off are refused.
    """

    speed_limit_mps: Annotated[float, Meta(gt=0.0, le=150.0)] | None = None
    overspeed_told_s: Annotated[float, Meta(ge=0.0, le=3_600.0)] | None = None
    idle_told_s: Annotated[float, Meta(ge=20.0, le=86_400.0)] | None = None
    max_accuracy_m: Annotated[float, Meta(gt=0.0, le=1_000_000.0)] | None = None


class VehicleProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle of the fleet; a value of `fleet.vehicle-profiles`.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        vehicle_class: What it is; None for what the fleet's vehicles are (`FLEET_VEHICLE_CLASS`).
        name: What people call it.
        plate: Its number plate.
        driver: Who drives it.
        group: The part of the fleet that it belongs to.
        tags: What it is filtered by.
        tenant: Whose vehicle it is.
        devices: The devices that speak for it beside one that calls itself by the vehicle's own id. Where two vehicles
            claim a device, the one that claims it from the later time has it from then on.
        max_speed_mps: Faster is impossible: the fix is wrong; None for what its class can do.
        fuel_type: What it runs on.
        overrides: Rules of its own.
        revision: 1 for the first, one more for each change.
    """

    vehicle_id: VehicleId
    vehicle_class: VehicleClass | None = None
    name: Text | None = None
    plate: Text | None = None
    driver: Text | None = None
    group: Text | None = None
    tags: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(max_length=32)] = ()
    tenant: Annotated[str, Meta(min_length=1, max_length=64)] = "default"
    devices: Annotated[tuple[DeviceSpan, ...], Meta(max_length=256)] = ()
    max_speed_mps: Annotated[float, Meta(gt=0.0, le=150.0)] | None = None
    fuel_type: FuelType | None = None
    overrides: RuleOverrides = RuleOverrides()
    revision: Annotated[int, Meta(ge=0)] = 0
