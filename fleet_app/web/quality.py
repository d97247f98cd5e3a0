"""`/api/vehicles/{id}/quality`: what a vehicle sent, beside what was accepted of it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.edges import HOUR_MS, MINUTE_MS
from fleet_app.domain.quality import RefusedMinute, RefusedPosition
from fleet_app.domain.refusals import Reason
from fleet_app.domain.track import RETENTION_MS
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.http.access import caller_of, needs
from fleet_app.http.answers import Documented, answers, json_answer
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.sight import Sight
from fleet_app.web.spans import DAY_MS, AskedSpan, Span, check_length, read_span
from fleet_app.web.tracks import accepted_between, thinned
from tables.late_fixes import LATE_FIXES
from tables.open_tracks import OPEN_TRACKS
from tables.refused_positions import REFUSED_POSITIONS

MOST_SHOWN: Final = 2_000


class SentView(msgspec.Struct, frozen=True, kw_only=True):
    """Positions that were sent, by what became of them.

    Attributes:
        sent: All of them: accepted, refused, waiting and late.
        accepted: Those that became a fix of the vehicle.
        refused: Those that were refused, by reason.
        waiting: Those in the reorder buffer.
        late: Those that came later than the reorder buffer waits, and are about to be worked in.
    """

    sent: int
    accepted: int
    refused: dict[str, int]
    waiting: int
    late: int


class AcceptedView(msgspec.Struct, frozen=True):
    """An accepted fix: when and where."""

    time_ms: int
    lat: float
    lon: float


class AcceptedListView(msgspec.Struct, frozen=True, kw_only=True):
    """How many accepted fixes there are, and so many of them as are shown, spread evenly, oldest first."""

    count: int
    items: list[AcceptedView]


class RefusedView(msgspec.Struct, frozen=True, kw_only=True):
    """A refused position. Its original bytes stand on `fleet.rejected`, and at this offset of its partition.

    Attributes:
        reason: Why it was refused.
        time_ms: When the device took it, by its own clock.
        lat: Latitude, degrees, WGS84, as it was sent.
        lon: Longitude, the same.
        received_ms: When it came in, ms since 1970.
        offset: Where its record stands in the vehicle's partition of `fleet.positions`.
    """

    reason: Reason
    time_ms: int
    lat: float
    lon: float
    received_ms: int
    offset: int


class RefusedListView(msgspec.Struct, frozen=True, kw_only=True):
    """How many refused positions there are, and so many of them as are shown, spread evenly, oldest first."""

    count: int
    items: list[RefusedView]


class QualityView(msgspec.Struct, frozen=True, kw_only=True):
    """What a vehicle sent, beside what was accepted of it.

    Attributes:
        vehicle_id: The vehicle.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        span: What was sent in the span. What was refused is counted by the minute in which it came in.
        all_time: What was sent since the first position.
        accepted: The accepted fixes of the span.
        refused: The refused positions of the span.
    """

    vehicle_id: str
    from_ms: int
    to_ms: int
    span: SentView
    all_time: SentView
    accepted: AcceptedListView
    refused: RefusedListView


@get(
    "/api/vehicles/{vehicle_id:str}/quality",
    opt=needs(Right.SEE),
    operation_class=Documented,
    tags=["vehicles"],
    summary="What a vehicle sent in the last 24 h beside what was accepted of it, with positions and reasons",
    responses=answers(QualityView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_quality(
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    since: Annotated[
        str | None, QueryParameter(name="from", description="ISO 8601 or ms since 1970; default: 24 h before `to`.")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: now.")
    ] = None,
) -> Response[bytes]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    answer = partial(_quality, Sight(reader, caller_of(request)), key, read_span(since, until))
    return await reader.at_owner_in_steps(request, key, ("api", "vehicles", key, "quality"), answer)


async def _quality(sight: Sight, key: str, asked: AskedSpan) -> Response[bytes]:
    reader, vehicle = sight.reader, sight.known(key)
    ahead_ms = _ahead_ms(vehicle)
    span = asked.settle(until_ms=reader.now_ms() + ahead_ms, length_ms=DAY_MS)
    check_length(span, longest_ms=RETENTION_MS, because="tracks are kept no longer")
    waiting = [each.fix.time_ms for each in (reader.tables.get(OPEN_TRACKS, key) or OpenTrack()).buffer]
    late = sum(len(row.fixes) for _, row in reader.tables.rows(LATE_FIXES, key, span.from_ms, span.to_ms))
    fixes = await accepted_between(reader, vehicle, span)
    minutes = await _refused_between(reader, key, Span(span.from_ms - ahead_ms, span.to_ms - ahead_ms))
    refused = sum((Counter(minute.counts) for minute in minutes), Counter())
    positions = [position for minute in minutes for position in minute.shown]
    view = QualityView(
        vehicle_id=key,
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        span=_sent(
            accepted=len(fixes),
            refused=dict(sorted(refused.items())),
            waiting=sum(span.from_ms <= time_ms < span.to_ms for time_ms in waiting),
            late=late,
        ),
        all_time=_sent(accepted=vehicle.accepted, refused=vehicle.refused, waiting=len(waiting), late=vehicle.late),
        accepted=AcceptedListView(
            count=len(fixes),
            items=[AcceptedView(fix.time_ms, fix.lat, fix.lon) for fix in thinned(fixes, MOST_SHOWN)],
        ),
        refused=RefusedListView(count=refused.total(), items=_refused_views(positions)),
    )
    return json_answer(msgspec.json.encode(view))


def _ahead_ms(vehicle: Vehicle) -> int:
    """Return how far the vehicle's own time is ahead of the time of receipt; below zero, as a rule.

    A recording of another year, and a device whose clock is off, have the last 24 h too.
    """
    return vehicle.newest_ms - vehicle.heard_ms


async def _refused_between(reader: Reader, key: str, received: Span) -> list[RefusedMinute]:
    """Return what was refused in the minutes of receipt that a span touches, giving way between hours."""
    minutes: list[RefusedMinute] = []
    first_ms = received.from_ms - received.from_ms % MINUTE_MS
    for start_ms in range(first_ms, received.to_ms, HOUR_MS):
        rows = reader.tables.rows(REFUSED_POSITIONS, key, start_ms, min(start_ms + HOUR_MS, received.to_ms))
        minutes += (minute for _, minute in rows)
        await asyncio.sleep(0)
    return minutes


def _sent(*, accepted: int, refused: dict[str, int], waiting: int, late: int) -> SentView:
    sent = accepted + sum(refused.values()) + waiting + late
    return SentView(sent=sent, accepted=accepted, refused=refused, waiting=waiting, late=late)


def _refused_views(positions: Sequence[RefusedPosition]) -> list[RefusedView]:
    return [msgspec.convert(each, RefusedView, from_attributes=True) for each in thinned(positions, MOST_SHOWN)]


HANDLERS: Final = (get_quality,)
