"""What a profile may not say."""

import pytest

from fleet_app.domain.profiles.checks import fault_of
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile


@pytest.mark.parametrize(
    "devices",
    [
        (),
        (DeviceSpan("phone-7"), DeviceSpan("phone-8")),
        (DeviceSpan("phone-7", 0, 100), DeviceSpan("phone-7", 100)),
        (DeviceSpan("phone-7", 100), DeviceSpan("phone-7", 0, 50)),
    ],
)
def test_devices_may_come_and_go(devices: tuple[DeviceSpan, ...]) -> None:
    assert fault_of(VehicleProfile(vehicle_id="van-1", devices=devices, tags=("a", "b"), name="Van 1")) is None


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (
            VehicleProfile(vehicle_id="van-1", devices=(DeviceSpan("phone-7", 50), DeviceSpan("phone-7", 0))),
            "devices: 'phone-7' is in twice at once, from 0 and from 50",
        ),
        (
            VehicleProfile(vehicle_id="van-1", devices=(DeviceSpan("phone-7", 0, 51), DeviceSpan("phone-7", 50))),
            "devices: 'phone-7' is in twice at once, from 0 and from 50",
        ),
        (
            VehicleProfile(vehicle_id="van-1", devices=(DeviceSpan("phone-7", 50, 50),)),
            "devices: 'phone-7' is in until 50, which is not after 50",
        ),
        (VehicleProfile(vehicle_id="van-1", tags=("a", "b", "a")), "tags a, b, a: a tag stands there twice"),
        (VehicleProfile(vehicle_id="van-1", tags=(" a",)), "tags ' a' begins or ends with white space"),
        (VehicleProfile(vehicle_id="van-1 "), "vehicle_id 'van-1 ' begins or ends with white space"),
        (VehicleProfile(vehicle_id="van-1", driver="\n"), "driver '\\n' begins or ends with white space"),
        (VehicleProfile(vehicle_id="van-1", tenant=" x"), "tenant ' x' begins or ends with white space"),
        (
            VehicleProfile(vehicle_id="van-1", devices=(DeviceSpan("x\t"),)),
            "devices: device_id 'x\\t' begins or ends with white space",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(profile: VehicleProfile, told: str) -> None:
    assert (fault_of(profile) or "").startswith(told)
