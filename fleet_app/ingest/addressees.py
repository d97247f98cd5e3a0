"""Whose the positions are that doors take in, by the profiles that this worker knows."""

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices, addressed
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.rules import DEFAULT_TENANT
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.http.problems import Code, unavailable
from fleet_app.stream.reads import LocalViews


def fleet_now(views: LocalViews) -> Fleet:
    """Return all profiles as this worker knows them.

    Raises:
        ApiError: 503, they have not been read yet.
    """
    if not views.is_whole(VEHICLE_PROFILES):
        raise unavailable(
            Code.NOT_RUNNING, "this worker has not read the vehicles' profiles yet: nothing was taken, send it again"
        )
    return views.now(VEHICLE_PROFILES)


class Addressees:
    """Finds the vehicle of a position, and whether its sender may speak for it.

    Args:
        views: What this worker knows whole.
        unknown: What becomes of devices that no profile names.
    """

    def __init__(self, views: LocalViews, unknown: UnknownDevices) -> None:
        self._views = views
        self._unknown = unknown

    def addressed(self, report: Report, caller: Caller) -> Position | Refusal:
        """Return a position with the vehicle whose it is, or why it is nobody's, or not the caller's to send.

        Raises:
            ApiError: 503, that depends on the profiles, and they have not been read yet.
        """
        for sender_id in (report.vehicle_id, report.device_id):
            if sender_id is not None and not caller.sends_for(sender_id):
                return Refusal(
                    Reason.NOT_ALLOWED, f"{caller.name!r} is a key of other devices than {sender_id!r}; it names them"
                )
        if caller.tenant is not None:
            return self._of_tenant(report, caller.tenant)
        fleet = VEHICLE_PROFILES.empty if report.vehicle_id is not None else fleet_now(self._views)
        return addressed(report, fleet, self._unknown)

    def _of_tenant(self, report: Report, tenant: str) -> Position | Refusal:
        """Return a position of a tenant's vehicle. What is another's is refused like what nobody knows."""
        fleet = fleet_now(self._views)
        position = addressed(report, fleet, self._unknown)
        if isinstance(position, Refusal) and position.reason is not Reason.UNKNOWN_DEVICE:
            return position
        if isinstance(position, Position) and _tenant_of(position.vehicle_id, fleet) == tenant:
            return position
        named = f"vehicle {report.vehicle_id!r}" if report.vehicle_id is not None else f"device {report.device_id!r}"
        return Refusal(
            Reason.NOT_ALLOWED, f"tenant {tenant!r} has no {named} at time_ms {report.time_ms}: name it in a profile"
        )


def _tenant_of(vehicle_id: str, fleet: Fleet) -> str:
    profile = fleet.get(vehicle_id)
    return DEFAULT_TENANT if profile is None else profile.tenant
