"""API keys of tests, and what their owners send."""

from typing import Any

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of, token_of


def device_key(key_id: str, *devices: str, tenant: str | None = None) -> ApiKey:
    """Return a key of devices, that `token(key_id)` proves."""
    return api_key(key_id, Role.DEVICE, tenant, devices=devices)


def api_key(key_id: str, role: Role = Role.VIEWER, tenant: str | None = None, **given: Any) -> ApiKey:
    """Return a key that `token(key_id)` proves."""
    secret = Secret(sha256=digest_of(_secret(key_id)), created_ms=0)
    return ApiKey(key_id=key_id, name=key_id, role=role, tenant=tenant, **{"secrets": (secret,), **given})


def token(key_id: str) -> str:
    """Return what the owner of a key of a test sends."""
    return token_of(key_id, _secret(key_id))


def bearer(key_id: str) -> dict[str, str]:
    """Return the header that proves a key of a test."""
    return {"Authorization": f"Bearer {token(key_id)}"}


def _secret(key_id: str) -> str:
    return f"the-secret-of-{key_id}"
