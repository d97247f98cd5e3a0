"""The one place where the HTTP API is put together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any, Final

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from fleet_app import __version__
from fleet_app.domain.access.rights import Right
from fleet_app.domain.rules import Rules
from fleet_app.http.access import CALLER, check_right, needs, open_paths, right_of
from fleet_app.http.audit import Audit, Keep
from fleet_app.http.authentication import Authentication, ClosedMode, OpenMode
from fleet_app.http.gate import Gate
from fleet_app.http.headers import AnswerHeaders
from fleet_app.http.login import HANDLERS as LOGIN
from fleet_app.http.login import desk_of
from fleet_app.http.origins import Origins
from fleet_app.http.problems import EXCEPTION_HANDLERS
from fleet_app.http.queries import check_query
from fleet_app.http.sessions import COOKIE
from fleet_app.http.workers import authorization
from fleet_app.metrics import Exposition
from fleet_app.settings import Settings
from fleet_app.stream.reads import LocalTables, LocalViews, Membership
from fleet_app.web.api_page.access_described import KEY, SESSION, AccessDescribed
from fleet_app.web.api_page.document import DocumentPlugin
from fleet_app.web.api_page.routes import HANDLERS as API_PAGE
from fleet_app.web.cluster import HANDLERS as CLUSTER
from fleet_app.web.dashboard_routes import PagePolicy, dashboard_handlers
from fleet_app.web.geofences import HANDLERS as GEOFENCES
from fleet_app.web.keys import HANDLERS as KEYS
from fleet_app.web.map_files import check_tiles, tiles_handler
from fleet_app.web.outcomes import HANDLERS as OUTCOMES
from fleet_app.web.outcomes import WorkerOutcomes
from fleet_app.web.page_routes import page_handlers
from fleet_app.web.page_settings import HANDLERS as PAGE_SETTINGS
from fleet_app.web.page_settings import page_options
from fleet_app.web.peers import TIMEOUT_S, Peers
from fleet_app.web.profiles import HANDLERS as PROFILES
from fleet_app.web.quality import HANDLERS as QUALITY
from fleet_app.web.reader import Reader
from fleet_app.web.tables import HANDLERS as TABLES
from fleet_app.web.tracks import HANDLERS as TRACKS
from fleet_app.web.trips import HANDLERS as TRIPS
from fleet_app.web.vehicles import HANDLERS as VEHICLES
from fleet_app.web.windows import HANDLERS as WINDOWS

_LOOK_EVERY_S: Final = 5.0
"""How often a worker takes note of who the others are; a dead one stays a member for longer."""


def create_web(  # noqa: PLR0913 - one per part that meets here
    settings: Settings,
    *,
    rules: Rules,
    tables: LocalTables,
    membership: Membership,
    views: LocalViews,
    clock: Callable[[], float],
    routers: Sequence[Router] = (),
    audit: Keep | None = None,
    peer_timeout_s: float = TIMEOUT_S,
) -> Litestar:
    """Return the HTTP API of one worker.

    Args:
        settings: The operator's key, the workers' secret, the advertised URL, who may ask from other origins, and
            what the dashboard's map is drawn from.
        rules: The rules that vehicles are run by.
        tables: What this worker holds.
        membership: Who owns what.
        views: What every worker knows whole.
        clock: Now, in seconds since 1970.
        routers: Further routes, under the same authentication and error handling.
        audit: Where entries of the audit go; None where nothing is kept.
        peer_timeout_s: How long another worker may take to answer.

    Raises:
        SettingsError: A key without a secret, or a map that cannot be used.
    """
    peers = Peers(
        own_url=membership.url, authorization=authorization(settings.cluster_secret), timeout_s=peer_timeout_s
    )
    origins = Origins(lambda: [worker.url for worker in membership.workers()], clock)
    authentication = _authentication(settings, membership, views, origins, clock)
    is_https = settings.url.startswith("https:")
    reader = Reader(tables=tables, membership=membership, peers=peers, clock=clock, views=views, rules=rules)
    outcomes = WorkerOutcomes(reader, views)
    exposition = Exposition(membership, views, clock)
    options = page_options(settings.timezone, settings.map_tiles, settings.map_style_url)

    @asynccontextmanager
    async def peers_open(_app: Litestar) -> AsyncIterator[None]:
        looking = asyncio.create_task(_keep_looking(origins), name="origins")
        async with peers:
            yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    app = Litestar(
        route_handlers=[
            *routers,
            *_apart(
                [
                    *CLUSTER,
                    *TABLES,
                    *VEHICLES,
                    *WINDOWS,
                    *TRIPS,
                    *TRACKS,
                    *QUALITY,
                    *GEOFENCES,
                    *KEYS,
                    *OUTCOMES,
                    *PROFILES,
                    *LOGIN,
                    *API_PAGE,
                    *PAGE_SETTINGS,
                    *page_handlers(),
                    *dashboard_handlers(PagePolicy(origins, settings.map_style_url)),
                    *_map_handlers(settings),
                ]
            ),
        ],
        dependencies={
            "caller": CALLER,
            "desk": desk_of(authentication, is_https=is_https),
            "reader": Provide(lambda: reader, sync_to_thread=False),
            "views": Provide(lambda: views, sync_to_thread=False),
            "outcomes": Provide(lambda: outcomes, sync_to_thread=False),
            "page_options": Provide(lambda: options, sync_to_thread=False),
            "exposition": Provide(lambda: exposition, sync_to_thread=False),
        },
        guards=[check_right, check_query],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[peers_open],
        openapi_config=_openapi(),
        plugins=[AccessDescribed()],
        # The log is set up once, by the worker, and no variable may switch on stack traces for clients.
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.asgi_handler = Gate(
        app.asgi_handler,
        authentication=authentication,
        origins=origins,
        headers=AnswerHeaders(is_https=is_https, origins=origins, cors_origins=settings.cors_origins),
        audit=Audit(audit, clock, membership.url),
        open_paths=open_paths(app),
    )
    return app


def _apart(handlers: Iterable[BaseRouteHandler]) -> list[BaseRouteHandler | Router]:
    """Return routes with those that workers alone may ask left out of the document: they change with any release."""
    routes = list(handlers)
    internal = [route for route in routes if right_of(route) is Right.ANSWER_WORKERS]
    return [
        # First: a router brings an OPTIONS handler for each of its paths, and refuses one that is there already.
        Router("/", route_handlers=internal, include_in_schema=False),
        *(route for route in routes if route not in internal),
    ]


async def _keep_looking(origins: Origins) -> None:
    """Take note of the other workers for as long as this one runs, whether or not their pages ask here."""
    while True:
        origins.look()
        await asyncio.sleep(_LOOK_EVERY_S)


def _map_handlers(settings: Settings) -> list[HTTPRouteHandler]:
    if settings.map_tiles is None:
        return []
    check_tiles(settings.map_tiles)
    return [tiles_handler(settings.map_tiles)]


def _authentication(
    settings: Settings, membership: Membership, views: LocalViews, origins: Origins, clock: Callable[[], float]
) -> Authentication:
    settings.check_serving()
    if settings.api_key is None or settings.cluster_secret is None:
        return OpenMode(membership.url, origins)
    return ClosedMode(
        operator_key=settings.api_key.get_secret_value(),
        cluster_secret=settings.cluster_secret.get_secret_value(),
        views=views,
        origins=origins,
        clock=clock,
    )


def _problem_if_missing(response: Response[Any]) -> Response[Any]:
    """Give a missing page below `/schema` the shape of all errors; the framework has a page of its own for it."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundException
    return response


def _openapi() -> OpenAPIConfig:
    """Describe the API at `/schema/openapi.json`. Viewers are left out: they load themselves from elsewhere."""
    return OpenAPIConfig(
        title="fleet",
        version=__version__,
        description="Where every vehicle is, and what it does. Times are ms since 1970, UTC; units are SI and stand in "
        "the names.",
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            opt=needs(Right.OPEN),
            include_in_schema=False,
            after_request=_problem_if_missing,
        ),
        render_plugins=[DocumentPlugin()],
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
        components=Components(
            security_schemes={
                KEY: SecurityScheme(
                    type="http", scheme="bearer", description="An API key, or the operator's `FLEET_API_KEY`."
                ),
                SESSION: SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name=COOKIE,
                    description="A session that `POST /login` has begun. Changes need the header `Fleet-CSRF` besides, "
                    "with the token that `GET /api/session` tells.",
                ),
            }
        ),
    )
