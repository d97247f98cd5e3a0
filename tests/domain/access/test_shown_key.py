"""What is shown of a key."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.shown_key import ShownKey, ShownSecret, shown_key

DIGEST = "ab" * 32


def test_everything_is_shown_but_the_digests() -> None:
    key = ApiKey(
        key_id="k1",
        name="Phones",
        role=Role.DEVICE,
        tenant="north",
        devices=("phone-7",),
        secrets=(Secret(sha256=DIGEST, created_ms=1, expires_ms=2), Secret(sha256=DIGEST, created_ms=3)),
        revision=4,
    )

    assert shown_key(key) == ShownKey(
        key_id="k1",
        name="Phones",
        role=Role.DEVICE,
        tenant="north",
        devices=("phone-7",),
        secrets=(ShownSecret(created_ms=1, expires_ms=2), ShownSecret(created_ms=3, expires_ms=None)),
        revision=4,
    )


@given(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=2))
def test_no_digest_is_in_what_is_shown(digests: list[str]) -> None:
    secrets = tuple(Secret(sha256=digest, created_ms=1) for digest in digests)
    shown = msgspec.json.encode(shown_key(ApiKey(key_id="k1", name="Office", role=Role.ADMIN, secrets=secrets)))

    assert [digest for digest in digests if digest.encode() in shown] == []
