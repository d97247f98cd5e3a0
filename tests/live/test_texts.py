"""The JSON twin says the same in words."""

import json
from typing import Any

from fleet_app.live.fleet import number_of
from fleet_app.live.frames import Changes, Fields, Gone, Head, Kind
from fleet_app.live.texts import JsonEncoder
from tests.live.fakes import BERLIN, NOW_MS, fleet_of, profile, vehicle


def told(fields: Fields, *changes: Changes, behind_ms: int | None = 40) -> dict[str, Any]:
    encoder = JsonEncoder(fields)
    head = Head(Kind.DELTA, NOW_MS, behind_ms, "token")
    said: dict[str, Any] = json.loads(encoder.frame(head, [encoder.changes(each) for each in changes]))
    return said


def test_cells_are_joined_into_one_object() -> None:
    rows = fleet_of(vehicle("a"), vehicle("b")).rows_since(0)
    gone = [Gone(number_of("c"), "c"), Gone(number_of('"'), '"')]

    said = told(Fields.MAP, Changes(rows[:1]), Changes(gone=gone), Changes(), Changes(rows[1:]))

    assert said["gone"] == ["c", '"']
    assert [each["vehicle_id"] for each in said["vehicles"]] == ["a", "b"]
    assert (said["kind"], said["time_ms"], said["behind_ms"], said["token"]) == ("delta", NOW_MS, 40, "token")


def test_an_empty_frame_is_an_object_too() -> None:
    assert told(Fields.MAP, behind_ms=None) == {
        "kind": "delta",
        "time_ms": NOW_MS,
        "behind_ms": None,
        "token": "token",
        "gone": [],
        "vehicles": [],
    }


def test_only_who_must_be_known_by_name_is_named() -> None:
    fleet = fleet_of(vehicle("a", tenant="told"), vehicle("b"))
    fleet.change_profile("b", profile("b", "acme", name="Bee"))
    rows = fleet.rows_since(0)

    said = told(Fields.MAP, Changes(rows, [row for row in rows if row.value.vehicle_id == "b"]), Changes(rows, rows))

    profiles = [each.get("profile") for each in said["vehicles"]]
    assert profiles == [None, {"tenant": "acme", "name": "Bee"}, {"tenant": "told"}, {"tenant": "acme", "name": "Bee"}]


def test_in_full_everything_is_told_under_the_tenant_that_it_has_now() -> None:
    fleet = fleet_of(vehicle("a", tenant="old"))
    fleet.change_profile("a", profile("a", "acme"))

    (said,) = told(Fields.FULL, Changes(fleet.rows_since(0)))["vehicles"]

    assert said == {
        "vehicle_id": "a",
        "tenant": "acme",
        "time_ms": NOW_MS,
        "received_ms": NOW_MS + 500,
        "lat": BERLIN[0],
        "lon": BERLIN[1],
        "odometer_m": 1_234.5,
        "fixes": 7,
        "state": "moving",
        "speed_mps": 12.5,
    }
