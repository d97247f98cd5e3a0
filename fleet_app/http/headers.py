"""What every answer carries for the browser's sake, and which other origins may ask."""

from collections.abc import Iterable, Sequence
from typing import Final

from fleet_app.http.head import CSRF, Head
from fleet_app.http.origins import Origins

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
_VARY: Final = ("Vary", "Origin")
_HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
_ALLOWED_HEADERS: Final = "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Max-Age": "600",
}
_MEMBERS_PREFLIGHT: Final = {**_PREFLIGHT, "Access-Control-Allow-Headers": f"{_ALLOWED_HEADERS}, {CSRF}"}
_EXPOSED: Final = "ETag, Retry-After"

RawHeaders = list[tuple[bytes, bytes]]


def raw(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Return headers as they are sent."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


class AnswerHeaders:
    """Completes answers' headers.

    Args:
        is_https: Whether clients reach the worker over TLS.
        origins: Tells own pages from others. Pages of other members may ask with the session of their visitor.
        cors_origins: Origins whose pages may ask with a key. Never with a cookie: credentials are not allowed.
    """

    def __init__(self, *, is_https: bool, origins: Origins, cors_origins: Sequence[str] = ()) -> None:
        self._always = raw([*SECURITY_HEADERS.items(), _NO_STORE, _VARY, *([_HSTS] if is_https else [])])
        self._origins = origins
        self._named = frozenset(cors_origins)

    def missing(self, present: RawHeaders) -> RawHeaders:
        """Return what an answer with these headers lacks; what a handler chose itself stays."""
        names = {name for name, _ in present}
        return [header for header in self._always if header[0] not in names]

    def for_origin(self, head: Head) -> RawHeaders:
        """Return what lets a page of another member, or of a named origin, read an answer."""
        allowed = {"Access-Control-Allow-Origin": head.origin, "Access-Control-Expose-Headers": _EXPOSED}
        if self._origins.is_other_member(head):
            return raw([*allowed.items(), ("Access-Control-Allow-Credentials", "true")])
        return raw(allowed.items()) if head.origin in self._named else []

    def preflight(self, head: Head) -> RawHeaders | None:
        """Return what else answers whether a page of such an origin may ask; None where nobody wants to know."""
        if head.method != "OPTIONS" or not head.asks_for_method:
            return None
        if self._origins.is_other_member(head):
            return raw(_MEMBERS_PREFLIGHT.items())
        return raw(_PREFLIGHT.items()) if head.origin in self._named else None
