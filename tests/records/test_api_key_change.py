"""What a record of a change says."""

import msgspec

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.records.api_key_change import ApiKeyChange

OFFICE = ApiKey(
    key_id="k1", name="Office", role=Role.ADMIN, tenant="north", secrets=(Secret(sha256="0" * 64, created_ms=1),)
)


def test_a_change_reads_back_as_it_was_written() -> None:
    change = ApiKeyChange(request_id="a", seen_revision=3, api_key=OFFICE, tenant="north")

    assert msgspec.json.decode(msgspec.json.encode(change), type=ApiKeyChange) == change


def test_a_change_of_nobodys_tenant_says_no_more_than_was_asked() -> None:
    change = ApiKeyChange(request_id="a", seen_revision=None, api_key=None)

    assert msgspec.json.encode(change) == b'{"request_id":"a","seen_revision":null,"api_key":null}'
