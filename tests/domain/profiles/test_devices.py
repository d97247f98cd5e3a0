"""Whose a position is that names a device."""

import pytest

from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices, addressed
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.refusals import Reason, Refusal

FLEET = Fleet().changed(
    {
        "old": VehicleProfile(vehicle_id="old", devices=(DeviceSpan("phone-7"),)),
        "new": VehicleProfile(vehicle_id="new", devices=(DeviceSpan("phone-7", 1_000),)),
    }
)


def report(*, vehicle_id: str | None = None, device_id: str | None = None, time_ms: int = 0) -> Report:
    return Report(vehicle_id=vehicle_id, device_id=device_id, time_ms=time_ms, lat=52.5, lon=13.4)


def position(vehicle_id: str, device_id: str | None, time_ms: int = 0) -> Position:
    return Position(vehicle_id=vehicle_id, device_id=device_id, time_ms=time_ms, lat=52.5, lon=13.4)


@pytest.mark.parametrize("unknown", UnknownDevices)
@pytest.mark.parametrize(("time_ms", "vehicle_id"), [(999, "old"), (1_000, "new")])
def test_a_position_goes_to_the_vehicle_that_the_device_was_in(
    time_ms: int, vehicle_id: str, unknown: UnknownDevices
) -> None:
    told = report(device_id="phone-7", time_ms=time_ms)

    assert addressed(told, FLEET, unknown) == position(vehicle_id, "phone-7", time_ms)


@pytest.mark.parametrize("unknown", UnknownDevices)
def test_a_vehicle_that_is_named_is_taken_at_its_word(unknown: UnknownDevices) -> None:
    assert addressed(report(vehicle_id="stranger", device_id="phone-7"), FLEET, unknown) == position(
        "stranger", "phone-7"
    )
    assert addressed(report(vehicle_id="stranger"), FLEET, unknown) == position("stranger", None)


@pytest.mark.parametrize("unknown", UnknownDevices)
def test_a_device_by_the_id_of_a_vehicle_with_a_profile_is_that_vehicles(unknown: UnknownDevices) -> None:
    assert addressed(report(device_id="old"), FLEET, unknown) == position("old", "old")


def test_a_device_that_nobody_claims_is_a_vehicle_by_its_own_id() -> None:
    assert addressed(report(device_id="phone-8"), FLEET, UnknownDevices.ACCEPT) == position("phone-8", "phone-8")


def test_a_device_whose_id_no_vehicle_can_have_is_refused() -> None:
    refusal = addressed(report(device_id="a/b"), FLEET, UnknownDevices.ACCEPT)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.OUT_OF_RANGE


def test_a_device_that_nobody_claims_is_refused_where_the_fleet_says_so() -> None:
    refusal = addressed(report(device_id="phone-8", time_ms=5), FLEET, UnknownDevices.REFUSE)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.UNKNOWN_DEVICE
    assert "'phone-8' at time_ms 5" in refusal.detail


@pytest.mark.parametrize("unknown", UnknownDevices)
def test_a_position_that_names_neither_vehicle_nor_device_is_nobodys(unknown: UnknownDevices) -> None:
    refusal = addressed(report(), FLEET, unknown)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.MISSING_FIELD
    assert "`vehicle_id`, or `device_id`" in refusal.detail
