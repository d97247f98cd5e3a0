import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of, recognise, token_of

NOW_MS = 1_700_000_000_000
TOKEN_LETTERS = string.ascii_letters + string.digits + "-_"


def _secret(text: str, *, expires_ms: int | None = None) -> Secret:
    return Secret(sha256=digest_of(text), created_ms=NOW_MS - 1_000, expires_ms=expires_ms)


def _keyring(*keys: ApiKey) -> Keyring:
    return Keyring({key.key_id: key for key in keys})


VIEWER = ApiKey(key_id="k1", name="Wallboard", role=Role.VIEWER, tenant="north", secrets=(_secret("open-sesame"),))
PHONE = ApiKey(
    key_id="k2", name="Phone", role=Role.DEVICE, tenant="north", devices=("phone-7",), secrets=(_secret("mellon"),)
)
KEYS = _keyring(VIEWER, PHONE)


def test_who_sends_a_key_with_its_secret_is_recognised() -> None:
    assert recognise(KEYS, "k1.open-sesame", NOW_MS) == Caller(name="k1", role=Role.VIEWER, tenant="north")


def test_a_device_is_recognised_with_the_ids_that_it_may_send() -> None:
    assert recognise(KEYS, "k2.mellon", NOW_MS) == Caller(
        name="k2", role=Role.DEVICE, tenant="north", devices=frozenset({"phone-7"})
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "k1",
        "k1.",
        ".open-sesame",
        "k1.mellon",
        "k2.open-sesame",
        "k3.open-sesame",
        "K1.open-sesame",
        "k1.open-sesame.",
        "k1..open-sesame",
        " k1.open-sesame",
        "k1.\udce4",
        f"k1.{VIEWER.secrets[0].sha256}",
    ],
)
def test_anything_else_is_nobody(token: str) -> None:
    assert recognise(KEYS, token, NOW_MS) is None


def test_a_revoked_key_is_nobodys() -> None:
    assert recognise(KEYS.changed({"k1": None}), "k1.open-sesame", NOW_MS) is None


def test_a_secret_is_good_until_it_expires_and_not_at_that_moment() -> None:
    key = ApiKey(key_id="k1", name="Guest", role=Role.VIEWER, secrets=(_secret("brief", expires_ms=NOW_MS),))

    assert recognise(_keyring(key), "k1.brief", NOW_MS - 1) is not None
    assert recognise(_keyring(key), "k1.brief", NOW_MS) is None


def test_while_a_key_is_rotated_both_secrets_are_good() -> None:
    secrets = (_secret("old", expires_ms=NOW_MS + 10), _secret("new"))
    keys = _keyring(ApiKey(key_id="k1", name="Partner", role=Role.VIEWER, secrets=secrets))

    assert recognise(keys, "k1.old", NOW_MS) == recognise(keys, "k1.new", NOW_MS) is not None
    assert recognise(keys, "k1.old", NOW_MS + 10) is None
    assert recognise(keys, "k1.new", NOW_MS + 10) is not None


def test_the_secret_that_stands_in_for_those_of_unknown_keys_lets_nobody_in() -> None:
    assert recognise(Keyring(), "k1.", 0) is None


@given(st.text(max_size=60))
def test_no_text_made_up_is_recognised(token: str) -> None:
    assert recognise(KEYS, token, NOW_MS) is None


@given(secret=st.text(TOKEN_LETTERS, min_size=1, max_size=60), other=st.text(TOKEN_LETTERS, min_size=1, max_size=60))
def test_a_key_is_recognised_by_its_secret_alone(secret: str, other: str) -> None:
    key = ApiKey(key_id="k1", name="Partner", role=Role.ADMIN, secrets=(_secret(secret),))
    caller = recognise(_keyring(key), token_of("k1", other), NOW_MS)

    assert (caller is not None) == (secret == other)
