"""Whose things doors may change."""

import asyncio

import pytest

from fleet_app.domain.access.caller import LOCAL
from fleet_app.http.problems import ApiError, Code
from fleet_app.ingest.tenants import (
    check_not_others,
    check_own,
    check_tenant,
    is_others,
    tenant_fault,
    tenant_of_vehicle,
    unknown,
)
from fleet_app.stream.declarations import Topic
from fleet_app.topics import API_KEY_CHANGES, GEOFENCE_CHANGES, VEHICLE_PROFILE_CHANGES
from tests.ingest.clients import NORTH
from tests.ingest.fakes import FakeOutcomes


def owners(**tenants: str) -> FakeOutcomes:
    """Return what a worker knows of geofences, each with its tenant."""
    outcomes = FakeOutcomes()
    outcomes.shown_tenants = {("fleet.geofence-changes", name): tenant for name, tenant in tenants.items()}
    return outcomes


KNOWN = owners(depot="north", yard="south")


@pytest.mark.parametrize("key", ["depot", "yard", "nowhere"])
def test_whoever_is_of_all_tenants_may_touch_everything(key: str) -> None:
    check_not_others(GEOFENCE_CHANGES, key, LOCAL, KNOWN)
    check_own(GEOFENCE_CHANGES, key, LOCAL, KNOWN)


def test_a_tenant_may_touch_its_own_and_make_what_there_is_not() -> None:
    check_own(GEOFENCE_CHANGES, "depot", NORTH, KNOWN)

    assert [is_others(GEOFENCE_CHANGES, key, NORTH, KNOWN) for key in ("depot", "nowhere", "yard")] == [
        False,
        False,
        True,
    ]


def test_what_is_anothers_and_what_there_is_not_are_told_in_the_same_words() -> None:
    with pytest.raises(ApiError) as anothers:
        check_not_others(GEOFENCE_CHANGES, "yard", NORTH, KNOWN)
    with pytest.raises(ApiError) as none:
        check_own(GEOFENCE_CHANGES, "yard", NORTH, owners())

    assert anothers.value.problem == none.value.problem


@pytest.mark.parametrize(
    ("topic", "code", "detail"),
    [
        (GEOFENCE_CHANGES, Code.UNKNOWN_GEOFENCE, "there is no geofence 'x'"),
        (VEHICLE_PROFILE_CHANGES, Code.UNKNOWN_PROFILE, "no profile of a vehicle 'x' is known"),
        (API_KEY_CHANGES, Code.UNKNOWN_API_KEY, "there is no API key 'x'"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_there_is_not_is_told_with_a_code_of_its_kind(topic: Topic, code: Code, detail: str) -> None:
    problem = unknown(topic, "x").problem

    assert (problem.status, problem.code, problem.detail) == (404, code, detail)


def test_a_vehicle_is_whose_its_profile_says_and_without_one_whose_its_positions_are() -> None:
    outcomes = FakeOutcomes()
    outcomes.shown_tenants = {("fleet.vehicle-profile-changes", "van-1"): "north"}
    outcomes.vehicle_tenants = {"van-1": "south", "van-2": "south"}

    told = [asyncio.run(tenant_of_vehicle(vehicle, outcomes)) for vehicle in ("van-1", "van-2", "van-3")]
    assert told == ["north", "south", None]


def test_a_tenant_makes_things_for_itself_only() -> None:
    assert [tenant_fault(told, LOCAL) for told in ("north", None)] == [None, None]
    assert tenant_fault("north", NORTH) is None
    assert "for tenant 'south', and 'north-office' is a key of 'north'" in str(tenant_fault("south", NORTH))
    assert "for all tenants" in str(tenant_fault(None, NORTH))


def test_a_value_for_another_tenant_is_forbidden() -> None:
    check_tenant("north", NORTH)

    with pytest.raises(ApiError, match="nothing was sent") as raised:
        check_tenant("south", NORTH)
    assert (raised.value.problem.status, raised.value.problem.code) == (403, Code.FORBIDDEN)
