"""Trips and stops as views show them: those that are over, as they were told, and the one that goes on."""

import asyncio
from typing import Final

import msgspec

from fleet_app.domain.legs import Ending, KeptLeg, Leg, LegKind
from fleet_app.domain.totals import since
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.leg import trip_or_stop
from fleet_app.web.reader import Reader
from fleet_app.web.spans import DAY_MS, Span
from tables.trips import TRIPS

MOST_DAYS: Final = 31


class TripView(msgspec.Struct, frozen=True, kw_only=True):
    """A trip, or the stop between two trips. Of the one that goes on: as it stands at the newest fix.

    Attributes:
        id: What it is known by; it stays when late fixes move its start.
        kind: `trip` or `stop`.
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        start_ms: Event time of its start, ms since 1970, UTC.
        end_ms: Event time of its end.
        start_lat: Where it started, degrees, WGS84.
        start_lon: The same.
        end_lat: Where it ended.
        end_lon: The same.
        duration_s: From start to end.
        distance_m: Metres driven in it.
        moving_s: Seconds on the move; the four seconds add up to what the fixes cover.
        idle_s: Seconds standing with the ignition on.
        idle_probable_s: Seconds in short halts of a vehicle that does not tell its ignition.
        stop_s: Seconds standing otherwise.
        mean_speed_mps: Distance over time on the move, m/s; null where nothing moved.
        max_speed_mps: The highest known speed of a fix in it; null without any.
        harsh_events: Harsh braking, acceleration and cornering.
        harsh_observable: Whether fixes were close enough together to see them; without it their number says nothing.
        overspeed_s: Seconds above the speed limit of the vehicle's class.
        fixes: Accepted fixes in it.
        ending: What ended it; null while it goes on. By `silence`, it is provisional.
        polyline: A trip's way, simplified to 10 m, in Google's encoding with five digits; empty for a stop, null while
            it goes on.
        revision: 1 when it was told first, one more for each change; 0 while it goes on.
    """

    id: str
    kind: LegKind
    vehicle_id: str
    tenant: str
    start_ms: int
    end_ms: int
    start_lat: float
    start_lon: float
    end_lat: float
    end_lon: float
    duration_s: float
    distance_m: float
    moving_s: float
    idle_s: float
    idle_probable_s: float
    stop_s: float
    mean_speed_mps: float | None
    max_speed_mps: float | None
    harsh_events: int
    harsh_observable: bool
    overspeed_s: float
    fixes: int
    ending: Ending | None
    polyline: str | None
    revision: int


def leg_view(vehicle: Vehicle, kept: KeptLeg) -> TripView:
    """Return what is shown of a leg that is over."""
    told = trip_or_stop(vehicle.vehicle_id, vehicle.tenant, kept)
    return msgspec.convert(told, TripView, from_attributes=True)


def open_leg_view(vehicle: Vehicle, leg: Leg) -> TripView:
    """Return what is shown of the leg that goes on."""
    so_far = leg_view(vehicle, KeptLeg(leg, "", 0))
    return msgspec.structs.replace(so_far, ending=None, polyline=None)


def open_leg(reader: Reader, vehicle: Vehicle) -> Leg | None:
    """Return the leg that goes on, as if it ended with the last fix; None if there is none.

    A trip of a vehicle that is silent does not go on once it was told that the silence has ended it.
    """
    course = vehicle.course
    if course is None or course.leg is None:
        return None
    leg, last = course.leg, course.last
    if vehicle.is_silent and reader.tables.get(TRIPS, (vehicle.vehicle_id, leg.number)) is not None:
        return None
    return Leg(
        kind=leg.kind,
        start_ms=leg.start_ms,
        end_ms=last.time_ms,
        start_lat=leg.lat,
        start_lon=leg.lon,
        end_lat=last.lat,
        end_lon=last.lon,
        sums=since(course.totals, leg.at_start),
        max_speed_mps=leg.max_speed_mps,
        ending=Ending.SILENCE,
        number=leg.number,
    )


async def told_between(reader: Reader, key: str, span: Span) -> list[KeptLeg]:
    """Return the legs that were told and overlap a span, in order, giving way between days.

    A row's number is the start as it was told first; late fixes move the start by less than a day. Rows do not overlap,
    so that of those long before the span only the last can reach into it.
    """
    first_ms = span.from_ms - DAY_MS
    rows = await _last_rows_before(reader, key, first_ms)
    for start_ms in range(first_ms, span.to_ms + DAY_MS, DAY_MS):
        rows += reader.tables.rows(TRIPS, key, start_ms, min(start_ms + DAY_MS, span.to_ms + DAY_MS))
        await asyncio.sleep(0)
    return sorted((kept for _, kept in rows if overlaps(kept.leg, span)), key=_start)


def overlaps(leg: Leg, span: Span) -> bool:
    """Return whether a leg and a span have an instant in common."""
    return leg.start_ms < span.to_ms and leg.end_ms > span.from_ms


def _start(kept: KeptLeg) -> int:
    return kept.leg.start_ms


async def _last_rows_before(reader: Reader, key: str, before_ms: int) -> list[tuple[int, KeptLeg]]:
    """Return the rows of the last day before an instant that has any, within what is kept."""
    for days in range(1, MOST_DAYS + 1):
        start_ms = before_ms - days * DAY_MS
        rows = reader.tables.rows(TRIPS, key, start_ms, start_ms + DAY_MS)
        if rows:
            return rows
        await asyncio.sleep(0)
    return []
