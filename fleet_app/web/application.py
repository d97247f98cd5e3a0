"""The one place where the HTTP API is put together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from fleet_app import __version__
from fleet_app.domain.rules import Rules
from fleet_app.http.access import CALLER, check_right
from fleet_app.http.gate import Gate
from fleet_app.http.problems import EXCEPTION_HANDLERS
from fleet_app.metrics import Exposition
from fleet_app.settings import Settings
from fleet_app.stream.reads import LocalTables, LocalViews, Membership
from fleet_app.web.cluster import HANDLERS as CLUSTER
from fleet_app.web.geofences import HANDLERS as GEOFENCES
from fleet_app.web.outcomes import HANDLERS as OUTCOMES
from fleet_app.web.outcomes import WorkerOutcomes
from fleet_app.web.page_routes import PAGE_FILES, page_handlers
from fleet_app.web.peers import TIMEOUT_S, Peers
from fleet_app.web.profiles import HANDLERS as PROFILES
from fleet_app.web.quality import HANDLERS as QUALITY
from fleet_app.web.reader import Reader
from fleet_app.web.tables import HANDLERS as TABLES
from fleet_app.web.tracks import HANDLERS as TRACKS
from fleet_app.web.trips import HANDLERS as TRIPS
from fleet_app.web.vehicles import HANDLERS as VEHICLES
from fleet_app.web.windows import HANDLERS as WINDOWS

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", *PAGE_FILES})
"""What is served without the key: probes, and the page that asks for it."""


def create_web(  # noqa: PLR0913 - one per part that meets here
    settings: Settings,
    *,
    rules: Rules,
    tables: LocalTables,
    membership: Membership,
    views: LocalViews,
    clock: Callable[[], float],
    routers: Sequence[Router] = (),
    peer_timeout_s: float = TIMEOUT_S,
) -> Litestar:
    """Return the HTTP API of one worker.

    Args:
        settings: The key and the advertised URL.
        rules: The rules that vehicles are run by.
        tables: What this worker holds.
        membership: Who owns what.
        views: What every worker knows whole.
        clock: Now, in seconds since 1970.
        routers: Further routes, under the same authentication and error handling.
        peer_timeout_s: How long another worker may take to answer.
    """
    peers = Peers(own_url=membership.url, api_key=settings.api_key, timeout_s=peer_timeout_s)
    reader = Reader(tables=tables, membership=membership, peers=peers, clock=clock)
    outcomes = WorkerOutcomes(reader, views)
    exposition = Exposition(membership, views, clock)

    @asynccontextmanager
    async def peers_open(_app: Litestar) -> AsyncIterator[None]:
        async with peers:
            yield

    app = Litestar(
        route_handlers=[
            # First: a router brings an OPTIONS handler for each of its paths, and refuses one that is there already.
            *routers,
            *CLUSTER,
            *TABLES,
            *VEHICLES,
            *WINDOWS,
            *TRIPS,
            *TRACKS,
            *QUALITY,
            *GEOFENCES,
            *OUTCOMES,
            *PROFILES,
            *page_handlers(),
        ],
        dependencies={
            "caller": CALLER,
            "reader": Provide(lambda: reader, sync_to_thread=False),
            "views": Provide(lambda: views, sync_to_thread=False),
            "outcomes": Provide(lambda: outcomes, sync_to_thread=False),
            "rules": Provide(lambda: rules, sync_to_thread=False),
            "exposition": Provide(lambda: exposition, sync_to_thread=False),
        },
        guards=[check_right],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[peers_open],
        openapi_config=_openapi(settings),
        # The log is set up once, by the worker, and no variable may switch on stack traces for clients.
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.asgi_handler = Gate(
        app.asgi_handler,
        api_key=None if settings.api_key is None else settings.api_key.get_secret_value(),
        own_url=membership.url,
        open_paths=OPEN_PATHS,
    )
    return app


def _problem_if_missing(response: Response[Any]) -> Response[Any]:
    """Give a missing page below `/schema` the shape of all errors; the framework has a page of its own for it."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundException
    return response


def _openapi(settings: Settings) -> OpenAPIConfig:
    """Describe the API at `/schema/openapi.json`. Viewers are left out: they load themselves from elsewhere."""
    return OpenAPIConfig(
        title="fleet",
        version=__version__,
        description="Where every vehicle is, and what it does. Times are ms since 1970, UTC; units are SI and stand in "
        "the names.",
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_problem_if_missing),
        render_plugins=[JsonRenderPlugin()],
        security=None if settings.api_key is None else [{"key": []}],
        components=Components(
            security_schemes={"key": SecurityScheme(type="http", scheme="bearer", description="FLEET_API_KEY")}
        ),
    )
