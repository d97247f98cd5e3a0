"""What the owner of an API key sends, `<key_id>.<secret>`, and recognising who that is."""

import hashlib
import hmac
from typing import Final

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.keyring import Keyring

_NOBODYS: Final = (Secret(sha256="0" * 64, created_ms=0, expires_ms=0),)
"""What the secret of an unknown key is compared with, so that how long it takes does not tell which keys there are."""


def token_of(key_id: str, secret: str) -> str:
    """Return what the owner of a key sends."""
    return f"{key_id}.{secret}"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def recognise(keyring: Keyring, token: str, now_ms: int) -> Caller | None:
    """Return who sends a token at a time, ms since 1970; None where it is no key, or expired, or revoked."""
    key_id, _, secret = token.partition(".")
    key = keyring.get(key_id)
    is_proven = _matches(digest_of(secret), _NOBODYS if key is None else key.secrets, now_ms)
    return caller_by(key) if key is not None and is_proven else None


def caller_by(key: ApiKey) -> Caller:
    """Return who the owner of a key is."""
    devices = None if key.devices is None else frozenset(key.devices)
    return Caller(name=key.key_id, role=key.role, tenant=key.tenant, devices=devices)


def _matches(digest: str, secrets: tuple[Secret, ...], now_ms: int) -> bool:
    """Return whether a digest is that of a secret in force. Every one is compared, so that none answers sooner."""
    found = [hmac.compare_digest(digest, secret.sha256) and is_in_force(secret, now_ms) for secret in secrets]
    return any(found)


def is_in_force(secret: Secret, now_ms: int) -> bool:
    """Return whether a secret is accepted at a time, ms since 1970."""
    return secret.expires_ms is None or now_ms < secret.expires_ms
