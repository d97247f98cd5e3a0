"""Whose the positions are that doors take in, by the profiles that this worker knows."""

from http import HTTPStatus
from typing import Final

from litestar.exceptions import HTTPException

from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices, addressed
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.refusals import Refusal
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.stream.reads import LocalViews

RETRY_AFTER_S: Final = 2


def fleet_now(views: LocalViews) -> Fleet:
    """Return all profiles as this worker knows them.

    Raises:
        HTTPException: 503, they have not been read yet.
    """
    if not views.is_whole(VEHICLE_PROFILES):
        raise HTTPException(
            "this worker has not read the vehicles' profiles yet: nothing was taken, send it again",
            status_code=HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return views.now(VEHICLE_PROFILES)


class Addressees:
    """Finds the vehicle of a position that names a device only.

    Args:
        views: What this worker knows whole.
        unknown: What becomes of devices that no profile names.
    """

    def __init__(self, views: LocalViews, unknown: UnknownDevices) -> None:
        self._views = views
        self._unknown = unknown

    def addressed(self, report: Report) -> Position | Refusal:
        """Return a position with the vehicle whose it is, or why it is nobody's.

        Raises:
            HTTPException: 503, it names a device only, and the profiles have not been read yet.
        """
        fleet = VEHICLE_PROFILES.empty if report.vehicle_id is not None else fleet_now(self._views)
        return addressed(report, fleet, self._unknown)
