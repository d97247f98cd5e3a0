"""What every worker reads whole, and looks things up in."""

from typing import Final

from fleet_app import topics
from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.index import Geofences
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.stream.declarations import GlobalView

GEOFENCES: Final[GlobalView[Geofence, Geofences]] = GlobalView(
    topic=topics.GEOFENCES, empty=Geofences(), changed=Geofences.changed
)

VEHICLE_PROFILES: Final[GlobalView[VehicleProfile, Fleet]] = GlobalView(
    topic=topics.VEHICLE_PROFILES, empty=Fleet(), changed=Fleet.changed
)

API_KEYS: Final[GlobalView[ApiKey, Keyring]] = GlobalView(
    topic=topics.API_KEYS, empty=Keyring(), changed=Keyring.changed
)
