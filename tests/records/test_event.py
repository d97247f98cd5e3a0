"""A value of fleet.events, as other programs read it."""

import json

import msgspec

from fleet_app.domain.events import Event, EventType
from fleet_app.records.event import event_id, fleet_event

EVENT = Event(EventType.BRAKED_HARSHLY, 1_000_000, 52.0, 13.0, {"acceleration_mps2": -4.0, "source": "speed"})


def test_an_event_says_what_happened_where_and_by_which_numbers() -> None:
    assert json.loads(msgspec.json.encode(fleet_event("van-1", "north", EVENT, delayed=False))) == {
        "id": "van-1@1000000/braked_harshly", "type": "braked_harshly", "vehicle_id": "van-1", "tenant": "north",
        "time_ms": 1_000_000, "lat": 52.0, "lon": 13.0, "severity": "notice", "delayed": False,
        "evidence": {"acceleration_mps2": -4.0, "source": "speed"}, "geofence_id": None,
    }  # fmt: skip


def test_two_types_at_one_instant_are_two_events() -> None:
    other = msgspec.structs.replace(EVENT, type=EventType.CORNERED_HARSHLY)

    assert event_id("van-1", EVENT) != event_id("van-1", other)


def test_two_geofences_at_one_instant_are_two_events() -> None:
    at_depot, at_yard = (
        Event(EventType.GEOFENCE_ENTERED, 1_000_000, 52.0, 13.0, {}, geofence_id) for geofence_id in ("depot", "yard")
    )

    assert fleet_event("van-1", "north", at_depot, delayed=False).geofence_id == "depot"
    assert event_id("van-1", at_depot) == "van-1@1000000/geofence_entered/depot"
    assert event_id("van-1", at_yard) != event_id("van-1", at_depot)
