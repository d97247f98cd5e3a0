"""What holds for one vehicle."""

from datetime import UTC
from typing import Final

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.profiles.profile import RuleOverrides, VehicleProfile
from fleet_app.domain.profiles.rules import arrival_rules_of, rules_of
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, Limits, VehicleClass

FLEET: Final = Rules(LIMITS[VehicleClass.VAN], 5_000, UTC)
GATES: Final = ArrivalRules(max_skew_ms=60_000, max_age_ms=None, max_accuracy_m=200.0)
PLACES: Final = Geofences().changed(
    {
        "depot": Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0)),
        "yard": Geofence(geofence_id="yard", name="Yard", shape=Circle(52.6, 13.4, 100.0), tenant="north"),
    }
)


def test_a_vehicle_never_seen_before_is_what_the_fleets_vehicles_are() -> None:
    rules = rules_of(None, FLEET, PLACES)

    assert rules == Rules(LIMITS[VehicleClass.VAN], 5_000, UTC, places=PLACES.of("default"))


def test_a_profile_without_a_class_leaves_the_fleets() -> None:
    assert rules_of(VehicleProfile(vehicle_id="van-1"), FLEET, PLACES) == rules_of(None, FLEET, PLACES)


def test_a_vehicle_can_do_what_its_class_can() -> None:
    truck = VehicleProfile(vehicle_id="truck-1", vehicle_class=VehicleClass.TRUCK)

    assert rules_of(truck, FLEET, PLACES).limits == LIMITS[VehicleClass.TRUCK]


def test_a_vehicle_is_in_the_places_of_its_tenant_only() -> None:
    northern = VehicleProfile(vehicle_id="van-1", tenant="north")

    assert rules_of(northern, FLEET, PLACES).places is PLACES.of("north")


def test_what_a_profile_says_of_its_own_goes_before_its_class() -> None:
    own = VehicleProfile(
        vehicle_id="truck-1",
        vehicle_class=VehicleClass.TRUCK,
        max_speed_mps=30.0,
        overrides=RuleOverrides(speed_limit_mps=20.0, overspeed_told_s=2.5, idle_told_s=300),
    )

    rules = rules_of(own, FLEET, PLACES)

    assert (rules.limits, rules.overspeed_told_ms, rules.idle_told_ms) == (Limits(30.0, 20.0), 2_500, 300_000)


def test_a_class_keeps_what_its_profile_does_not_say() -> None:
    own = VehicleProfile(vehicle_id="van-1", overrides=RuleOverrides(speed_limit_mps=20.0))

    rules = rules_of(own, FLEET, PLACES)

    assert rules.limits == Limits(LIMITS[VehicleClass.VAN].max_speed_mps, 20.0)
    assert (rules.overspeed_told_ms, rules.idle_told_ms) == (FLEET.overspeed_told_ms, FLEET.idle_told_ms)


def test_the_gates_are_the_fleets_unless_a_profile_has_its_own() -> None:
    own = VehicleProfile(vehicle_id="van-1", overrides=RuleOverrides(max_accuracy_m=30.0))

    assert arrival_rules_of(None, GATES) is GATES
    assert arrival_rules_of(VehicleProfile(vehicle_id="van-1"), GATES) is GATES
    assert arrival_rules_of(own, GATES) == ArrivalRules(max_skew_ms=60_000, max_age_ms=None, max_accuracy_m=30.0)
