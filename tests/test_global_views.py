"""What every worker reads whole."""

from typing import Any

import pytest

from fleet_app import global_views, topics
from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.global_views import API_KEYS, GEOFENCES, VEHICLE_PROFILES
from fleet_app.stream.declarations import Cleanup, GlobalView

VIEWS = [view for view in vars(global_views).values() if isinstance(view, GlobalView)]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.topic.name)
def test_a_view_is_of_a_topic_that_holds_the_newest_of_each_key(view: GlobalView[Any, Any]) -> None:
    assert view.topic in topics.TOPICS
    assert view.topic.cleanup is Cleanup.COMPACT


def test_geofences_are_looked_up_as_the_topic_holds_them() -> None:
    depot = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), revision=1)
    there = GEOFENCES.changed(GEOFENCES.empty, {"depot": depot})

    assert list(there) == [depot]
    assert list(GEOFENCES.changed(there, {"depot": None})) == []


def test_profiles_are_looked_up_as_the_topic_holds_them() -> None:
    van = VehicleProfile(vehicle_id="van-7", revision=1)
    there = VEHICLE_PROFILES.changed(VEHICLE_PROFILES.empty, {"van-7": van})

    assert list(there) == [van]
    assert list(VEHICLE_PROFILES.changed(there, {"van-7": None})) == []


def test_keys_are_looked_up_as_the_topic_holds_them() -> None:
    secret = Secret(sha256="0" * 64, created_ms=0)
    office = ApiKey(key_id="k1", name="Office", role=Role.ADMIN, secrets=(secret,), revision=1)
    there = API_KEYS.changed(API_KEYS.empty, {"k1": office})

    assert list(there) == [office]
    assert list(API_KEYS.changed(there, {"k1": None})) == []
