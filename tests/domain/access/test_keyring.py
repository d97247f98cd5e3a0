"""All keys that there are."""

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.rights import Role


def key(key_id: str) -> ApiKey:
    return ApiKey(key_id=key_id, name=key_id, role=Role.VIEWER, secrets=(Secret(sha256="0" * 64, created_ms=0),))


def test_keys_are_found_by_id_and_walked_in_its_order() -> None:
    keys = Keyring().changed({"b": key("b"), "a": key("a")})

    assert (keys.get("a"), keys.get("c")) == (key("a"), None)
    assert ([each.key_id for each in keys], len(keys)) == (["a", "b"], 2)


def test_a_change_leaves_the_keyring_before_it_as_it_was() -> None:
    before = Keyring({"a": key("a"), "b": key("b")})

    after = before.changed({"a": None, "c": key("c")})

    assert [each.key_id for each in before] == ["a", "b"]
    assert [each.key_id for each in after] == ["b", "c"]


def test_what_is_not_there_can_be_revoked() -> None:
    assert len(Keyring().changed({"a": None})) == 0
