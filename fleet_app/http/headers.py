"""What every answer carries for the browser's sake, and which other origins may ask."""

from collections.abc import Iterable, Sequence
from typing import Final

from fleet_app.http.head import Head

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Not `no-referrer`: with that, browsers send the login form with `Origin: null`, as if it were another's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_NO_STORE: Final = ("Cache-Control", "no-store")
_HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
_PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Max-Age": "600",
}
_EXPOSED: Final = "ETag, Retry-After"

RawHeaders = list[tuple[bytes, bytes]]


def raw(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Return headers as they are sent."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


class AnswerHeaders:
    """Completes answers' headers.

    Args:
        is_https: Whether clients reach the worker over TLS.
        cors_origins: Origins whose pages may ask with a key. Never with a cookie: credentials are not allowed.
    """

    def __init__(self, *, is_https: bool, cors_origins: Sequence[str] = ()) -> None:
        security = [*SECURITY_HEADERS.items(), _NO_STORE, *([_HSTS] if is_https else [])]
        self._always = raw([*security, ("Vary", "Origin")] if cors_origins else security)
        self._origins = frozenset(cors_origins)

    def missing(self, present: RawHeaders) -> RawHeaders:
        """Return what an answer with these headers lacks; what a handler chose itself stays."""
        names = {name for name, _ in present}
        return [header for header in self._always if header[0] not in names]

    def for_origin(self, head: Head) -> RawHeaders:
        """Return what lets a page of a named origin read an answer."""
        if head.origin not in self._origins:
            return []
        allowed = {"Access-Control-Allow-Origin": head.origin, "Access-Control-Expose-Headers": _EXPOSED}
        return raw(allowed.items())

    def preflight(self, head: Head) -> RawHeaders | None:
        """Return what else answers whether a page of a named origin may ask; None where nobody wants to know."""
        if head.method != "OPTIONS" or not head.asks_for_method or head.origin not in self._origins:
            return None
        return raw(_PREFLIGHT.items())
