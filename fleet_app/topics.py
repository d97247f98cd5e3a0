"""Every topic: its name, key, value, retention, and who writes and reads it.

Topics are the public contract. `docs/topics.md` shows this registry; `fleet topics create|check` applies it.
"""

from typing import Final

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.position import Position
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.records.accepted_fix import AcceptedFix
from fleet_app.records.api_key_change import ApiKeyChange
from fleet_app.records.audit_entry import AuditEntry
from fleet_app.records.closed_window import ClosedWindow
from fleet_app.records.event import FleetEvent
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.records.leg import TripOrStop
from fleet_app.records.profile_change import ProfileChange
from fleet_app.records.rejected import Rejected
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.stream.declarations import Cleanup, Topic

_DAY_S: Final = 86_400


POSITIONS: Final = Topic(
    name="fleet.positions",
    key="vehicle_id",
    value=Position,
    cleanup=Cleanup.DELETE,
    retention_s=7 * _DAY_S,
    log_append_time=True,
    written_by="the doors (HTTP, replay), or any Kafka producer of yours",
    read_by="track_positions",
)

VEHICLES: Final = Topic(
    name="fleet.vehicles",
    key="vehicle_id",
    value=VehicleNow,
    cleanup=Cleanup.COMPACT,
    retention_s=None,
    written_by="track_positions",
    read_by="live views, yours and ours",
)

WINDOWS: Final = Topic(
    name="fleet.windows",
    key="vehicle_id",
    value=ClosedWindow,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    written_by="track_positions",
    read_by="whoever keeps figures per vehicle and minute, hour or day",
)

FIXES: Final = Topic(
    name="fleet.fixes",
    key="vehicle_id",
    value=AcceptedFix,
    cleanup=Cleanup.DELETE,
    retention_s=7 * _DAY_S,
    written_by="track_positions",
    read_by="whoever needs clean tracks: in event-time order per vehicle, late ones marked",
)

TRIPS: Final = Topic(
    name="fleet.trips",
    key="vehicle_id",
    value=TripOrStop,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    written_by="track_positions",
    read_by="whoever keeps logbooks; the newest revision of an id counts",
)

EVENTS: Final = Topic(
    name="fleet.events",
    key="vehicle_id",
    value=FleetEvent,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    written_by="track_positions",
    read_by="people and programs that want to be told",
)

REJECTED: Final = Topic(
    name="fleet.rejected",
    key="vehicle_id where it can be read, else the record's key",
    value=Rejected,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    # The original bytes in base64, plus what is said about them.
    max_message_bytes=2 * 1_048_588,
    written_by="track_positions, keep_geofences, keep_vehicle_profiles, keep_api_keys",
    read_by="whoever asks what became of a position",
)

GEOFENCE_CHANGES: Final = Topic(
    name="fleet.geofence-changes",
    key="geofence_id",
    value=GeofenceChange,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    log_append_time=True,
    written_by="the API",
    read_by="keep_geofences, which refuses what is stale",
)

GEOFENCES: Final = Topic(
    name="fleet.geofences",
    key="geofence_id",
    value=Geofence,
    cleanup=Cleanup.COMPACT,
    retention_s=None,
    written_by="keep_geofences",
    read_by="every worker, whole; whoever needs the places",
)

VEHICLE_PROFILE_CHANGES: Final = Topic(
    name="fleet.vehicle-profile-changes",
    key="vehicle_id",
    value=ProfileChange,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    log_append_time=True,
    written_by="the API",
    read_by="keep_vehicle_profiles, which refuses what is stale",
)

VEHICLE_PROFILES: Final = Topic(
    name="fleet.vehicle-profiles",
    key="vehicle_id",
    value=VehicleProfile,
    cleanup=Cleanup.COMPACT,
    retention_s=None,
    written_by="keep_vehicle_profiles",
    read_by="every worker, whole; whoever needs names, groups and devices",
)

API_KEY_CHANGES: Final = Topic(
    name="fleet.api-key-changes",
    key="key_id",
    value=ApiKeyChange,
    cleanup=Cleanup.DELETE,
    retention_s=30 * _DAY_S,
    log_append_time=True,
    written_by="the API",
    read_by="keep_api_keys, which refuses what is stale",
)

API_KEYS: Final = Topic(
    name="fleet.api-keys",
    key="key_id",
    value=ApiKey,
    cleanup=Cleanup.COMPACT,
    retention_s=None,
    written_by="keep_api_keys",
    read_by="every worker, whole, to know who asks; it holds digests, never a key",
)

AUDIT: Final = Topic(
    name="fleet.audit",
    key="caller",
    value=AuditEntry,
    cleanup=Cleanup.DELETE,
    retention_s=400 * _DAY_S,
    written_by="the API, for every request that changes something and every login",
    read_by="whoever must know who did what",
)

TOPICS: Final = (
    POSITIONS,
    FIXES,
    VEHICLES,
    WINDOWS,
    TRIPS,
    EVENTS,
    REJECTED,
    GEOFENCE_CHANGES,
    GEOFENCES,
    VEHICLE_PROFILE_CHANGES,
    VEHICLE_PROFILES,
    API_KEY_CHANGES,
    API_KEYS,
    AUDIT,
)
