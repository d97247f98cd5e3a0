"""`/api/vehicle-profiles`: what is known of vehicles beside their fixes. Every worker answers from what it has read."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import Documented, json_answer, revision_answer, tagged, tagged_answers
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.web.fields import ALL, AskedFields, Fields, fields_of, read_fields
from fleet_app.web.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, encode_each
from fleet_app.web.reader import HttpRequest, decode_segment
from fleet_app.web.vehicle_filter import AskedGroup, AskedTag, AskedTenant
from fleet_app.web.whole_views import InjectedViews, whole

OfClass = Annotated[
    VehicleClass | None, QueryParameter(name="class", description="Only vehicles whose profile names this class.")
]
_PROFILES_BETWEEN_PAUSES: Final = 2_000
"""Looking at a profile takes less than 1 µs."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What profiles a list is of, and who asks; None for whatever."""

    caller: Caller
    group: str | None = None
    tag: str | None = None
    tenant: str | None = None
    vehicle_class: VehicleClass | None = None

    def fits(self, profile: VehicleProfile) -> bool:
        """Return whether a profile is one of these."""
        return (
            self.group in (None, profile.group)
            and (self.tag is None or self.tag in profile.tags)
            and self.tenant in (None, profile.tenant)
            and self.vehicle_class in (None, profile.vehicle_class)
            and self.caller.sees(profile.tenant)
        )


async def page_of(fleet: Fleet, wanted: Wanted, *, after: str, limit: int, fields: Fields = ALL) -> Page[msgspec.Raw]:
    """Return the first profiles behind a vehicle id that are wanted. Gives way to other work while it looks."""
    found: list[VehicleProfile] = []
    async for profile in _walk(fleet, after):
        if wanted.fits(profile):
            found.append(profile)
        if len(found) > limit:
            break
    following = encode_cursor(found[limit - 1].vehicle_id.encode()) if len(found) > limit else None
    return Page(items=await encode_each(found[:limit], fields.encode), next=following)


async def _walk(fleet: Fleet, after: str) -> AsyncIterator[VehicleProfile]:
    for number, profile in enumerate(fleet.after(after), 1):
        yield profile
        if number % _PROFILES_BETWEEN_PAUSES == 0:
            await asyncio.sleep(0)


@get(
    "/api/vehicle-profiles",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="All profiles, in the order of their vehicles' ids, or those of a group, tag, tenant or class",
    responses=tagged_answers(Page[VehicleProfile], HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_profiles(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    views: InjectedViews,
    caller: InjectedCaller,
    request: HttpRequest,
    cursor: Cursor = None,
    limit: Limit = 100,
    group: AskedGroup = None,
    tag: AskedTag = None,
    tenant: AskedTenant = None,
    of_class: OfClass = None,
    fields: Annotated[AskedFields, fields_of(VehicleProfile)] = None,
) -> Response[bytes]:
    """Answer with one page. A profile that changes between two pages is on at most one of them."""
    after, asked = (decode_cursor(cursor) or b"").decode(errors="replace"), read_fields(fields, VehicleProfile)
    fleet = whole(views, VEHICLE_PROFILES)
    wanted = Wanted(caller=caller, group=group, tag=tag, tenant=tenant, vehicle_class=of_class)
    page = await page_of(fleet, wanted, after=after, limit=limit, fields=asked)
    return tagged(request, json_answer(msgspec.json.encode(page)))


@get(
    "/api/vehicle-profiles/{vehicle_id:str}",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="One profile, with its revision as `ETag`",
    responses=tagged_answers(VehicleProfile, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_profile(
    *,
    views: InjectedViews,
    caller: InjectedCaller,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    fields: Annotated[AskedFields, fields_of(VehicleProfile)] = None,
) -> Response[bytes]:
    """Answer with the profile; `ETag` is its revision, for `If-Match` of a change."""
    key, asked = decode_segment(vehicle_id), read_fields(fields, VehicleProfile)
    profile = whole(views, VEHICLE_PROFILES).get(key)
    if profile is None or not caller.sees(profile.tenant):
        raise not_found(Code.UNKNOWN_PROFILE, f"no profile of a vehicle {shown(key)} is known")
    return tagged(request, revision_answer(asked.encode(profile), profile.revision))


HANDLERS: Final = (list_profiles, get_profile)
