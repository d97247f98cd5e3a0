"""`/api/vehicles/{id}/trips`, `/api/trips/{id}`: a vehicle's trips and stops, those that are over and the open one."""

import re
from collections.abc import Iterator
from datetime import tzinfo
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from itertools import chain, islice
from typing import Annotated, Final, Generic, NamedTuple, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.legs import Leg, LegKind
from fleet_app.domain.track import RETENTION_MS
from fleet_app.domain.vehicle import Vehicle
from fleet_app.http.access import caller_of, needs
from fleet_app.http.answers import Documented, json_answer, tagged, tagged_answers
from fleet_app.http.problems import ApiError, Code, not_found, shown
from fleet_app.web.api_page.document import ALSO
from fleet_app.web.csv_text import MEDIA_TYPE, AskedFormat, Cell, Format, csv_response, iso_time
from fleet_app.web.fields import AskedFields, Fields, fields_of, read_fields
from fleet_app.web.legs import MOST_DAYS, TripView, leg_view, open_leg, open_leg_view, overlaps, told_between
from fleet_app.web.paging import Cursor, decode_number, encode_each, encode_number
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.sight import Sight
from fleet_app.web.spans import DAY_MS, AskedSpan, Span, check_length, read_span
from fleet_app.web.tracks import MOST_POINTS, TrackPoint, accepted_between, points_of, thinned
from fleet_app.web.vehicles import age_s, newest_ms
from tables.trips import TRIPS

DEFAULT_DAYS: Final = 7
MOST_TRIPS: Final = 1_000
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
        items: The trips and stops, or those after the cursor, `limit` at most.
        next: The cursor of the page that follows; null on the last one.
    """

    vehicle_id: str
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[T]
    next: str | None


class TripWithTrackView(TripView, frozen=True, kw_only=True):
    """A trip or stop and its track.

    Attributes:
        track_fixes: How many of its fixes are kept; tracks are, for 24 h.
        track: So many of them as are answered, spread evenly, oldest first; null if none is kept.
    """

    track_fixes: int
    track: list[TrackPoint] | None


class _Asked(NamedTuple):
    """Which legs are asked for; no `limit` is as many as the form takes."""

    span: AskedSpan
    kind: Wanted
    after_ms: int | None
    limit: int | None
    fields: Fields


class _Trips(NamedTuple):
    """What is answered to a request for trips, whichever form it takes; each trip is made when its turn comes."""

    vehicle: Vehicle
    span: Span
    items: Iterator[TripView]


@get(
    "/api/vehicles/{vehicle_id:str}/trips",
    opt={**needs(Right.SEE), ALSO: MEDIA_TYPE},
    operation_class=Documented,
    tags=["vehicles"],
    summary="A vehicle's trips and stops, those that are over and the one that goes on",
    responses=tagged_answers(TripsView[TripView], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_trips(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    since: Annotated[
        str | None, QueryParameter(name="from", description="ISO 8601 or ms since 1970; default: 7 days before `to`.")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: the newest fix.")
    ] = None,
    kind: Annotated[Wanted, QueryParameter(description="`trip`, `stop`, or `all` of both.")] = Wanted.TRIP,
    cursor: Cursor = None,
    limit: Annotated[
        int | None,
        QueryParameter(
            ge=1, le=MOST_TRIPS, description=f"Entries on the page, at most; default: {MOST_TRIPS}, and all as CSV."
        ),
    ] = None,
    fields: Annotated[AskedFields, fields_of(TripView)] = None,
    form: AskedFormat = Format.JSON,
) -> Response[bytes]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    asked = _Asked(
        span=read_span(since, until),
        kind=kind,
        after_ms=decode_number(cursor),
        limit=limit,
        fields=read_fields(fields, TripView),
    )
    answer = partial(_ANSWERS[form], Sight(reader, caller_of(request)), key, asked)
    return tagged(request, await reader.at_owner_in_steps(request, key, ("api", "vehicles", key, "trips"), answer))


async def _as_json(sight: Sight, key: str, asked: _Asked) -> Response[bytes]:
    trips, limit = await _trips(sight, key, asked), asked.limit or MOST_TRIPS
    found = list(islice(trips.items, limit + 1))
    newest = newest_ms(trips.vehicle)
    view = TripsView(
        vehicle_id=trips.vehicle.vehicle_id,
        from_ms=trips.span.from_ms,
        to_ms=trips.span.to_ms,
        newest_ms=newest,
        age_s=age_s(newest, sight.reader.now_ms()),
        items=await encode_each(found[:limit], asked.fields.encode),
        next=encode_number(found[limit - 1].start_ms) if len(found) > limit else None,
    )
    return json_answer(msgspec.json.encode(view))


async def _as_csv(sight: Sight, key: str, asked: _Asked) -> Response[bytes]:
    trips = await _trips(sight, key, asked)
    return await csv_response(
        _COLUMNS, (_cells(trip, sight.reader.rules.zone) for trip in islice(trips.items, asked.limit))
    )


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


async def _trips(sight: Sight, key: str, asked: _Asked) -> _Trips:
    reader, vehicle = sight.reader, sight.known(key)
    newest = newest_ms(vehicle)
    until_ms = reader.now_ms() if newest is None else newest + 1
    span = asked.span.settle(until_ms=until_ms, length_ms=DEFAULT_DAYS * DAY_MS)
    check_length(span, longest_ms=MOST_DAYS * DAY_MS, because="trips are kept no longer")
    goes_on, told = open_leg(reader, vehicle), await told_between(reader, key, span)
    over = (
        leg_view(vehicle, kept)
        for kept in told
        if _is_asked(kept.leg, asked) and (goes_on is None or kept.leg.number != goes_on.number)
    )
    is_shown = goes_on is not None and _is_asked(goes_on, asked) and overlaps(goes_on, span)
    return _Trips(vehicle, span, chain(over, [open_leg_view(vehicle, goes_on)] if goes_on and is_shown else []))


def _is_asked(leg: Leg, asked: _Asked) -> bool:
    """Return whether a leg of the span is one of those asked for. No two of a vehicle start at the same instant."""
    return leg.kind in _KINDS[asked.kind] and (asked.after_ms is None or leg.start_ms > asked.after_ms)


@get(
    "/api/trips/{trip_id:str}",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="One trip or stop, with its timed track for replay",
    responses=tagged_answers(TripWithTrackView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_trip(
    *,
    reader: Injected,
    trip_id: FromPath[str],
    request: HttpRequest,
    fields: Annotated[AskedFields, fields_of(TripWithTrackView)] = None,
) -> Response[bytes]:
    """Answer from the owner of the partition of the trip's vehicle."""
    named, asked = decode_segment(trip_id), read_fields(fields, TripWithTrackView)
    match = _ID.fullmatch(named)
    if match is None:
        raise not_found(
            Code.UNKNOWN_TRIP,
            f"{shown(named)} is no id of a trip or stop: it is <vehicle_id>@<number>, as "
            "/api/vehicles/{vehicle_id}/trips gives it",
        )
    key = match[1]
    answer = partial(_trip, Sight(reader, caller_of(request)), key, int(match[2]), asked)
    return tagged(request, await reader.at_owner_in_steps(request, key, ("api", "trips", named), answer))


async def _trip(sight: Sight, key: str, number: int, asked: Fields) -> Response[bytes]:
    reader, vehicle = sight.reader, sight.find(key)
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
    return json_answer(asked.encode(await _with_track(reader, vehicle, view)))


def _unknown(key: str, number: int, because: str) -> ApiError:
    return not_found(Code.UNKNOWN_TRIP, f"no trip or stop {number} of a vehicle {shown(key)} is known: {because}")


async def _with_track(reader: Reader, vehicle: Vehicle, view: TripView) -> TripWithTrackView:
    kept_from_ms = (newest_ms(vehicle) or 0) - RETENTION_MS
    span = Span(max(view.start_ms, kept_from_ms), view.end_ms + 1)
    fixes = await accepted_between(reader, vehicle, span)
    track = points_of(thinned(fixes, MOST_POINTS)) if fixes else None
    return TripWithTrackView(**msgspec.structs.asdict(view), track_fixes=len(fixes), track=track)


HANDLERS: Final = (get_trips, get_trip)
