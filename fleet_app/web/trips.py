"""`/api/vehicles/{id}/trips`, `/api/trips/{id}`: a vehicle's trips and stops, those that are over and the open one."""

import re
from collections.abc import Iterator
from datetime import tzinfo
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.legs import LegKind
from fleet_app.domain.rules import Rules
from fleet_app.domain.track import RETENTION_MS
from fleet_app.domain.vehicle import Vehicle
from fleet_app.http.access import needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import ApiError, Code, not_found, shown
from fleet_app.web.csv_text import AskedFormat, Cell, Format, csv_response, iso_time
from fleet_app.web.legs import MOST_DAYS, TripView, leg_view, open_leg, open_leg_view, overlaps, told_between
from fleet_app.web.paging import encode_each
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.spans import DAY_MS, AskedSpan, Span, check_length, read_span
from fleet_app.web.tracks import MOST_POINTS, TrackPoint, accepted_between, points_of, thinned
from fleet_app.web.vehicles import InjectedRules, age_s, known, newest_ms
from tables.trips import TRIPS
from tables.vehicles import VEHICLES

DEFAULT_DAYS: Final = 7
T = TypeVar("T")
_ID: Final = re.compile(r"(.+)@([0-9]{1,15})", re.ASCII | re.DOTALL)
_COLUMNS: Final = (
    "id",
    "kind",
    "vehicle_id",
    "tenant",
    "start_time",
    "start_ms",
    "end_time",
    "end_ms",
    "start_lat_deg",
    "start_lon_deg",
    "end_lat_deg",
    "end_lon_deg",
    "duration_s",
    "distance_m",
    "moving_s",
    "idle_s",
    "idle_probable_s",
    "stop_s",
    "mean_speed_mps",
    "max_speed_mps",
    "harsh_events",
    "harsh_observable",
    "overspeed_s",
    "fixes",
    "ending",
    "revision",
)


class Wanted(StrEnum):
    """Which legs are asked for."""

    TRIP = "trip"
    STOP = "stop"
    ALL = "all"


_KINDS: Final = {
    Wanted.TRIP: frozenset({LegKind.TRIP}),
    Wanted.STOP: frozenset({LegKind.STOP}),
    Wanted.ALL: frozenset(LegKind),
}


class TripsView(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A vehicle's trips or stops that overlap [from_ms, to_ms), oldest first; the one that goes on comes last.

    Attributes:
        vehicle_id: The vehicle.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        newest_ms: Event time of the newest accepted fix: what is later is not known yet.
        age_s: Seconds since that fix was taken, by the device's clock.
        items: The trips and stops.
    """

    vehicle_id: str
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[T]


class TripWithTrackView(TripView, frozen=True, kw_only=True):
    """A trip or stop and its track.

    Attributes:
        track_fixes: How many of its fixes are kept; tracks are, for 24 h.
        track: So many of them as are answered, spread evenly, oldest first; null if none is kept.
    """

    track_fixes: int
    track: list[TrackPoint] | None


class _Trips(NamedTuple):
    """What is answered to a request for trips, whichever form it takes; each trip is made when its turn comes."""

    vehicle: Vehicle
    span: Span
    items: Iterator[TripView]


@get(
    "/api/vehicles/{vehicle_id:str}/trips",
    opt=needs(Right.SEE),
    tags=["vehicles"],
    summary="A vehicle's trips and stops, those that are over and the one that goes on",
    responses=answers(TripsView[TripView], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_trips(  # noqa: PLR0913 - one per parameter of the query
    *,
    reader: Injected,
    rules: InjectedRules,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    since: Annotated[
        str | None, QueryParameter(name="from", description="ISO 8601 or ms since 1970; default: 7 days before `to`.")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: the newest fix.")
    ] = None,
    kind: Annotated[Wanted, QueryParameter(description="`trip`, `stop`, or `all` of both.")] = Wanted.TRIP,
    form: AskedFormat = Format.JSON,
) -> Response[TripsView[msgspec.Raw]]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    asked = read_span(since, until)

    async def answer() -> Response[Any]:
        return await _ANSWERS[form](reader, await _trips(reader, key, asked, kind), rules)

    return await reader.at_owner_in_steps(request, key, ("api", "vehicles", key, "trips"), answer)


async def _as_json(reader: Reader, trips: _Trips, _rules: Rules) -> Response[Any]:
    newest = newest_ms(trips.vehicle)
    return Response(
        TripsView(
            vehicle_id=trips.vehicle.vehicle_id,
            from_ms=trips.span.from_ms,
            to_ms=trips.span.to_ms,
            newest_ms=newest,
            age_s=age_s(newest, reader.now_ms()),
            items=await encode_each(trips.items),
        )
    )


async def _as_csv(_reader: Reader, trips: _Trips, rules: Rules) -> Response[Any]:
    return await csv_response(_COLUMNS, (_cells(trip, rules.zone) for trip in trips.items))


_ANSWERS: Final = {Format.JSON: _as_json, Format.CSV: _as_csv}


def _cells(trip: TripView, zone: tzinfo) -> list[Cell]:
    told = msgspec.structs.asdict(trip) | {
        "start_time": iso_time(trip.start_ms, zone),
        "end_time": iso_time(trip.end_ms, zone),
        "start_lat_deg": trip.start_lat,
        "start_lon_deg": trip.start_lon,
        "end_lat_deg": trip.end_lat,
        "end_lon_deg": trip.end_lon,
    }
    return [told[column] for column in _COLUMNS]


async def _trips(reader: Reader, key: str, asked: AskedSpan, wanted: Wanted) -> _Trips:
    vehicle = known(reader, key)
    newest = newest_ms(vehicle)
    until_ms = reader.now_ms() if newest is None else newest + 1
    span = asked.settle(until_ms=until_ms, length_ms=DEFAULT_DAYS * DAY_MS)
    check_length(span, longest_ms=MOST_DAYS * DAY_MS, because="trips are kept no longer")
    goes_on, told = open_leg(reader, vehicle), await told_between(reader, key, span)
    kinds = _KINDS[wanted]
    over = (
        leg_view(vehicle, kept)
        for kept in told
        if kept.leg.kind in kinds and (goes_on is None or kept.leg.number != goes_on.number)
    )
    is_shown = goes_on is not None and goes_on.kind in kinds and overlaps(goes_on, span)
    return _Trips(vehicle, span, chain(over, [open_leg_view(vehicle, goes_on)] if goes_on and is_shown else []))


@get(
    "/api/trips/{trip_id:str}",
    opt=needs(Right.SEE),
    tags=["vehicles"],
    summary="One trip or stop, with its timed track for replay",
    responses=answers(TripWithTrackView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_trip(reader: Injected, trip_id: FromPath[str], request: HttpRequest) -> Response[TripWithTrackView]:
    """Answer from the owner of the partition of the trip's vehicle."""
    asked = decode_segment(trip_id)
    match = _ID.fullmatch(asked)
    if match is None:
        raise not_found(
            Code.UNKNOWN_TRIP,
            f"{shown(asked)} is no id of a trip or stop: it is <vehicle_id>@<number>, as "
            "/api/vehicles/{vehicle_id}/trips gives it",
        )
    key = match[1]
    answer = partial(_trip, reader, key, int(match[2]))
    return await reader.at_owner_in_steps(request, key, ("api", "trips", asked), answer)


async def _trip(reader: Reader, key: str, number: int) -> Response[Any]:
    vehicle = reader.tables.get(VEHICLES, key)
    if vehicle is None:
        raise _unknown(key, number, "no position of this vehicle has come in")
    goes_on = open_leg(reader, vehicle)
    kept = reader.tables.get(TRIPS, (key, number))
    if goes_on is not None and goes_on.number == number:
        view = open_leg_view(vehicle, goes_on)
    elif kept is not None:
        view = leg_view(vehicle, kept)
    else:
        raise _unknown(key, number, "it never was, late fixes have made it part of another, or it is over 30 days old")
    return Response(await _with_track(reader, vehicle, view))


def _unknown(key: str, number: int, because: str) -> ApiError:
    return not_found(Code.UNKNOWN_TRIP, f"no trip or stop {number} of a vehicle {shown(key)} is known: {because}")


async def _with_track(reader: Reader, vehicle: Vehicle, view: TripView) -> TripWithTrackView:
    kept_from_ms = (newest_ms(vehicle) or 0) - RETENTION_MS
    span = Span(max(view.start_ms, kept_from_ms), view.end_ms + 1)
    fixes = await accepted_between(reader, vehicle, span)
    track = points_of(thinned(fixes, MOST_POINTS)) if fixes else None
    return TripWithTrackView(**msgspec.structs.asdict(view), track_fixes=len(fixes), track=track)


HANDLERS: Final = (get_trips, get_trip)
