"""`/api/vehicles/{id}/track`: where a vehicle was. Other views of the past read tracks through here, too."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.edges import HOUR_MS, MINUTE_MS
from fleet_app.domain.fix import Fix
from fleet_app.domain.track import LONGEST_CHUNK_MS, RETENTION_MS, Entry, entries_in_columns, entries_of
from fleet_app.domain.vehicle import Vehicle
from fleet_app.http.access import caller_of, needs
from fleet_app.http.answers import Documented, json_answer, tagged, tagged_answers
from fleet_app.web.paging import Cursor, decode_number, encode_number
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.sight import Sight
from fleet_app.web.spans import AskedSpan, Span, after, check_length, read_span
from fleet_app.web.vehicles import age_s, newest_ms
from tables.open_tracks import OPEN_TRACKS
from tables.tracks import TRACKS

MOST_POINTS: Final = 5_000
_ROWS_AT_ONCE_MS: Final = 30 * MINUTE_MS
_CHUNKS_AT_ONCE: Final = 16
"""What is read, and what is unpacked, before other work has its turn: 2 to 3 ms each, at one fix a second."""

T = TypeVar("T")


class TrackPoint(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where a vehicle was at an instant. What the device did not report is left out.

    Attributes:
        time_ms: Event time, ms since 1970.
        lat: Latitude, degrees, WGS84.
        lon: Longitude, degrees, WGS84.
        speed_mps: Speed that the device reported.
        heading_deg: Course that it reported, degrees clockwise from north.
    """

    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None = None
    heading_deg: float | None = None


class TrackView(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle's accepted fixes in [from_ms, to_ms), oldest first.

    Attributes:
        vehicle_id: The vehicle.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        newest_ms: Event time of the newest accepted fix; null before the first.
        age_s: Seconds since that fix was taken, by the device's clock.
        items: The first fixes of the span, or those after the cursor, `limit` at most.
        next: The cursor of the page that follows; null on the last one.
    """

    vehicle_id: str
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[TrackPoint]
    next: str | None


@get(
    "/api/vehicles/{vehicle_id:str}/track",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="Where a vehicle was in the last 24 h: its accepted fixes, in order",
    responses=tagged_answers(TrackView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_track(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    since: Annotated[
        str | None, QueryParameter(name="from", description="ISO 8601 or ms since 1970; default: 1 h before `to`.")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: the newest fix.")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_POINTS, description="Fixes, at most.")] = MOST_POINTS,
) -> Response[bytes]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    asked = _Asked(read_span(since, until), decode_number(cursor), limit)
    answer = partial(_track, Sight(reader, caller_of(request)), key, asked)
    return tagged(request, await reader.at_owner_in_steps(request, key, ("api", "vehicles", key, "track"), answer))


class _Asked(NamedTuple):
    """Which fixes are asked for: those of the span that are later than `after_ms`, `limit` at most."""

    span: AskedSpan
    after_ms: int | None
    limit: int


async def _track(sight: Sight, key: str, asked: _Asked) -> Response[bytes]:
    reader, vehicle = sight.reader, sight.known(key)
    now_ms, newest = reader.now_ms(), newest_ms(vehicle)
    span = asked.span.settle(until_ms=now_ms if newest is None else newest + 1, length_ms=HOUR_MS)
    check_length(span, longest_ms=RETENTION_MS, because="tracks are kept no longer")
    fixes = await accepted_between(reader, vehicle, after(span, asked.after_ms), most=asked.limit + 1)
    view = TrackView(
        vehicle_id=vehicle.vehicle_id,
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        newest_ms=newest,
        age_s=age_s(newest, now_ms),
        items=points_of(fixes[: asked.limit]),
        next=encode_number(fixes[asked.limit - 1].time_ms) if len(fixes) > asked.limit else None,
    )
    return json_answer(msgspec.json.encode(view))


async def accepted_between(reader: Reader, vehicle: Vehicle, span: Span, *, most: int = sys.maxsize) -> list[Fix]:
    """Return the first accepted fixes of a span, in order, `most` of them at most; the vehicle's task runs here.

    Gives way to other work. If late fixes are worked into the track meanwhile, some may be missing from this answer
    where one step of reading ends and the next begins.
    """
    packed, growing = await _chunks_between(reader, vehicle, span)
    fixes: list[Fix] = []
    for start in range(0, len(packed), _CHUNKS_AT_ONCE):
        for columns in packed[start : start + _CHUNKS_AT_ONCE]:
            fixes += _accepted(entries_in_columns(columns), span)
        if len(fixes) >= most:
            return fixes[:most]
        await asyncio.sleep(0)
    fixes += _accepted(entries_of(growing), span)
    return fixes[:most]


def _accepted(entries: Sequence[Entry], span: Span) -> list[Fix]:
    return [entry.fix for entry in entries if entry.reason is None and span.from_ms <= entry.fix.time_ms < span.to_ms]


async def _chunks_between(reader: Reader, vehicle: Vehicle, span: Span) -> tuple[list[bytes], bytes]:
    """Return the columns of the chunks that may hold fixes of a span, in order, and the fixes of the growing one."""
    newest = newest_ms(vehicle)
    if newest is None:
        return [], b""
    packed: list[bytes] = []
    start_ms, stop_ms = span.from_ms - LONGEST_CHUNK_MS, min(span.to_ms, newest + 1)
    # The growing chunk and the newest rows are read in one step: between two, it may become a row of its own.
    while stop_ms - start_ms > LONGEST_CHUNK_MS + _ROWS_AT_ONCE_MS:
        packed += _columns(reader, vehicle, Span(start_ms, start_ms + _ROWS_AT_ONCE_MS))
        start_ms += _ROWS_AT_ONCE_MS
        await asyncio.sleep(0)
    packed += _columns(reader, vehicle, Span(start_ms, stop_ms))
    track = reader.tables.get(OPEN_TRACKS, vehicle.vehicle_id)
    return packed, b"" if track is None else track.fixes


def _columns(reader: Reader, vehicle: Vehicle, span: Span) -> list[bytes]:
    return [chunk.fixes for _, chunk in reader.tables.rows(TRACKS, vehicle.vehicle_id, span.from_ms, span.to_ms)]


def points_of(fixes: Sequence[Fix]) -> list[TrackPoint]:
    """Return what is shown of a track's fixes."""
    return [TrackPoint(fix.time_ms, fix.lat, fix.lon, fix.speed_mps, fix.heading_deg) for fix in fixes]


def thinned(items: Sequence[T], most: int) -> Sequence[T]:
    """Return so many items at most, spread evenly from the first to the last."""
    if len(items) <= most:
        return items
    return [items[number * (len(items) - 1) // (most - 1)] for number in range(most)]


HANDLERS: Final = (get_track,)
