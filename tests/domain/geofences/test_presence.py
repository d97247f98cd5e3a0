"""What is remembered of a vehicle and geofences."""

import msgspec

from fleet_app.domain.geofences.presence import ABSENT, MOVEMENTS, Approach, Cause, Presence, Visit


def test_a_vehicle_is_where_it_visits_not_where_it_may_be() -> None:
    presence = Presence((Visit("yard", 1, 0), Visit("town", 3, 0)), (Approach("port", 0, 0.0, 0.0, Cause.CROSSED),))

    assert presence.geofence_ids == ("yard", "town")
    assert ABSENT.geofence_ids == ()


def test_what_a_vehicle_did_is_told_from_what_somebody_drew() -> None:
    assert set(Cause) - MOVEMENTS == {Cause.FOUND, Cause.CHANGED, Cause.DELETED}


def test_what_is_remembered_survives_being_stored() -> None:
    presence = Presence((Visit("yard", 2, 5, left_ms=9, left_cause=Cause.UNSEEN),), (), 7)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(presence), type=Presence) == presence
