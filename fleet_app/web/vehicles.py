"""`/api/vehicles`: where every vehicle is, what it is doing, and what became of its positions."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.course import Course
from fleet_app.domain.edges import Size
from fleet_app.domain.fix import Fix
from fleet_app.domain.legs import LegKind
from fleet_app.domain.motion.driving import OBSERVABLE_MS
from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.panes import open_by_size
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.domain.totals import since as since_then
from fleet_app.domain.vehicle import OpenTrack, Vehicle, shown_fix
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.http.access import caller_of, needs
from fleet_app.http.answers import Documented, answers, json_answer, tagged, tagged_answers
from fleet_app.records.leg import leg_id
from fleet_app.records.vehicle_now import vehicle_now
from fleet_app.web.fields import AskedFields, Fields, fields_of, read_fields
from fleet_app.web.paging import Cursor, Limit, LocalPage, Page, decode_cursor
from fleet_app.web.reader import HttpRequest, Injected, decode_segment
from fleet_app.web.sight import Sight, of_its_tenant
from fleet_app.web.vehicle_filter import ASKED_VEHICLES, InjectedFilter, VehicleFilter
from tables.open_tracks import OPEN_TRACKS
from tables.vehicles import VEHICLES


class FixView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fix. What the device did not report is left out."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    fuel_l: float | None = None
    device_id: str | None = None
    attributes: dict[str, str | float | bool | None] | None = None


class OpenLegView(msgspec.Struct, frozen=True, kw_only=True):
    """The trip or stop that goes on.

    Attributes:
        id: What it is known by, at `/api/trips/{id}` too.
        kind: `trip` or `stop`.
        start_ms: Since when, event time.
        distance_m: Metres driven in it so far.
    """

    id: str
    kind: LegKind
    start_ms: int
    distance_m: float


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """What a vehicle has done so far on the day of its newest fix, by `FLEET_TIMEZONE`.

    Attributes:
        start_ms: When that day began, ms since 1970.
        distance_m: Metres driven.
        moving_s: Seconds on the move; the four seconds add up to what its fixes cover.
        idle_s: Seconds standing with the ignition on.
        idle_probable_s: Seconds in short halts of a vehicle that does not tell its ignition.
        stop_s: Seconds standing otherwise.
    """

    start_ms: int
    distance_m: float
    moving_s: float
    idle_s: float
    idle_probable_s: float
    stop_s: float


class ProfileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What people look for of a vehicle's profile; null is what it does not say.

    Attributes:
        name: What people call it.
        plate: Its number plate.
        driver: Who drives it.
        group: The part of the fleet that it belongs to.
        tags: What it is filtered by.
        vehicle_class: What it is; null for what `FLEET_VEHICLE_CLASS` says.
    """

    name: str | None
    plate: str | None
    driver: str | None
    group: str | None
    tags: tuple[str, ...]
    vehicle_class: VehicleClass | None


class VehicleView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a vehicle is, what it is doing, and how old that is. Null is what is not known yet.

    Attributes:
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        profile: What it is; null for a vehicle without a profile.
        last: The fix that it is shown at; in a list, the newest that was judged in order.
        is_provisional: Whether that fix may still be refused: it waits for those that may come before it.
        state: What the vehicle is doing, as of its last fix that was judged.
        speed_mps: How fast it is; at a provisional fix, what the device says.
        speed_source: How that is known.
        age_s: Seconds since the shown fix was taken, by the device's clock.
        received_ms: When the last position came in that was not refused on arrival, ms since 1970.
        received_age_s: Seconds since then.
        odometer_m: Metres driven since the first fix.
        interval_s: The vehicle's own reporting interval, a moving mean.
        harsh_observable: Whether it reports often enough, with speeds of the device, to show harsh manoeuvres.
        leg: The trip or stop that goes on.
        geofence_ids: The geofences that it is in.
        day: What it has done so far on the day of its newest fix.
        accepted: Positions accepted.
        refused: Positions refused, by reason.
        waiting: Positions in the reorder buffer; null in a list.
        late: Positions that came later than the reorder buffer waits, and are about to be worked in.
    """

    vehicle_id: str
    tenant: str
    profile: ProfileFacts | None
    last: FixView | None
    is_provisional: bool
    state: State | None
    speed_mps: float | None
    speed_source: SpeedSource
    age_s: float | None
    received_ms: int | None
    received_age_s: float | None
    odometer_m: float
    interval_s: float | None
    harsh_observable: bool
    leg: OpenLegView | None
    geofence_ids: tuple[str, ...]
    day: DayView | None
    accepted: int
    refused: dict[str, int]
    waiting: int | None
    late: int


def newest_ms(vehicle: Vehicle) -> int | None:
    """Return the event time of a vehicle's newest fix that was judged and accepted; None before the first."""
    return None if vehicle.course is None else vehicle.course.last.time_ms


def age_s(time_ms: int | None, now_ms: int) -> float | None:
    """Return the seconds since an instant, if there is one."""
    return None if time_ms is None else (now_ms - time_ms) / 1000


def _view(
    now_ms: int, profile: VehicleProfile | None, vehicle: Vehicle, last: Fix | None, waiting: int | None
) -> VehicleView:
    """Return what is shown of a vehicle as of `now_ms`."""
    course, received_ms = vehicle.course, vehicle.received_ms or None
    told = None if last is None else vehicle_now(vehicle, last)
    return VehicleView(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        profile=None if profile is None else msgspec.convert(profile, ProfileFacts, from_attributes=True),
        last=None if last is None else msgspec.convert(last, FixView, from_attributes=True),
        is_provisional=told is not None and told.is_provisional,
        state=None if told is None else told.state,
        speed_mps=None if told is None else told.speed_mps,
        speed_source=SpeedSource.NONE if told is None else told.speed_source,
        age_s=age_s(None if last is None else last.time_ms, now_ms),
        received_ms=received_ms,
        received_age_s=age_s(received_ms, now_ms),
        odometer_m=0.0 if course is None else course.totals.distance_m,
        interval_s=None if course is None else course.interval_ms / 1000,
        harsh_observable=course is not None and _is_harsh_observable(course),
        leg=None if course is None else _open_leg(vehicle.vehicle_id, course),
        geofence_ids=() if course is None else course.presence.geofence_ids,
        day=None if course is None else _day(course),
        accepted=vehicle.accepted,
        refused=vehicle.refused,
        waiting=waiting,
        late=vehicle.late,
    )


def _is_harsh_observable(course: Course) -> bool:
    return course.interval_ms <= OBSERVABLE_MS and course.speed_source is SpeedSource.DEVICE


def _open_leg(vehicle_id: str, course: Course) -> OpenLegView | None:
    leg = course.leg
    if leg is None:
        return None
    return OpenLegView(
        id=leg_id(vehicle_id, leg.number),
        kind=leg.kind,
        start_ms=leg.start_ms,
        distance_m=since_then(course.totals, leg.at_start).distance_m,
    )


def _day(course: Course) -> DayView:
    pane = dict(open_by_size(course.panes, course.totals))[Size.DAY]
    return DayView(
        start_ms=pane.start_ms,
        distance_m=pane.sums.distance_m,
        moving_s=pane.sums.moving_s,
        idle_s=pane.sums.idle_s,
        idle_probable_s=pane.sums.idle_probable_s,
        stop_s=pane.sums.stop_s,
    )


class _Listing(msgspec.Struct, frozen=True):
    """A list as one caller asks for it."""

    now_ms: int
    fleet: Fleet
    caller: Caller
    wanted: VehicleFilter
    fields: Fields

    def entry(self, _stored_key: bytes, stored: Vehicle) -> bytes | None:
        """Return what is listed of a vehicle; None if it is not asked for, or not the caller's to see."""
        profile = self.fleet.get(stored.vehicle_id)
        vehicle = of_its_tenant(stored, profile)
        if not self.caller.sees(vehicle.tenant) or not self.wanted.passes(vehicle, profile):
            return None
        last = None if vehicle.course is None else vehicle.course.last
        return self.fields.encode(_view(self.now_ms, profile, vehicle, last, None))


def _listing(sight: Sight, wanted: VehicleFilter, fields: Sequence[str] | None) -> _Listing:
    return _Listing(sight.reader.now_ms(), sight.fleet(), sight.caller, wanted, read_fields(fields, VehicleView))


def _whole_view(sight: Sight, fields: Fields, key: str) -> Response[bytes]:
    vehicle = sight.known(key)
    track = sight.reader.tables.get(OPEN_TRACKS, key) or OpenTrack()
    last, profile = shown_fix(vehicle, track, sight.reader.rules), sight.fleet().get(key)
    return json_answer(fields.encode(_view(sight.reader.now_ms(), profile, vehicle, last, len(track.buffer))))


@get(
    "/api/vehicles",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="All vehicles, from all workers, in the order of their ids, or those that are asked for",
    dependencies=ASKED_VEHICLES,
    responses=tagged_answers(Page[VehicleView], HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_vehicles(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    reader: Injected,
    request: HttpRequest,
    wanted: InjectedFilter,
    cursor: Cursor = None,
    limit: Limit = 100,
    fields: Annotated[AskedFields, fields_of(VehicleView)] = None,
) -> Response[bytes]:
    """Answer with one page; 503 if any partition cannot be read, rather than with a part of the fleet."""
    listing = _listing(Sight(reader, caller_of(request)), wanted, fields)
    page = await reader.scan_everywhere(
        VEHICLES,
        ("internal", "vehicles"),
        request=request,
        after=decode_cursor(cursor),
        limit=limit,
        render=listing.entry,
    )
    return tagged(request, json_answer(msgspec.json.encode(page)))


@get(
    "/internal/vehicles",
    opt=needs(Right.ANSWER_WORKERS),
    operation_class=Documented,
    tags=["between workers"],
    summary="This worker's part of a page of vehicles",
    dependencies=ASKED_VEHICLES,
    responses=answers(LocalPage, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_own_vehicles(  # noqa: PLR0913 - as the public list
    *,
    reader: Injected,
    request: HttpRequest,
    wanted: InjectedFilter,
    limit: Limit = 100,
    after: Cursor = None,
    fields: Annotated[AskedFields, fields_of(VehicleView)] = None,
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    listing = _listing(Sight(reader, caller_of(request)), wanted, fields)
    page = await reader.scan_here(VEHICLES, after=decode_cursor(after), limit=limit, render=listing.entry)
    return Response(page)


@get(
    "/api/vehicles/{vehicle_id:str}",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="One vehicle: where it is, what it is doing, how old that is, and what became of its positions",
    responses=tagged_answers(VehicleView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_vehicle(
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    fields: Annotated[AskedFields, fields_of(VehicleView)] = None,
) -> Response[bytes]:
    """Answer from the owner of the vehicle's partition."""
    key, asked = decode_segment(vehicle_id), read_fields(fields, VehicleView)
    answer = partial(_whole_view, Sight(reader, caller_of(request)), asked, key)
    return tagged(request, await reader.at_owner(request, key, ("api", "vehicles", key), answer))


HANDLERS: Final = (list_vehicles, list_own_vehicles, get_vehicle)
