"""A vehicle's state, and what moves it on: a fix, or silence."""

from typing import Final

import msgspec

from fleet_app.domain.geo import distance_m
from fleet_app.domain.panes import NO_PANES, PaneRules, PaneSet, Step, add_step, close_panes, first_end_ms
from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.repeats import remember, remember_newest

DEFAULT_TENANT: Final = "default"


class Fix(msgspec.Struct, frozen=True, gc=False, array_like=True):
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


class Vehicle(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of one vehicle.

    Attributes:
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        last: The newest accepted fix by event time, None before the first.
        last_received_ms: Receive time of that fix, ms since 1970.
        received_ms: Receive time of the record that was accepted last.
        odometer_m: Metres driven along the accepted fixes since the first.
        accepted: Fixes accepted so far.
        refused: Positions refused so far, by reason code.
        recent: The newest 16 identities of accepted fixes, in order, packed (`repeats`). Every fix ever accepted is
            either among them or below the first of them, which is why no fix can be accepted twice.
        open: The panes that wait for more fixes.
    """

    vehicle_id: str
    tenant: str = DEFAULT_TENANT
    last: Fix | None = None
    last_received_ms: int = 0
    received_ms: int = 0
    odometer_m: float = 0.0
    accepted: int = 0
    refused: dict[str, int] = {}
    recent: bytes = b""
    open: PaneSet = NO_PANES


class Advanced(msgspec.Struct, frozen=True, gc=False):
    """A vehicle that has moved on, and what goes to its closed panes."""

    vehicle: Vehicle
    closed: PaneSet


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


def advance(vehicle: Vehicle, fix: Fix, received_ms: int, rules: PaneRules) -> Advanced | Refusal:
    """Return the vehicle after one more fix, or why the fix is refused.

    Distance is measured from the newest fix to a newer one. A fix that is older than the newest counts in its own
    panes and moves nothing.
    """
    last = vehicle.last
    if last is not None and fix.time_ms <= last.time_ms:
        return _advance_late(vehicle, fix, received_ms, last, rules)
    step_m, since_ms = 0.0, fix.time_ms
    if last is not None:
        step_m = distance_m(last.lat, last.lon, fix.lat, fix.lon)
        since_ms = last.time_ms if step_m else since_ms
    panes, closed = add_step(vehicle.open, Step(since_ms, fix.time_ms, step_m, fix.speed_mps), fix.time_ms, rules)
    moved = Vehicle(
        vehicle.vehicle_id,
        vehicle.tenant,
        fix,
        received_ms,
        received_ms,
        vehicle.odometer_m + step_m,
        vehicle.accepted + 1,
        vehicle.refused,
        remember_newest(vehicle.recent, fix.time_ms, fix.lat, fix.lon),
        panes,
    )
    return Advanced(moved, closed)


def _advance_late(vehicle: Vehicle, fix: Fix, received_ms: int, last: Fix, rules: PaneRules) -> Advanced | Refusal:
    recent = remember(vehicle.recent, fix.time_ms, fix.lat, fix.lon)
    if isinstance(recent, Refusal):
        return recent
    step = Step(fix.time_ms, fix.time_ms, 0.0, fix.speed_mps)
    panes, closed = add_step(vehicle.open, step, last.time_ms, rules)
    moved = msgspec.structs.replace(
        vehicle, received_ms=received_ms, accepted=vehicle.accepted + 1, recent=recent, open=panes
    )
    return Advanced(moved, closed)


def due_ms(vehicle: Vehicle, rules: PaneRules) -> int | None:
    """Return the task time at which the first open pane closes if no newer fix comes; None if none is open.

    That is the receive time of the newest fix, plus what was left then of the pane and its grace.
    """
    end_ms = first_end_ms(vehicle.open)
    if end_ms is None or vehicle.last is None:
        return None
    return vehicle.last_received_ms + end_ms + rules.grace_ms - vehicle.last.time_ms


def close_quiet(vehicle: Vehicle, now_ms: int, rules: PaneRules) -> Advanced:
    """Return the vehicle without the panes that are due by `now_ms`, task time."""
    if vehicle.last is None:
        return Advanced(vehicle, NO_PANES)
    event_ms = vehicle.last.time_ms + now_ms - vehicle.last_received_ms
    panes, closed = close_panes(vehicle.open, event_ms - rules.grace_ms)
    return Advanced(msgspec.structs.replace(vehicle, open=panes), closed)


def count_refusal(vehicle: Vehicle, reason: Reason) -> Vehicle:
    """Return the vehicle with one more refused position."""
    refused = {**vehicle.refused, reason.value: vehicle.refused.get(reason.value, 0) + 1}
    return msgspec.structs.replace(vehicle, refused=refused)
