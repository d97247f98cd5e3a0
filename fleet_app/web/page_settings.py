"""`/api/page-settings`: what the dashboard has to know before it shows anything."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Meta

from fleet_app import __version__
from fleet_app.domain.access.rights import Right, Role
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import Documented, answers
from fleet_app.web.map_files import TILES_PATH
from fleet_app.web.reader import Injected


class MapView(msgspec.Struct, frozen=True, kw_only=True):
    """What the map is drawn from. Both null: from what the page brings along."""

    tiles: Annotated[str | None, Meta(description="Path of the operator's PMTiles file; null without one.")]
    style_url: Annotated[str | None, Meta(description="The operator's own style, which wins; null without one.")]


class PageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the dashboard has to know before it shows anything."""

    version: Annotated[str, Meta(description="Release of the worker that answers.")]
    timezone: Annotated[str, Meta(description="The fleet's IANA time zone, by which days begin and end.")]
    workers: Annotated[
        list[str], Meta(description="URLs of the workers, the one that answers first: where to go on when it is gone.")
    ]
    role: Annotated[Role, Meta(description="What whoever asks is here to do.")]
    map: MapView


class PageOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What of it the settings say."""

    timezone: str
    map: MapView


InjectedOptions = NamedDependency[SkipValidation[PageOptions]]
"""A handler's `page_options` parameter."""


def page_options(timezone: str, map_tiles: Path | None, map_style_url: str | None) -> PageOptions:
    """Return what the dashboard is told of the settings."""
    tiles = None if map_tiles is None else TILES_PATH
    return PageOptions(timezone=timezone, map=MapView(tiles=tiles, style_url=map_style_url))


@get(
    "/api/page-settings",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["access"],
    summary="What the dashboard has to know first",
    responses=answers(PageSettings),
)
async def get_page_settings(reader: Injected, caller: InjectedCaller, page_options: InjectedOptions) -> PageSettings:
    """Answer for whoever asks, by what this worker knows of the others."""
    membership = reader.membership
    others = {worker.url for worker in membership.workers()} - {membership.url}
    return PageSettings(
        version=__version__,
        timezone=page_options.timezone,
        workers=[membership.url, *sorted(others)],
        role=caller.role,
        map=page_options.map,
    )


HANDLERS: Final = (get_page_settings,)
