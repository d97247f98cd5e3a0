"""What a record of the audit says."""

import msgspec

from fleet_app.records.audit_entry import AuditEntry

ENTRY = AuditEntry(
    time_ms=1_700_000_000_000,
    caller="k1",
    role="admin",
    tenant=None,
    address="10.0.0.7",
    method="DELETE",
    path="/api/geofences/depot",
    status=204,
    worker="http://10.0.0.1:8080",
)


def test_an_entry_is_json_that_says_whose_it_is_not_by_null() -> None:
    written = msgspec.json.decode(msgspec.json.encode(ENTRY))

    assert (written["caller"], written["tenant"]) == ("k1", None)
    assert msgspec.convert(written, AuditEntry) == ENTRY
