"""Sessions of people who logged in with a key: a signed cookie, good on any worker, kept by none.

A session names the key and which of its secrets proved it. Whoever reads one looks that key up again, so a session ends
when its time is up, and when the key is revoked or the secret rotated away.
"""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from typing import Final

import msgspec

COOKIE: Final = "fleet_session"
LIFETIME_S: Final = 12 * 3_600
_MAC_BYTES: Final = 32


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Who logged in, and when.

    Attributes:
        key_id: The key; None for the operator's.
        secret: Tells which secret proved it: a keyed digest, from which the secret cannot be guessed.
        issued_ms: When, ms since 1970.
        expires_ms: When it ends, ms since 1970.
    """

    key_id: str | None
    secret: str
    issued_ms: int
    expires_ms: int


class Sessions:
    """Makes and reads sessions.

    Args:
        cluster_secret: What all workers share; the keys for signing are derived from it, one for each purpose.
    """

    def __init__(self, cluster_secret: str) -> None:
        self._signing_key = _derived(cluster_secret, b"fleet session")
        self._marking_key = _derived(cluster_secret, b"fleet session: secret")
        self._csrf_key = _derived(cluster_secret, b"fleet session: csrf")

    def issue(self, key_id: str | None, digest: str, now_ms: int) -> str:
        """Return the cookie of a new session.

        Args:
            key_id: The key; None for the operator's.
            digest: SHA-256 of the secret that proved it, hexadecimal.
            now_ms: Now, ms since 1970.
        """
        session = Session(key_id, self._mark(digest), now_ms, now_ms + LIFETIME_S * 1_000)
        payload = msgspec.json.encode(session)
        return urlsafe_b64encode(self._sign(payload) + payload).decode().rstrip("=")

    def read(self, cookie: str, now_ms: int) -> Session | None:
        """Return the session of a cookie; None where it is forged or over."""
        try:
            signed = b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            return None
        session = msgspec.json.decode(payload, type=Session)
        return session if now_ms < session.expires_ms else None

    def is_proven_by(self, session: Session, digest: str) -> bool:
        """Return whether a secret, by its SHA-256, is the one that a session was begun with."""
        return hmac.compare_digest(session.secret, self._mark(digest))

    def csrf_token(self, cookie: str) -> str:
        """Return the token that goes with a session's cookie."""
        return hmac.digest(self._csrf_key, cookie.encode(), "sha256").hex()

    def is_csrf_token(self, token: str, cookie: str) -> bool:
        """Return whether a token goes with a session's cookie."""
        return hmac.compare_digest(token.encode(), self.csrf_token(cookie).encode())

    def _mark(self, digest: str) -> str:
        return hmac.digest(self._marking_key, digest.encode(), "sha256").hex()

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._signing_key, payload, "sha256")


def _derived(cluster_secret: str, purpose: bytes) -> bytes:
    return hmac.digest(cluster_secret.encode(), purpose, "sha256")


def cookie_in(header: str) -> str | None:
    """Return the session's cookie in a `Cookie` header; None where there is none, or more than one to choose from."""
    pairs = [part.strip().partition("=") for part in header.split(";")]
    found = [value for name, _, value in pairs if name == COOKIE]
    return found[0] if len(found) == 1 else None


def set_cookie(value: str, *, lifetime_s: int, is_secure: bool) -> str:
    """Return the `Set-Cookie` header that begins a session, or with lifetime 0 and no value ends it."""
    only_over_tls = "; Secure" if is_secure else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={lifetime_s}; HttpOnly; SameSite=Strict{only_over_tls}"
