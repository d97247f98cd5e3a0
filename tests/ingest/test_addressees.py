"""Whose the positions are that doors take in."""

import pytest
from litestar.exceptions import HTTPException

from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.refusals import Refusal
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.ingest.addressees import Addressees
from tests.ingest.fleets import knowing
from tests.web.fakes import FakeViews

VAN = VehicleProfile(vehicle_id="van-7", devices=(DeviceSpan("phone-7"),))
BY_DEVICE = Report(device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)
BY_VEHICLE = Report(vehicle_id="van-9", time_ms=0, lat=52.5, lon=13.4)


def test_a_device_is_looked_up_in_the_profiles_of_now() -> None:
    views = FakeViews()
    addressees = Addressees(views, UnknownDevices.REFUSE)
    views.show(VEHICLE_PROFILES, {"van-7": VAN})
    known = addressees.addressed(BY_DEVICE)
    views.show(VEHICLE_PROFILES, {"van-7": None})

    assert known == Position(vehicle_id="van-7", device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)
    assert isinstance(addressees.addressed(BY_DEVICE), Refusal)


def test_a_vehicle_that_is_named_needs_no_profiles() -> None:
    position = Addressees(FakeViews(), UnknownDevices.REFUSE).addressed(BY_VEHICLE)

    assert position == Position(vehicle_id="van-9", time_ms=0, lat=52.5, lon=13.4)


def test_while_profiles_are_being_read_nobody_can_say_whose_a_device_is() -> None:
    views = FakeViews()
    views.are_whole = False

    with pytest.raises(HTTPException) as raised:
        Addressees(views, UnknownDevices.ACCEPT).addressed(BY_DEVICE)

    assert raised.value.status_code == 503
    assert "Retry-After" in (raised.value.headers or {})


def test_in_a_fleet_without_profiles_a_device_is_a_vehicle() -> None:
    position = Addressees(FakeViews(), UnknownDevices.ACCEPT).addressed(BY_DEVICE)

    assert position == Position(vehicle_id="phone-7", device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)


def test_the_setting_says_what_becomes_of_unknown_devices() -> None:
    unknown = Report(device_id="phone-8", time_ms=0, lat=52.5, lon=13.4)

    assert isinstance(knowing(VAN).addressed(unknown), Position)
    assert isinstance(knowing(VAN, unknown=UnknownDevices.REFUSE).addressed(unknown), Refusal)
