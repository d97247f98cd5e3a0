"""What holds for a vehicle: its profile's word, its tenant's geofences, else the fleet's rules."""

import pytest

from agents.keeping.rulings import Rulings
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import RuleOverrides, VehicleProfile
from fleet_app.domain.vehicle import Vehicle
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from fleet_app.global_views import GEOFENCES, VEHICLE_PROFILES
from tests.agents.fakes import FakeTask
from tests.agents.one_van import AGENT, GATES
from tests.domain.drives import RULES

TRUCK = VehicleProfile(
    vehicle_id="van-1",
    vehicle_class=VehicleClass.TRUCK,
    tenant="north",
    overrides=RuleOverrides(max_accuracy_m=20.0),
)
DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), tenant="north")


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(AGENT)


def test_without_a_profile_the_fleets_rules_hold(task: FakeTask) -> None:
    ruling = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT).of("van-1")

    assert (ruling.gates, ruling.rules.limits, ruling.tenant) == (GATES, RULES.limits, "default")
    assert not ruling.is_refused


def test_a_profile_holds_from_the_next_record_on(task: FakeTask) -> None:
    rulings = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT)
    before = rulings.of("van-1")
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})
    after = rulings.of("van-1")

    assert before.rules.limits == RULES.limits
    assert after.rules.limits == LIMITS[VehicleClass.TRUCK]
    assert (after.gates.max_accuracy_m, after.tenant) == (20.0, "north")


def test_a_profile_that_is_deleted_holds_no_more(task: FakeTask) -> None:
    rulings = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT)
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})
    assert rulings.of("van-1").tenant == "north"
    task.show(VEHICLE_PROFILES, {"van-1": None})

    assert rulings.of("van-1").tenant == "default"


def test_a_profile_says_nothing_of_others(task: FakeTask) -> None:
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})

    assert Rulings(task, GATES, RULES, UnknownDevices.ACCEPT).of("van-2").rules.limits == RULES.limits


def test_geofences_are_those_of_the_vehicles_tenant(task: FakeTask) -> None:
    rulings = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT)
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})
    before = rulings.of("van-1").rules.places.get("depot")
    task.show(GEOFENCES, {"depot": DEPOT})

    assert before is None
    assert rulings.of("van-1").rules.places.get("depot") is not None
    assert rulings.of("van-2").rules.places.get("depot") is None


def test_what_holds_is_worked_out_once_while_nothing_changes(task: FakeTask) -> None:
    rulings = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT)

    assert rulings.of("van-1") is rulings.of("van-1")


def test_a_vehicle_without_a_profile_may_be_refused(task: FakeTask) -> None:
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})
    rulings = Rulings(task, GATES, RULES, UnknownDevices.REFUSE)

    assert (rulings.of("van-1").is_refused, rulings.of("van-2").is_refused) == (False, True)


def test_a_vehicle_is_put_in_another_tenants_name_only_if_it_is_anothers(task: FakeTask) -> None:
    task.show(VEHICLE_PROFILES, {"van-1": TRUCK})
    ruling = Rulings(task, GATES, RULES, UnknownDevices.ACCEPT).of("van-1")
    claimed = ruling.claim(Vehicle("van-1"))

    assert claimed.tenant == "north"
    assert ruling.claim(claimed) is claimed
