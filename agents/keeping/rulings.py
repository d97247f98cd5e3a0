"""Rulings: what holds for each vehicle, by its profile and the geofences there are."""

from typing import Final

import msgspec

from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.profiles.rules import DEFAULT_TENANT, arrival_rules_of, rules_of
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import Vehicle
from fleet_app.global_views import GEOFENCES, VEHICLE_PROFILES
from fleet_app.stream.declarations import AgentTask

VIEWS: Final = (GEOFENCES, VEHICLE_PROFILES)
_MOST_KEPT: Final = 200_000
"""Of vehicles; as many as the table `vehicles` keeps decoded."""


class Ruling(msgspec.Struct, frozen=True):
    """What holds for a vehicle.

    Attributes:
        gates: What its positions have to pass on arrival.
        rules: What its fixes are run by.
        tenant: Whose it is.
        is_refused: Whether no position of it is taken at all.
    """

    gates: ArrivalRules
    rules: Rules
    tenant: str
    is_refused: bool

    def claim(self, vehicle: Vehicle) -> Vehicle:
        """Return the vehicle as its tenant's."""
        if vehicle.tenant == self.tenant:
            return vehicle
        return msgspec.structs.replace(vehicle, tenant=self.tenant)


class Rulings:
    """What holds for the vehicles of one task. Worked out once per vehicle, until a profile or a geofence changes.

    Args:
        task: The task.
        gates: What holds for the fleet on arrival.
        rules: What holds for the fleet.
        unknown: What becomes of positions of vehicles without a profile.
    """

    def __init__(self, task: AgentTask, gates: ArrivalRules, rules: Rules, unknown: UnknownDevices) -> None:
        self._gates, self._rules, self._unknown = gates, rules, unknown
        self._geofences_view, self._fleet_view = task.view(GEOFENCES), task.view(VEHICLE_PROFILES)
        self._geofences, self._fleet = self._geofences_view.now, self._fleet_view.now
        self._of_strangers = self._ruling_of(None)
        self._known: dict[str, Ruling] = {}

    def of(self, vehicle_id: str) -> Ruling:
        """Return what holds for a vehicle now."""
        geofences, fleet = self._geofences_view.now, self._fleet_view.now
        if geofences is not self._geofences or fleet is not self._fleet:
            self._geofences, self._fleet = geofences, fleet
            self._of_strangers = self._ruling_of(None)
            self._known.clear()
        return self._known.get(vehicle_id) or self._resolve(vehicle_id)

    def _resolve(self, vehicle_id: str) -> Ruling:
        profile = self._fleet.get(vehicle_id)
        # One for all of them: what is read with every position better lies in one place.
        ruling = self._of_strangers if profile is None else self._ruling_of(profile)
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[vehicle_id] = ruling
        return ruling

    def _ruling_of(self, profile: VehicleProfile | None) -> Ruling:
        return Ruling(
            arrival_rules_of(profile, self._gates),
            rules_of(profile, self._rules, self._geofences),
            DEFAULT_TENANT if profile is None else profile.tenant,
            profile is None and self._unknown is UnknownDevices.REFUSE,
        )
