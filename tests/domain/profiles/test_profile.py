"""What is known of a vehicle beside its fixes."""

import msgspec
import pytest

from fleet_app.domain.profiles.profile import DeviceSpan, FuelType, RuleOverrides, VehicleProfile
from fleet_app.domain.vehicle_class import VehicleClass


def test_a_profile_says_no_more_than_was_said() -> None:
    assert msgspec.json.encode(VehicleProfile(vehicle_id="van-1")) == b'{"vehicle_id":"van-1"}'


def test_a_profile_reads_back_as_it_was_written() -> None:
    profile = VehicleProfile(
        vehicle_id="van-1",
        vehicle_class=VehicleClass.VAN,
        tags=("cold",),
        devices=(DeviceSpan("phone-7", 1, 2), DeviceSpan("phone-8")),
        fuel_type=FuelType.ELECTRIC,
        overrides=RuleOverrides(speed_limit_mps=20.0),
        revision=3,
    )

    assert msgspec.json.decode(msgspec.json.encode(profile), type=VehicleProfile) == profile


@pytest.mark.parametrize(
    "profile",
    [
        b'{"vehicle_id":"a/b"}',
        b'{"vehicle_id":"a","name":""}',
        b'{"vehicle_id":"a","tags":[""]}',
        b'{"vehicle_id":"a","max_speed_mps":0}',
        b'{"vehicle_id":"a","vehicle_class":"rocket"}',
        b'{"vehicle_id":"a","overrides":{"idle_told_s":1}}',
        b'{"vehicle_id":"a","devices":[{"device_id":""}]}',
    ],
)
def test_what_cannot_be_is_not_read(profile: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(profile, type=VehicleProfile)
