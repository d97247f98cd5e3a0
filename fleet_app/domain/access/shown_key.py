"""What is shown of a key: everything but what it takes to recognise it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.rights import Role


class ShownSecret(msgspec.Struct, frozen=True, kw_only=True):
    """When one of a key's secrets was made, and when it ends."""

    created_ms: Annotated[int, Meta(description="When it was made, ms since 1970.")]
    expires_ms: Annotated[int | None, Meta(description="From when on it is refused, ms since 1970; null for never.")]


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secrets."""

    key_id: Annotated[str, Meta(description="Its id, and the first part of what its owner sends; not secret.")]
    name: Annotated[str, Meta(description="What people call it.")]
    role: Annotated[Role, Meta(description="What its owner may do.")]
    tenant: Annotated[str | None, Meta(description="Whose it is; null for all tenants'.")]
    devices: Annotated[
        tuple[str, ...] | None,
        Meta(description="Of a device key, the ids that it may send positions of; null otherwise."),
    ]
    secrets: Annotated[
        tuple[ShownSecret, ...], Meta(description="Two while it is rotated: the newest is the one handed out last.")
    ]
    revision: Annotated[int, Meta(description="Counts up with each change, from 1.")]


def shown_key(key: ApiKey) -> ShownKey:
    """Return what is shown of a key."""
    return ShownKey(
        key_id=key.key_id,
        name=key.name,
        role=key.role,
        tenant=key.tenant,
        devices=key.devices,
        secrets=tuple(
            ShownSecret(created_ms=secret.created_ms, expires_ms=secret.expires_ms) for secret in key.secrets
        ),
        revision=key.revision,
    )
