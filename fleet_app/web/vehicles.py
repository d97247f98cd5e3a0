"""`/api/vehicles`: where every vehicle is, what it is doing, and what became of its positions."""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.course import Course
from fleet_app.domain.edges import Size
from fleet_app.domain.fix import Fix
from fleet_app.domain.legs import LegKind
from fleet_app.domain.motion.driving import OBSERVABLE_MS
from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.panes import open_by_size
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.rules import Rules
from fleet_app.domain.states import State
from fleet_app.domain.totals import since as since_then
from fleet_app.domain.vehicle import OpenTrack, Vehicle, shown_fix
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.http.access import needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.records.leg import leg_id
from fleet_app.records.vehicle_now import vehicle_now
from fleet_app.stream.reads import LocalViews
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.whole_views import InjectedViews
from tables.open_tracks import OPEN_TRACKS
from tables.vehicles import VEHICLES

Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Entries on the page, at most.")]
InjectedRules = NamedDependency[SkipValidation[Rules]]
"""A handler's `rules` parameter."""


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


def known(reader: Reader, key: str) -> Vehicle:
    """Return what is known of a vehicle whose task runs here.

    Raises:
        ApiError: 404, nothing is.
    """
    vehicle = reader.tables.get(VEHICLES, key)
    if vehicle is None:
        raise not_found(Code.UNKNOWN_VEHICLE, f"no position of a vehicle {shown(key)} has come in")
    return vehicle


def newest_ms(vehicle: Vehicle) -> int | None:
    """Return the event time of a vehicle's newest fix that was judged and accepted; None before the first."""
    return None if vehicle.course is None else vehicle.course.last.time_ms


def age_s(time_ms: int | None, now_ms: int) -> float | None:
    """Return the seconds since an instant, if there is one."""
    return None if time_ms is None else (now_ms - time_ms) / 1000


def _view(now_ms: int, fleet: Fleet, vehicle: Vehicle, last: Fix | None, waiting: int | None) -> VehicleView:
    """Return what is shown of a vehicle as of `now_ms`."""
    profile = fleet.get(vehicle.vehicle_id)
    course, received_ms = vehicle.course, vehicle.received_ms or None
    told = None if last is None else vehicle_now(vehicle, last)
    return VehicleView(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant if profile is None else profile.tenant,
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


def _listed_view(now_ms: int, fleet: Fleet, _stored_key: bytes, vehicle: Vehicle) -> VehicleView:
    return _view(now_ms, fleet, vehicle, None if vehicle.course is None else vehicle.course.last, None)


def _whole_view(reader: Reader, views: LocalViews, rules: Rules, key: str) -> VehicleView:
    vehicle = known(reader, key)
    track = reader.tables.get(OPEN_TRACKS, key) or OpenTrack()
    return _view(
        reader.now_ms(), views.now(VEHICLE_PROFILES), vehicle, shown_fix(vehicle, track, rules), len(track.buffer)
    )


@get(
    "/api/vehicles",
    opt=needs(Right.SEE),
    tags=["vehicles"],
    summary="All vehicles, from all workers, in the order of their ids",
    responses=answers(Page[VehicleView], HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_vehicles(
    reader: Injected, views: InjectedViews, cursor: Cursor = None, limit: Limit = 100
) -> Response[Page[msgspec.Raw]]:
    """Answer with one page; 503 if any partition cannot be read, rather than with a part of the fleet."""
    page = await reader.scan_everywhere(
        VEHICLES,
        ("internal", "vehicles"),
        after=decode_cursor(cursor),
        limit=limit,
        render=partial(_listed_view, reader.now_ms(), views.now(VEHICLE_PROFILES)),
    )
    return Response(page)


@get(
    "/internal/vehicles",
    opt=needs(Right.ANSWER_WORKERS),
    tags=["between workers"],
    summary="This worker's part of a page of vehicles",
)
async def list_own_vehicles(
    reader: Injected, views: InjectedViews, limit: Limit, after: Annotated[str | None, QueryParameter()] = None
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    page = await reader.scan_here(
        VEHICLES,
        after=decode_cursor(after),
        limit=limit,
        render=partial(_listed_view, reader.now_ms(), views.now(VEHICLE_PROFILES)),
    )
    return Response(page)


@get(
    "/api/vehicles/{vehicle_id:str}",
    opt=needs(Right.SEE),
    tags=["vehicles"],
    summary="One vehicle: where it is, what it is doing, how old that is, and what became of its positions",
    responses=answers(VehicleView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_vehicle(
    reader: Injected, views: InjectedViews, rules: InjectedRules, vehicle_id: FromPath[str], request: HttpRequest
) -> Response[VehicleView]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    answer = partial(_whole_view, reader, views, rules, key)
    return await reader.at_owner(request, key, ("api", "vehicles", key), answer)


HANDLERS: Final = (list_vehicles, list_own_vehicles, get_vehicle)
