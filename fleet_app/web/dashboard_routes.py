"""The dashboard as it was built: one page at several paths, and the assets that it names.

All of it is part of the package and is read into memory once. Without a key, these files are all that one gets:
whatever the page asks for needs rights of its own.
"""

import gzip
import re
from collections.abc import Sequence
from hashlib import blake2b
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
from litestar import HttpMethod, Request, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs
from fleet_app.http.answers import is_known
from fleet_app.http.headers import SECURITY_HEADERS
from fleet_app.http.origins import Origins, origin_of

BUILT: Final = files("fleet_app.web") / "dashboard" / "dist"
"""Where `make dashboard` puts it; it comes with an installed package, and not with a checkout."""
PAGES: Final = ("/", "/system", "/vehicles/{vehicle_id:str}", "/vehicles/{vehicle_id:str}/{part:str}")
"""Paths of the page; it finds out itself what of it is asked for."""
NOT_BUILT: Final = b"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fleet: not built</title>
<link rel="stylesheet" href="/page.css">
<main>
<h1>Fleet</h1>
<div class="card">
<h2>The dashboard is not built</h2>
<p>This worker runs from a checkout. Build the dashboard once, and start the worker again:</p>
<pre><code>make dashboard</code></pre>
<p>The same facts are at <a href="/docs">the API</a>.</p>
</div>
</main>
"""
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".geojson": "application/geo+json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_OTHER: Final = "application/octet-stream"
_PACKED: Final = frozenset({".css", ".geojson", ".js", ".json", ".mjs", ".svg"})
"""What becomes smaller by compressing it; images and fonts are compressed already."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"
"""Names of assets hold a hash of what is in them."""
_ASK_AGAIN: Final = "no-cache"
_REFUSED: Final = re.compile(r"q=0(\.0{0,3})?")
_BOTH: Final = (HttpMethod.GET, HttpMethod.HEAD)
AnyRequest = Request[Any, Any, Any]


class PagePolicy:
    """What the page's browser may do: everything of its own, and nothing elsewhere that is not named here.

    Args:
        origins: Knows the other workers, which the page goes on at when its own is gone.
        style_url: Where the operator has the map's style from; None where it is the page's own.
    """

    def __init__(self, origins: Origins, style_url: str | None) -> None:
        self._origins = origins
        self._style = [] if style_url is None else [origin_of(style_url)]

    def headers(self) -> dict[str, str]:
        """Return the header `Content-Security-Policy` of an answer that is given now."""
        members = self._origins.members()
        feeds = [member.replace("http", "ws", 1) for member in members]
        asked = " ".join(["'self'", *members, *feeds, *self._style])
        # The map paints what it has drawn, and its own signs are data in its style sheet.
        shown = " ".join(["'self'", "data:", "blob:", *self._style])
        own = SECURITY_HEADERS["Content-Security-Policy"]
        return {"Content-Security-Policy": f"{own}; connect-src {asked}; img-src {shown}"}


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is sent.

    Attributes:
        media_type: What it is.
        tag: Tells its content from any other's.
        content: Its bytes.
        packed: The same under gzip; None where that would not be smaller.
        cache_control: How long a browser may keep it.
    """

    media_type: str
    tag: str
    content: bytes
    packed: bytes | None
    cache_control: str


def read_asset(name: str, content: bytes) -> Asset:
    """Return a file as it is sent, by its name."""
    suffix = PurePosixPath(name).suffix
    packed = gzip.compress(content, mtime=0) if suffix in _PACKED else content
    return Asset(
        media_type=_MEDIA_TYPES.get(suffix, _OTHER),
        tag=blake2b(content, digest_size=16).hexdigest(),
        content=content,
        packed=packed if len(packed) < len(content) else None,
        # A worker script is held to the policy that it came with, and that must not be last year's.
        cache_control=_ASK_AGAIN if "worker" in name else _FOR_EVER,
    )


def dashboard_handlers(policy: PagePolicy, built: Traversable = BUILT) -> list[HTTPRouteHandler]:
    """Return the routes of the dashboard that was built there, or of a page that says how to build it."""
    index = built / "index.html"
    if not index.is_file():
        return [_serve_page(NOT_BUILT, policy)]
    assets = sorted((built / "assets").iterdir(), key=lambda file: file.name)
    return [
        _serve_page(index.read_bytes(), policy),
        *(_serve_asset(f"/assets/{file.name}", read_asset(file.name, file.read_bytes()), policy) for file in assets),
    ]


def _serve_page(content: bytes, policy: PagePolicy) -> HTTPRouteHandler:
    @_open_route(PAGES, media_type="text/html")
    async def serve_page() -> Response[bytes]:
        return Response(content, headers={"Cache-Control": _ASK_AGAIN, **policy.headers()})

    return serve_page


def _serve_asset(path: str, asset: Asset, policy: PagePolicy) -> HTTPRouteHandler:
    @_open_route([path], media_type=asset.media_type)
    async def serve_asset(request: AnyRequest) -> Response[bytes]:
        return _answer(request, asset, policy)

    return serve_asset


def _open_route(paths: Sequence[str], *, media_type: str) -> route:
    return route(list(paths), http_method=_BOTH, opt=needs(Right.OPEN), media_type=media_type, include_in_schema=False)


def _answer(request: AnyRequest, asset: Asset, policy: PagePolicy) -> Response[bytes]:
    is_packed = asset.packed is not None and takes_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{asset.tag}-gzip"' if is_packed else f'"{asset.tag}"'
    headers = {
        "Cache-Control": asset.cache_control,
        "ETag": tag,
        "Vary": "Accept-Encoding, Origin",
        **policy.headers(),
    }
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if asset.packed is None or not is_packed:
        return Response(asset.content, headers=headers)
    return Response(asset.packed, headers={**headers, "Content-Encoding": "gzip"})


def takes_gzip(accept_encoding: str) -> bool:
    """Return whether a client takes gzip, by its header `Accept-Encoding`."""
    offers = [offer.replace(" ", "").lower().partition(";") for offer in accept_encoding.split(",")]
    qualities = {coding: quality for coding, _, quality in offers}
    quality = qualities.get("gzip", qualities.get("*"))
    return quality is not None and _REFUSED.fullmatch(quality) is None
