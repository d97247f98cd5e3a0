"""The head of a request, as far as it decides who asks and from where."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs

import msgspec
from litestar.types import HTTPScope, WebSocketScope

from fleet_app.http.problems import bad_request
from fleet_app.http.workers import ON_BEHALF_OF

KEY_IN_QUERY: Final = "key"
"""The parameter that carries a key where no header can."""
_WITHOUT_HEADERS: Final = frozenset({"/osmand"})
"""Paths that apps ask which can fill in a URL and nothing else. Elsewhere a key in a URL, which logs keep, is none."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF: Final = "Fleet-CSRF"
"""Carries the token that `GET /api/session` tells; a page of another origin cannot send it."""
_ASKS_FOR_METHOD: Final = "access-control-request-method"
_SINGLE: Final = frozenset(
    name.lower().encode()
    for name in ("Host", "Origin", "Authorization", "Cookie", CSRF, ON_BEHALF_OF, _ASKS_FOR_METHOD)
)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What identifies a request. Text is Latin-1, as it was sent; a header that is missing is empty.

    Attributes:
        method: The HTTP method; GET of a WebSocket.
        path: The path as it was sent, still percent-encoded.
        address: The IP address of whoever is connected; empty where that is not known.
        host: The header `Host`.
        origin: The header `Origin`, which browsers alone send.
        authorization: The header `Authorization`.
        key_in_query: The parameter `key` of the query, on the path of apps that can set no header; empty elsewhere.
        cookie: The header `Cookie`.
        csrf: The header `Fleet-CSRF`.
        on_behalf_of: The header `Fleet-On-Behalf-Of`.
        asks_for_method: The header `Access-Control-Request-Method`, with which browsers ask before they send.
    """

    method: str
    path: str
    address: str
    host: str
    origin: str
    authorization: str
    key_in_query: str
    cookie: str
    csrf: str
    on_behalf_of: bytes
    asks_for_method: str

    @property
    def is_safe(self) -> bool:
        """Whether the request changes nothing."""
        return self.method in SAFE_METHODS

    @property
    def is_same_origin(self) -> bool:
        """Whether a page of this very worker sent it, by what the browser says."""
        # Both schemes: before a worker stands, or does not, a proxy that ends TLS.
        return self.origin in (f"http://{self.host}", f"https://{self.host}")


def head_of(scope: HTTPScope | WebSocketScope) -> Head:
    """Return the head of a request.

    Raises:
        ApiError: 400, a header comes twice that decides who asks, or HTTP/1.1 comes without `Host`.
    """
    found = _single_headers(scope["headers"])
    if b"host" not in found and scope["http_version"] == "1.1":
        raise bad_request("the header Host is missing")
    client = scope.get("client")
    path = scope["raw_path"].decode("latin-1")
    text = {name: value.decode("latin-1") for name, value in found.items()}
    return Head(
        method=str(scope.get("method", "GET")),
        path=path,
        address=client[0] if client else "",
        host=text.get(b"host", ""),
        origin=text.get(b"origin", ""),
        authorization=text.get(b"authorization", ""),
        key_in_query=_key_in(scope["query_string"]) if path in _WITHOUT_HEADERS else "",
        cookie=text.get(b"cookie", ""),
        csrf=text.get(CSRF.lower().encode(), ""),
        on_behalf_of=found.get(ON_BEHALF_OF.lower().encode(), b""),
        asks_for_method=text.get(_ASKS_FOR_METHOD.encode(), ""),
    )


def _key_in(query: bytes) -> str:
    """Return the key in a query; empty without one, or with more than one to choose from."""
    try:
        keys = parse_qs(query.decode("latin-1")).get(KEY_IN_QUERY, [])
    except ValueError:
        return ""
    return keys[0] if len(keys) == 1 else ""


def _single_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return those headers of which one is expected: which of two counts, a proxy and this worker may see otherwise."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in _SINGLE:
            continue
        if name in found:
            raise bad_request(f"the header {name.decode('latin-1')} comes more than once")
        found[name] = value
    return found
