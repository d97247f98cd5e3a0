"""A vehicle's state, and the one function that moves it on by a fix."""

from typing import Final

import msgspec

from fleet_app.domain.geo import distance_m
from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.windows import Pane, add_to_panes

REMEMBERED_FIXES: Final = 16
DEFAULT_TENANT: Final = "default"


class Fix(msgspec.Struct, frozen=True, array_like=True):
    """One accepted position. Fields and units are those of `Position`; None where the device did not say."""

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


Identity = tuple[int, float, float]
"""What makes two fixes of a vehicle the same one: time_ms, lat, lon."""


class Vehicle(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one vehicle.

    Attributes:
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        last: The newest accepted fix by event time, None before the first.
        received_ms: Receive time of the record that was accepted last, ms since 1970.
        odometer_m: Metres driven along the accepted fixes since the first.
        accepted: Fixes accepted so far.
        refused: Positions refused so far, by reason code.
        recent: The newest 16 identities of accepted fixes, in order. Every fix ever accepted is either among them
            or below the first of them, which is why no fix can be accepted twice.
        panes: A day of minutes, oldest first.
    """

    vehicle_id: str
    tenant: str = DEFAULT_TENANT
    last: Fix | None = None
    received_ms: int = 0
    odometer_m: float = 0.0
    accepted: int = 0
    refused: dict[str, int] = {}
    recent: list[Identity] = []
    panes: list[Pane] = []


def fix_of(position: Position) -> Fix:
    """Return the fix that a position reports."""
    return Fix(
        position.time_ms,
        position.lat,
        position.lon,
        position.speed_mps,
        position.heading_deg,
        position.accuracy_m,
        position.altitude_m,
        position.ignition,
        position.odometer_m,
        position.fuel_l,
        position.device_id,
        position.attributes,
    )


def advance(vehicle: Vehicle, fix: Fix, received_ms: int) -> Vehicle | Refusal:
    """Return the vehicle after one more fix, or why the fix is refused.

    Distance is measured from the newest fix to a newer one. A fix that is older than the newest counts in its own
    minute and moves nothing.
    """
    identity = (fix.time_ms, fix.lat, fix.lon)
    refusal = _refuse_repeat(vehicle.recent, identity)
    if refusal is not None:
        return refusal
    last = vehicle.last
    is_newest = last is None or fix.time_ms > last.time_ms
    step_m, since_ms = 0.0, fix.time_ms
    if last is not None and is_newest:
        step_m, since_ms = distance_m(last.lat, last.lon, fix.lat, fix.lon), last.time_ms
    return Vehicle(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        last=fix if is_newest else last,
        received_ms=received_ms,
        odometer_m=vehicle.odometer_m + step_m,
        accepted=vehicle.accepted + 1,
        refused=vehicle.refused,
        recent=sorted([*vehicle.recent, identity])[-REMEMBERED_FIXES:],
        panes=add_to_panes(
            vehicle.panes, time_ms=fix.time_ms, speed_mps=fix.speed_mps, since_ms=since_ms, distance_m=step_m
        ),
    )


def _refuse_repeat(recent: list[Identity], identity: Identity) -> Refusal | None:
    if identity in recent:
        return Refusal(Reason.DUPLICATE, f"a fix at time_ms {identity[0]} and this position was accepted before")
    if len(recent) == REMEMBERED_FIXES and identity < recent[0]:
        return Refusal(
            Reason.TOO_LATE,
            f"time_ms {identity[0]} is before all of the last {REMEMBERED_FIXES} fixes (oldest {recent[0][0]}); "
            "it cannot be told from a repeat",
        )
    return None


def count_refusal(vehicle: Vehicle, reason: Reason) -> Vehicle:
    """Return the vehicle with one more refused position."""
    refused = {**vehicle.refused, reason.value: vehicle.refused.get(reason.value, 0) + 1}
    return msgspec.structs.replace(vehicle, refused=refused)
