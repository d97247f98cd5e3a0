"""The routes of the page, and of its one further file."""

from importlib.resources import files
from typing import Any, Final

from litestar import Request, Response, get

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs
from fleet_app.web.api_page.document import document_of
from fleet_app.web.api_page.page import STYLE_PATH, render

PAGE_PATH: Final = "/docs"
_STYLE: Final = "docs.css"
_HEADERS: Final = {"Cache-Control": "no-cache"}


@get(PAGE_PATH, opt=needs(Right.OPEN), media_type="text/html", include_in_schema=False)
async def get_api_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer with the page of the API's document, which is the same for as long as the worker runs."""
    page = request.app.state.get(PAGE_PATH)
    if page is None:
        page = request.app.state[PAGE_PATH] = render(document_of(request.app))
    return Response(page, headers=_HEADERS)


@get(STYLE_PATH, opt=needs(Right.OPEN), media_type="text/css", include_in_schema=False)
async def get_api_page_style() -> Response[bytes]:
    """Answer with how the page looks."""
    return Response((files("fleet_app.web.api_page") / _STYLE).read_bytes(), headers=_HEADERS)


HANDLERS: Final = (get_api_page, get_api_page_style)
PATHS: Final = frozenset({PAGE_PATH, STYLE_PATH})
"""Where it is, open to everybody like the document itself."""
