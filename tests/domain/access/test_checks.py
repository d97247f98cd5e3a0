"""What a key may not say."""

import pytest

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.checks import fault_of
from fleet_app.domain.access.rights import Role

SECRETS = (Secret(sha256="0" * 64, created_ms=0),)


@pytest.mark.parametrize(
    "key",
    [
        ApiKey(key_id="k1", name="Wallboard", role=Role.VIEWER, secrets=SECRETS),
        ApiKey(key_id="k1", name="Office", role=Role.ADMIN, tenant="north", secrets=SECRETS),
        ApiKey(key_id="k1", name="Phone", role=Role.DEVICE, devices=("phone-7",), secrets=SECRETS),
    ],
)
def test_device_keys_name_devices_and_others_none(key: ApiKey) -> None:
    assert fault_of(key) is None


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (ApiKey(key_id="k1", name="Phone", role=Role.DEVICE, secrets=SECRETS), "devices: a device key names the ids"),
        (
            ApiKey(key_id="k1", name="Office", role=Role.ADMIN, devices=("phone-7",), secrets=SECRETS),
            "devices: a key of role admin names none",
        ),
        (ApiKey(key_id="operator", name="Office", role=Role.ADMIN, secrets=SECRETS), "key_id 'operator' means"),
        (ApiKey(key_id="k1", name=" Office", role=Role.ADMIN, secrets=SECRETS), "name ' Office' begins or ends"),
        (
            ApiKey(key_id="k1", name="Off\x1b[2Jice", role=Role.ADMIN, secrets=SECRETS),
            "name 'Off\\x1b[2Jice' has characters that cannot be printed",
        ),
        (
            ApiKey(key_id="k1", name="Office", role=Role.ADMIN, tenant="north ", secrets=SECRETS),
            "tenant 'north ' begins or ends",
        ),
    ],
)
def test_a_fault_is_told_with_its_field_and_value(key: ApiKey, told: str) -> None:
    assert (fault_of(key) or "").startswith(told)
