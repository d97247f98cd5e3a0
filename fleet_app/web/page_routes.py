"""`/login` and what it is made of; the files are part of the package."""

from importlib.resources import files
from typing import Final

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs

PAGE_FILES: Final = {
    "/login": ("login.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
"""Path → file in the `page` folder and its media type."""


def _serve(path: str, name: str, media_type: str) -> HTTPRouteHandler:
    content = (files("fleet_app.web") / "page" / name).read_bytes()

    @get(path, opt=needs(Right.OPEN), media_type=media_type, include_in_schema=False)
    async def serve() -> Response[bytes]:
        return Response(content, headers={"Cache-Control": "no-cache"})

    return serve


def page_handlers() -> list[HTTPRouteHandler]:
    """Return the routes of the page, with its files read into memory."""
    return [_serve(path, *file) for path, file in PAGE_FILES.items()]
