"""An API key as it is kept: never the key itself, only what it takes to recognise it."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from fleet_app.domain.access.rights import Role
from fleet_app.domain.position import VehicleId

# `$` alone would let a trailing newline pass.
KeyId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$(?!\n)")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]

MOST_DEVICES: Final = 1_000
"""Of one key: what a gateway speaks for."""


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """One secret of a key. A key has two for a while when it is rotated.

    Attributes:
        sha256: SHA-256 of the secret, hexadecimal. It is 256 random bits, so no salt and no slow hash is called for.
        created_ms: When it was made, ms since 1970.
        expires_ms: From when on it is refused, ms since 1970; None for never.
    """

    sha256: Digest
    created_ms: int
    expires_ms: int | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `fleet.api-keys`, key `key_id`.

    Attributes:
        key_id: The key, and first part of what its owner sends; not secret.
        name: What people call it.
        role: What its owner may do.
        tenant: Whose it is; None for all tenants'.
        devices: Of a device key, the ids of devices or vehicles whose positions it may send; None otherwise.
        secrets: What its owner proves itself with: any of them that has not expired. The newest is the last.
        revision: Counts up with each change, from 1.
    """

    key_id: KeyId
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    role: Role
    tenant: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    devices: Annotated[tuple[VehicleId, ...], Meta(min_length=1, max_length=MOST_DEVICES)] | None = None
    secrets: Annotated[tuple[Secret, ...], Meta(min_length=1, max_length=2)]
    revision: Annotated[int, Meta(ge=0, lt=2**53)] = 0
