"""`fleet.windows`: what a vehicle did in a closed minute, hour or day."""

import msgspec

from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane
from fleet_app.domain.windows import window_of


class ClosedWindow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value of `fleet.windows`.

    A fix that comes late changes what has been told: the same window with a higher revision takes the place of the
    earlier one.

    Attributes:
        vehicle_id: The vehicle, also the record's key.
        tenant: Whose vehicle it is.
        size: `1m`, `1h` or `1d`.
        start_ms: The window's start in event time, ms since 1970, UTC.
        end_ms: Its end.
        fixes: Accepted fixes in it.
        distance_m: Metres driven in it.
        moving_s: Seconds on the move; the four seconds add up to what the fixes cover.
        idle_s: Seconds standing with the ignition on.
        idle_probable_s: Seconds in short halts of a vehicle that does not tell its ignition.
        stop_s: Seconds standing otherwise.
        mean_speed_mps: Distance over time on the move, m/s; null where nothing moved.
        max_speed_mps: The highest known speed of a fix in it; null without any.
        harsh_events: Harsh braking, acceleration and cornering.
        overspeed_s: Seconds above the speed limit of the vehicle's class.
        revision: 1 for the first, one more for each change.
    """

    vehicle_id: str
    tenant: str
    size: Size
    start_ms: int
    end_ms: int
    fixes: int
    distance_m: float
    moving_s: float
    idle_s: float
    idle_probable_s: float
    stop_s: float
    mean_speed_mps: float | None
    max_speed_mps: float | None
    harsh_events: int
    overspeed_s: float
    revision: int


def closed_window(vehicle_id: str, tenant: str, size: Size, pane: Pane) -> ClosedWindow:
    """Return what is told of a closed pane."""
    return ClosedWindow(
        vehicle_id=vehicle_id,
        tenant=tenant,
        size=size,
        revision=pane.revision,
        **msgspec.structs.asdict(window_of(pane)),
    )
