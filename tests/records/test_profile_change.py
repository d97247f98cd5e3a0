"""What a record of a change says."""

import msgspec
import pytest

from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.records.profile_change import ProfileChange

VAN = VehicleProfile(vehicle_id="van-7", name="Van 7", devices=(DeviceSpan("phone-7"),))


def test_a_change_is_json_that_any_language_can_write() -> None:
    change = ProfileChange(request_id="a", seen_revision=3, profile=VAN)

    assert msgspec.json.encode(change) == (
        b'{"request_id":"a","seen_revision":3,"profile":{"vehicle_id":"van-7","name":"Van 7",'
        b'"devices":[{"device_id":"phone-7"}]}}'
    )


@pytest.mark.parametrize("lacking", ["request_id", "seen_revision", "profile"])
def test_nothing_is_taken_for_granted(lacking: str) -> None:
    whole = {"request_id": "a", "seen_revision": None, "profile": None}
    told = {name: value for name, value in whole.items() if name != lacking}

    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{lacking}`"):
        msgspec.convert(told, ProfileChange)
