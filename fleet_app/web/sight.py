"""What one caller may see of vehicles: its own tenant's, and of others not even that they exist."""

from typing import NamedTuple

import msgspec

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.vehicle import Vehicle
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.http.problems import Code, not_found, shown
from fleet_app.web.reader import Reader
from fleet_app.web.whole_views import whole
from tables.vehicles import VEHICLES


class Sight(NamedTuple):
    """Reads vehicles on behalf of a caller.

    Attributes:
        reader: The tables of all workers, and what this one knows whole.
        caller: Who asks.
    """

    reader: Reader
    caller: Caller

    def fleet(self) -> Fleet:
        """Return all profiles, whosever they are.

        Raises:
            ApiError: 503, they are being read.
        """
        return whole(self.reader.views, VEHICLE_PROFILES)

    def find(self, vehicle_id: str) -> Vehicle | None:
        """Return what is known of a vehicle whose task runs here, if the caller may know of it.

        Raises:
            ApiError: 503, the profiles, which say whose it is, are being read.
        """
        profile = self.fleet().get(vehicle_id)
        vehicle = self.reader.tables.get(VEHICLES, vehicle_id)
        if vehicle is None:
            return None
        owned = of_its_tenant(vehicle, profile)
        return owned if self.caller.sees(owned.tenant) else None

    def known(self, vehicle_id: str) -> Vehicle:
        """Return what is known of a vehicle whose task runs here.

        Raises:
            ApiError: 404, nothing is, or it is not the caller's to know; 503, whose it is cannot be told yet.
        """
        vehicle = self.find(vehicle_id)
        if vehicle is None:
            raise not_found(Code.UNKNOWN_VEHICLE, f"no position of a vehicle {shown(vehicle_id)} has come in")
        return vehicle


def of_its_tenant(vehicle: Vehicle, profile: VehicleProfile | None) -> Vehicle:
    """Return a vehicle as its tenant's: its profile's, else the one that it had when it was heard of last."""
    if profile is None or profile.tenant == vehicle.tenant:
        return vehicle
    return msgspec.structs.replace(vehicle, tenant=profile.tenant)
