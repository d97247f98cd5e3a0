"""What holds for one vehicle: the fleet's rules, its profile, and the places of its tenant."""

from typing import Final

import msgspec

from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, Limits

DEFAULT_TENANT: Final = "default"
"""Whose a vehicle without a profile is."""


def rules_of(profile: VehicleProfile | None, fleet_rules: Rules, geofences: Geofences) -> Rules:
    """Return the rules that a vehicle's fixes are run by.

    Args:
        profile: Its profile. A vehicle without one is what the fleet's vehicles are, and the default tenant's.
        fleet_rules: What holds for the fleet; its limits are those of the fleet's class.
        geofences: All there are.
    """
    if profile is None:
        return msgspec.structs.replace(fleet_rules, places=geofences.of(DEFAULT_TENANT))
    overrides = profile.overrides
    return msgspec.structs.replace(
        fleet_rules,
        limits=_limits_of(profile, fleet_rules.limits),
        places=geofences.of(profile.tenant),
        idle_told_ms=_ms(overrides.idle_told_s, fleet_rules.idle_told_ms),
        overspeed_told_ms=_ms(overrides.overspeed_told_s, fleet_rules.overspeed_told_ms),
    )


def arrival_rules_of(profile: VehicleProfile | None, fleet_rules: ArrivalRules) -> ArrivalRules:
    """Return the gates on arrival that a vehicle's positions have to pass."""
    if profile is None or profile.overrides.max_accuracy_m is None:
        return fleet_rules
    return msgspec.structs.replace(fleet_rules, max_accuracy_m=profile.overrides.max_accuracy_m)


def _limits_of(profile: VehicleProfile, fleet_limits: Limits) -> Limits:
    limits = fleet_limits if profile.vehicle_class is None else LIMITS[profile.vehicle_class]
    max_speed_mps, speed_limit_mps = profile.max_speed_mps, profile.overrides.speed_limit_mps
    return Limits(
        max_speed_mps=limits.max_speed_mps if max_speed_mps is None else max_speed_mps,
        speed_limit_mps=limits.speed_limit_mps if speed_limit_mps is None else speed_limit_mps,
    )


def _ms(own_s: float | None, fleet_ms: int) -> int:
    return fleet_ms if own_s is None else round(own_s * 1_000)
