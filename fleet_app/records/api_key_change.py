"""`fleet.api-key-changes`: what somebody wants an API key to be."""

import msgspec

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.revisions import RequestId, Revision


class ApiKeyChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of `fleet.api-key-changes`; the record's key is the key's id.

    Attributes:
        request_id: What the change is known by; whoever asked finds out by it what became of it.
        seen_revision: The revision that whoever asked had seen, 0 for none; None overwrites whatever there is.
        api_key: What it shall be, without its secret; its own revision says nothing. None revokes it.
        tenant: Whose whoever asked is: what there is of another tenant's stays as it is. None for all tenants'.
    """

    request_id: RequestId
    seen_revision: Revision | None
    api_key: ApiKey | None
    tenant: str | None = None
