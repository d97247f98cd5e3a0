"""A key as it is kept."""

import msgspec
import pytest

from fleet_app.domain.access.api_key import ApiKey

SECRET = {"sha256": "0" * 64, "created_ms": 1}
KEY: dict[str, object] = {"key_id": "k1", "name": "Office", "role": "admin", "secrets": [SECRET]}


def test_a_key_says_what_its_owner_may_do_and_how_it_is_recognised() -> None:
    key = msgspec.convert(KEY, ApiKey)

    assert (key.tenant, key.devices, key.secrets[0].expires_ms, key.revision) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key_id", ""),
        ("key_id", "K1"),
        ("key_id", "-k1"),
        ("key_id", "k.1"),
        ("key_id", "k1\n"),
        ("role", "root"),
        ("devices", []),
        ("devices", ["a/b"]),
        ("secrets", []),
        ("secrets", [SECRET] * 3),
        ("secrets", [{"sha256": "secret", "created_ms": 1}]),
        ("secrets", [{"sha256": "0" * 64 + "\n", "created_ms": 1}]),
    ],
)
def test_what_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(KEY | {field: value}, ApiKey)
