"""What a geofence can hold."""

import msgspec
import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence, Hours, Polygon, Weekday
from tests.domain.geofences.shapes import rectangle

YARD = {"geofence_id": "yard", "name": "Yard", "shape": {"type": "circle", "lat": 52.0, "lon": 13.0, "radius_m": 100.0}}


def test_what_is_not_said_has_a_default() -> None:
    yard = msgspec.convert(YARD, Geofence)

    assert yard == Geofence(geofence_id="yard", name="Yard", shape=Circle(52.0, 13.0, 100.0))
    assert msgspec.to_builtins(yard) == YARD


def test_all_that_is_said_is_kept() -> None:
    hall = Geofence(
        geofence_id="hall",
        name="Hall",
        shape=Polygon((rectangle(52.0, 13.0, 52.1, 13.1),)),
        tenant="north",
        tags=("depot",),
        schedule=(Hours((Weekday.MONDAY,), "22:00", "24:00"),),
        speed_limit_mps=5.0,
        dwell_limit_s=3_600.0,
        stop_after_s=30.0,
        is_exempt=True,
        revision=7,
    )

    assert msgspec.json.decode(msgspec.json.encode(hall), type=Geofence) == hall


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("geofence_id", "a/b", "geofence_id"),
        ("geofence_id", "..", "geofence_id"),
        ("geofence_id", "yard\n", "geofence_id"),
        ("geofence_id", "", "geofence_id"),
        ("name", "", "name"),
        ("shape", {"type": "circle", "lat": 91.0, "lon": 0.0, "radius_m": 9.0}, "shape.lat"),
        ("shape", {"type": "circle", "lat": 9.0, "lon": 0.0, "radius_m": 4.0}, "shape.radius_m"),
        ("shape", {"type": "polygon", "coordinates": []}, "shape.coordinates"),
        ("shape", {"type": "polygon", "coordinates": [[[0.0, 0.0]] * 3]}, "shape.coordinates"),
        ("shape", {"type": "polygon", "coordinates": [[[0.0, 0.0, 0.0]] * 4]}, "shape.coordinates"),
        ("schedule", [{"days": ["mon"], "start": "8:00", "end": "17:00"}], "schedule"),
        ("schedule", [{"days": ["mon"], "start": "08:00", "end": "24:01"}], "schedule"),
        ("schedule", [{"days": ["mon"], "start": "08:00\n", "end": "24:00"}], "schedule"),
        ("schedule", [{"days": [], "start": "08:00", "end": "17:00"}], "schedule"),
        ("speed_limit_mps", 0.0, "speed_limit_mps"),
        ("stop_after_s", 29.0, "stop_after_s"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_by_its_name(field: str, value: object, told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"at `\$\.{told}"):
        msgspec.convert({**YARD, field: value}, Geofence)
