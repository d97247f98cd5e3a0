"""`fleet.trips`: trips and stops."""

import msgspec

from fleet_app.domain.legs import Ending, KeptLeg, LegKind, is_trip
from fleet_app.domain.motion.driving import OBSERVABLE_MS
from fleet_app.domain.totals import mean_moving_mps
from fleet_app.domain.vehicle import Vehicle


class TripOrStop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value of `fleet.trips`: a trip, or the stop between two trips.

    Fixes that come late change what has been told: the same id with a higher revision takes the place of the earlier
    one. What turns out to be part of another one is withdrawn.

    Attributes:
        id: What it is known by; it stays when late fixes move its start.
        kind: `trip` or `stop`.
        vehicle_id: The vehicle, also the record's key.
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
        ending: What ended it. By `silence`, it is provisional.
        polyline: A trip's way, simplified to 10 m, in Google's encoding with five digits; empty for a stop.
        revision: 1 for the first, one more for each change.
        is_withdrawn: Whether it is no more; what is left of it is in others.
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
    ending: Ending
    polyline: str
    revision: int
    is_withdrawn: bool = False


def leg_id(vehicle_id: str, number: int) -> str:
    """Return what a leg is known by outside."""
    return f"{vehicle_id}@{number}"


def open_trip_id(vehicle: Vehicle) -> str | None:
    """Return the id of the trip that goes on; None outside of one."""
    leg = None if vehicle.course is None else vehicle.course.leg
    return leg_id(vehicle.vehicle_id, leg.number) if is_trip(leg) else None


def trip_or_stop(vehicle_id: str, tenant: str, kept: KeptLeg, *, is_withdrawn: bool = False) -> TripOrStop:
    """Return what is told of a leg."""
    leg, sums = kept.leg, kept.leg.sums
    duration_ms = leg.end_ms - leg.start_ms
    return TripOrStop(
        id=leg_id(vehicle_id, leg.number),
        kind=leg.kind,
        vehicle_id=vehicle_id,
        tenant=tenant,
        start_ms=leg.start_ms,
        end_ms=leg.end_ms,
        start_lat=leg.start_lat,
        start_lon=leg.start_lon,
        end_lat=leg.end_lat,
        end_lon=leg.end_lon,
        duration_s=duration_ms / 1_000,
        distance_m=sums.distance_m,
        moving_s=sums.moving_s,
        idle_s=sums.idle_s,
        idle_probable_s=sums.idle_probable_s,
        stop_s=sums.stop_s,
        mean_speed_mps=mean_moving_mps(sums),
        max_speed_mps=leg.max_speed_mps,
        harsh_events=sums.harsh_events,
        harsh_observable=0 < duration_ms <= OBSERVABLE_MS * sums.fixes,
        overspeed_s=sums.overspeed_s,
        fixes=sums.fixes,
        ending=leg.ending,
        polyline=kept.polyline,
        revision=kept.revision,
        is_withdrawn=is_withdrawn,
    )
