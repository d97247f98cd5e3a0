"""Whose a position is that names a device."""

from enum import StrEnum

from fleet_app.domain.position import Position, Report, position_of
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.refusals import Reason, Refusal


class UnknownDevices(StrEnum):
    """What becomes of devices and vehicles that no profile names."""

    ACCEPT = "accept"
    """Taken in; a device is a vehicle by its own id."""
    REFUSE = "refuse"


def addressed(report: Report, fleet: Fleet, unknown: UnknownDevices) -> Position | Refusal:
    """Return a position with the vehicle whose it is, or why it is nobody's.

    A vehicle that is named is taken at its word. Otherwise it is the vehicle that the device was in at the position's
    own time, so that what a device kept while offline goes to the vehicle that it was in then.
    """
    if report.vehicle_id is not None:
        return position_of(report, report.vehicle_id)
    if report.device_id is None:
        return Refusal(Reason.MISSING_FIELD, "Object missing required field `vehicle_id`, or `device_id` in its place")
    vehicle_id = fleet.vehicle_of(report.device_id, report.time_ms)
    if vehicle_id is not None:
        return position_of(report, vehicle_id)
    if unknown is UnknownDevices.REFUSE:
        return Refusal(
            Reason.UNKNOWN_DEVICE,
            f"no vehicle has the device {report.device_id!r} at time_ms {report.time_ms}: "
            "name it in a profile, or set FLEET_UNKNOWN_DEVICES to accept",
        )
    position = position_of(report, report.device_id)
    if isinstance(position, Refusal):
        detail = f"no vehicle has the device, and device_id {report.device_id!r} can be no vehicle's id"
        return Refusal(position.reason, f"{detail}: {position.detail}")
    return position
