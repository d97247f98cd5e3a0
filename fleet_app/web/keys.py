"""`/api/keys`, to read: the API keys that a caller keeps, without what it takes to recognise them."""

from http import HTTPStatus
from itertools import islice
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.rights import Right
from fleet_app.domain.access.shown_key import ShownKey, shown_key
from fleet_app.global_views import API_KEYS
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.web.paging import Cursor, Page, decode_cursor, encode_cursor, encode_each
from fleet_app.web.reader import decode_segment
from fleet_app.web.whole_views import InjectedViews, whole

Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Entries on the page, at most.")]
AskedTenant = Annotated[str | None, QueryParameter(description="Only those of this tenant.")]


@get(
    "/api/keys",
    opt=needs(Right.ADMINISTER),
    tags=["access"],
    summary="All API keys, in the order of their ids, without their secrets",
    responses=answers(Page[ShownKey], HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_keys(
    views: InjectedViews,
    caller: InjectedCaller,
    cursor: Cursor = None,
    limit: Limit = 100,
    tenant: AskedTenant = None,
) -> Response[Page[msgspec.Raw]]:
    """Answer with one page, from this worker's copy."""
    after = (decode_cursor(cursor) or b"").decode(errors="replace")

    def is_asked_for(key: ApiKey) -> bool:
        return key.key_id > after and caller.sees(key.tenant) and tenant in (None, key.tenant)

    keyring = whole(views, API_KEYS)
    found = list(islice(filter(is_asked_for, keyring), limit + 1))
    following = encode_cursor(found[limit - 1].key_id.encode()) if len(found) > limit else None
    return Response(Page(items=await encode_each(map(shown_key, found[:limit])), next=following))


@get(
    "/api/keys/{key_id:str}",
    opt=needs(Right.ADMINISTER),
    tags=["access"],
    summary="One API key without its secrets; its revision is the `ETag`",
    responses=answers(ShownKey, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_key(views: InjectedViews, caller: InjectedCaller, key_id: FromPath[str]) -> Response[ShownKey]:
    """Answer from this worker's copy."""
    asked = decode_segment(key_id)
    key = whole(views, API_KEYS).get(asked)
    if key is None or not caller.sees(key.tenant):
        raise not_found(Code.UNKNOWN_API_KEY, f"there is no API key {shown(asked)}")
    return Response(shown_key(key), headers={"ETag": f'"{key.revision}"'})


HANDLERS: Final = (list_keys, get_key)
