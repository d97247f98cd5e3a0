"""Whose the positions are that doors take in."""

import pytest

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.access.rights import Role
from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.http.problems import ApiError
from fleet_app.ingest.addressees import Addressees
from tests.ingest.clients import NORTH, PHONE
from tests.ingest.fleets import knowing
from tests.web.fakes import FakeViews

VAN = VehicleProfile(vehicle_id="van-7", devices=(DeviceSpan("phone-7"),))
BY_DEVICE = Report(device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)
BY_VEHICLE = Report(vehicle_id="van-9", time_ms=0, lat=52.5, lon=13.4)


def test_a_device_is_looked_up_in_the_profiles_of_now() -> None:
    views = FakeViews()
    addressees = Addressees(views, UnknownDevices.REFUSE)
    views.show(VEHICLE_PROFILES, {"van-7": VAN})
    known = addressees.addressed(BY_DEVICE, LOCAL)
    views.show(VEHICLE_PROFILES, {"van-7": None})

    assert known == Position(vehicle_id="van-7", device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)
    assert isinstance(addressees.addressed(BY_DEVICE, LOCAL), Refusal)


def test_a_vehicle_that_is_named_needs_no_profiles() -> None:
    position = Addressees(FakeViews(), UnknownDevices.REFUSE).addressed(BY_VEHICLE, LOCAL)

    assert position == Position(vehicle_id="van-9", time_ms=0, lat=52.5, lon=13.4)


def test_while_profiles_are_being_read_nobody_can_say_whose_a_device_is() -> None:
    views = FakeViews()
    views.are_whole = False

    with pytest.raises(ApiError) as raised:
        Addressees(views, UnknownDevices.ACCEPT).addressed(BY_DEVICE, LOCAL)

    assert raised.value.problem.status == 503


def test_in_a_fleet_without_profiles_a_device_is_a_vehicle() -> None:
    position = Addressees(FakeViews(), UnknownDevices.ACCEPT).addressed(BY_DEVICE, LOCAL)

    assert position == Position(vehicle_id="phone-7", device_id="phone-7", time_ms=0, lat=52.5, lon=13.4)


def test_the_setting_says_what_becomes_of_unknown_devices() -> None:
    unknown = Report(device_id="phone-8", time_ms=0, lat=52.5, lon=13.4)

    assert isinstance(knowing(VAN).addressed(unknown, LOCAL), Position)
    assert isinstance(knowing(VAN, unknown=UnknownDevices.REFUSE).addressed(unknown, LOCAL), Refusal)


# --- who may speak for whom

NORTHS = VehicleProfile(vehicle_id="van-9", tenant="north", devices=(DeviceSpan("phone-7"), DeviceSpan("phone-8")))
DEFAULTS = Caller(name="office", role=Role.ADMIN, tenant="default")


def report(vehicle_id: str | None = None, device_id: str | None = None) -> Report:
    return Report(vehicle_id=vehicle_id, device_id=device_id, time_ms=0, lat=52.5, lon=13.4)


def reason_of(addressees: Addressees, asked: Report, caller: Caller) -> Reason | None:
    """Return why a position is refused; None if it is not."""
    found = addressees.addressed(asked, caller)
    return found.reason if isinstance(found, Refusal) else None


@pytest.mark.parametrize("asked", [report("van-9"), report(None, "phone-7"), report("van-9", "phone-7")])
def test_a_device_key_speaks_for_the_ids_that_it_names(asked: Report) -> None:
    found = knowing(NORTHS).addressed(asked, PHONE)

    assert isinstance(found, Position)
    assert found.vehicle_id == "van-9"


@pytest.mark.parametrize("asked", [report("van-7"), report(None, "phone-8"), report("van-9", "phone-8")])
def test_a_device_key_speaks_for_no_other_id_whoever_it_stands_beside(asked: Report) -> None:
    assert reason_of(knowing(NORTHS), asked, PHONE) is Reason.NOT_ALLOWED


def test_a_device_key_does_not_speak_for_another_tenants_vehicle_even_if_it_names_it() -> None:
    theirs = VehicleProfile(vehicle_id="van-9", tenant="south")

    assert reason_of(knowing(theirs), report("van-9"), PHONE) is Reason.NOT_ALLOWED


@pytest.mark.parametrize("unknown", UnknownDevices)
@pytest.mark.parametrize(
    "asked", [report("van-7"), report(None, "phone-7"), report("nobodys"), report(None, "nobodys")]
)
def test_what_is_another_tenants_is_refused_like_what_nobody_knows(asked: Report, unknown: UnknownDevices) -> None:
    found = knowing(VAN, unknown=unknown).addressed(asked, NORTH)

    named = asked.vehicle_id or asked.device_id
    kind = "vehicle" if asked.vehicle_id else "device"
    assert found == Refusal(
        Reason.NOT_ALLOWED, f"tenant 'north' has no {kind} '{named}' at time_ms 0: name it in a profile"
    )


def test_a_vehicle_without_a_profile_is_the_default_tenants() -> None:
    assert reason_of(knowing(VAN), report("nobodys"), DEFAULTS) is None
    assert reason_of(knowing(NORTHS), report("van-9"), DEFAULTS) is Reason.NOT_ALLOWED


def test_a_position_of_nobody_is_told_as_such_to_everybody() -> None:
    assert reason_of(knowing(), report(), NORTH) is Reason.MISSING_FIELD


def test_while_profiles_are_being_read_a_tenant_has_no_vehicles_yet() -> None:
    views = FakeViews()
    views.are_whole = False

    with pytest.raises(ApiError, match="has not read the vehicles' profiles yet"):
        Addressees(views, UnknownDevices.ACCEPT).addressed(BY_VEHICLE, NORTH)
