"""`/api/geofences`, to read: what every worker knows of them, answered from this worker's own copy."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response, Stream

from fleet_app.domain.access.rights import Right
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.geojson import FeatureCollection, feature_of
from fleet_app.domain.geofences.index import Geofences
from fleet_app.global_views import GEOFENCES
from fleet_app.http.access import needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor, encode_entries, merge
from fleet_app.web.reader import Injected, decode_segment
from fleet_app.web.whole_views import InjectedViews, whole

GEOJSON: Final = "application/geo+json"
_PART_BYTES: Final = 64 * 1024
Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Entries on the page, at most.")]
AskedTag = Annotated[str | None, QueryParameter(description="Only those with this tag.")]
AskedTenant = Annotated[str | None, QueryParameter(description="Only those of this tenant.")]


class Form(StrEnum):
    """In which form geofences are listed."""

    JSON = "json"
    GEOJSON = "geojson"


AskedForm = Annotated[
    Form, QueryParameter(name="format", description="`geojson` answers with all at once, as a FeatureCollection.")
]


class _Filter(msgspec.Struct, frozen=True):
    """Which geofences are asked for; None asks for any."""

    tag: str | None
    tenant: str | None

    def passes(self, geofence: Geofence) -> bool:
        """Return whether a geofence is one of them."""
        has_tag = self.tag is None or self.tag in geofence.tags
        return has_tag and self.tenant in (None, geofence.tenant)


@get(
    "/api/geofences",
    opt=needs(Right.SEE),
    tags=["geofences"],
    summary="All geofences, in the order of their ids",
    responses=answers(Page[Geofence] | FeatureCollection, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_geofences(  # noqa: PLR0913 - one per parameter of the query
    *,
    reader: Injected,
    views: InjectedViews,
    cursor: Cursor = None,
    limit: Limit = 100,
    tag: AskedTag = None,
    tenant: AskedTenant = None,
    form: AskedForm = Form.JSON,
) -> Response[Any]:
    """Answer with one page, or with all of them as GeoJSON."""
    after, asked = decode_cursor(cursor), _Filter(tag, tenant)
    geofences = whole(views, GEOFENCES)
    if form is Form.GEOJSON:
        return Stream(collection_in_parts(found for _, found in _after(geofences, after, asked)), media_type=GEOJSON)
    found = list(islice(_after(geofences, after, asked), limit + 1))
    entries = await encode_entries(found, limit=limit, render=_as_it_is)
    part = LocalPage(phase=reader.membership.phase(), partitions=(), entries=entries, more=len(entries) < len(found))
    return Response(merge([part], limit=limit))


def _after(geofences: Geofences, after: bytes | None, asked: _Filter) -> Iterator[tuple[bytes, Geofence]]:
    """Yield those that are asked for, with their stored keys, from a cursor on."""
    for geofence in geofences:
        key = geofence.geofence_id.encode()
        if (after is None or key > after) and asked.passes(geofence):
            yield key, geofence


async def collection_in_parts(geofences: Iterable[Geofence]) -> AsyncIterator[bytes]:
    """Yield the parts of a collection of features. Gives way to other work between them."""
    part = b'{"type":"FeatureCollection","features":['
    separator = b""
    for geofence in geofences:
        part += separator + msgspec.json.encode(feature_of(geofence))
        separator = b","
        if len(part) > _PART_BYTES:
            yield part
            part = b""
            await asyncio.sleep(0)
    yield part + b"]}"


def _as_it_is(_key: bytes, geofence: Geofence) -> Geofence:
    return geofence


@get(
    "/api/geofences/{geofence_id:str}",
    opt=needs(Right.SEE),
    tags=["geofences"],
    summary="One geofence, with its revision as `ETag`",
    responses=answers(Geofence, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_geofence(views: InjectedViews, geofence_id: FromPath[str]) -> Response[Geofence]:
    """Answer from this worker's copy."""
    key = decode_segment(geofence_id)
    geofence = whole(views, GEOFENCES).get(key)
    if geofence is None:
        raise not_found(Code.UNKNOWN_GEOFENCE, f"there is no geofence {shown(key)}")
    return Response(geofence, headers={"ETag": f'"{geofence.revision}"'})


HANDLERS: Final = (list_geofences, get_geofence)
