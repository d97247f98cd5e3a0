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

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.geojson import FeatureCollection, feature_of
from fleet_app.domain.geofences.index import Geofences
from fleet_app.global_views import GEOFENCES
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import Documented, DocumentedGeoJson, json_answer, revision_answer, tagged, tagged_answers
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.web.fields import AskedFields, fields_of, read_fields
from fleet_app.web.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, encode_each
from fleet_app.web.reader import HttpRequest, decode_segment
from fleet_app.web.vehicle_filter import AskedTag, AskedTenant
from fleet_app.web.whole_views import InjectedViews, whole

GEOJSON: Final = "application/geo+json"
_PART_BYTES: Final = 64 * 1024


class Form(StrEnum):
    """In which form geofences are listed."""

    JSON = "json"
    GEOJSON = "geojson"


AskedForm = Annotated[
    Form, QueryParameter(name="format", description="`geojson` answers with all at once, as a FeatureCollection.")
]


class _Filter(msgspec.Struct, frozen=True):
    """Which geofences are asked for, and by whom; None asks for any."""

    caller: Caller
    tag: str | None
    tenant: str | None

    def passes(self, geofence: Geofence) -> bool:
        """Return whether a geofence is one of them."""
        has_tag = self.tag is None or self.tag in geofence.tags
        return has_tag and self.tenant in (None, geofence.tenant) and self.caller.sees(geofence.tenant)


@get(
    "/api/geofences",
    opt=needs(Right.SEE),
    operation_class=DocumentedGeoJson,
    tags=["geofences"],
    summary="All geofences, in the order of their ids, or those that are asked for",
    responses=tagged_answers(Page[Geofence] | FeatureCollection, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_geofences(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    views: InjectedViews,
    caller: InjectedCaller,
    request: HttpRequest,
    cursor: Cursor = None,
    limit: Limit = 100,
    tag: AskedTag = None,
    tenant: AskedTenant = None,
    fields: Annotated[AskedFields, fields_of(Geofence)] = None,
    form: AskedForm = Form.JSON,
) -> Response[Any]:
    """Answer with one page, or with all of them as GeoJSON."""
    start, asked, wanted = decode_cursor(cursor), read_fields(fields, Geofence), _Filter(caller, tag, tenant)
    geofences = whole(views, GEOFENCES)
    if form is Form.GEOJSON:
        return Stream(collection_in_parts(found for _, found in _after(geofences, start, wanted)), media_type=GEOJSON)
    found = list(islice(_after(geofences, start, wanted), limit + 1))
    page = Page(
        items=await encode_each((geofence for _, geofence in found[:limit]), asked.encode),
        next=encode_cursor(found[limit - 1][0]) if len(found) > limit else None,
    )
    return tagged(request, json_answer(msgspec.json.encode(page)))


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


@get(
    "/api/geofences/{geofence_id:str}",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["geofences"],
    summary="One geofence, with its revision as `ETag`",
    responses=tagged_answers(Geofence, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_geofence(
    *,
    views: InjectedViews,
    caller: InjectedCaller,
    geofence_id: FromPath[str],
    request: HttpRequest,
    fields: Annotated[AskedFields, fields_of(Geofence)] = None,
) -> Response[bytes]:
    """Answer from this worker's copy."""
    key, asked = decode_segment(geofence_id), read_fields(fields, Geofence)
    geofence = whole(views, GEOFENCES).get(key)
    if geofence is None or not caller.sees(geofence.tenant):
        raise not_found(Code.UNKNOWN_GEOFENCE, f"there is no geofence {shown(key)}")
    return tagged(request, revision_answer(asked.encode(geofence), geofence.revision))


HANDLERS: Final = (list_geofences, get_geofence)
