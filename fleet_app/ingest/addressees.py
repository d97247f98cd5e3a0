"""Whose the positions are that doors take in, by the profiles that this worker knows."""

from http import HTTPStatus
from typing import Final

from litestar.exceptions import HTTPException

from fleet_app.domain.position import Position, Report
from fleet_app.domain.profiles.devices import UnknownDevices, addressed
from fleet_app.domain.refusals import Refusal
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.stream.reads import LocalViews

RETRY_AFTER_S: Final = 2


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
        if report.vehicle_id is None and not self._is_read():
            raise HTTPException(
                "this worker has not read the vehicles' profiles yet, which say whose a device is: nothing was taken, "
                "send it again",
                status_code=HTTPStatus.SERVICE_UNAVAILABLE,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        return addressed(report, self._views.now(VEHICLE_PROFILES), self._unknown)

    def _is_read(self) -> bool:
        """Return whether the profiles are whole: they are shown once they are, and none at all may be all there are."""
        if self._views.now(VEHICLE_PROFILES) is not VEHICLE_PROFILES.empty:
            return True
        of_profiles = (report for report in self._views.reports() if report.topic == VEHICLE_PROFILES.topic.name)
        return any(report.lag == 0 and report.keys == 0 for report in of_profiles)
