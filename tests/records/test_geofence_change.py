"""What a record of a change says."""

import msgspec
import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.records.geofence_change import GeofenceChange

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.25, 100.0))


def test_a_change_is_json_that_any_language_can_write() -> None:
    change = GeofenceChange(request_id="a", seen_revision=3, geofence=DEPOT)

    assert msgspec.json.encode(change) == (
        b'{"request_id":"a","seen_revision":3,"geofence":{"geofence_id":"depot","name":"Depot",'
        b'"shape":{"type":"circle","lat":52.5,"lon":13.25,"radius_m":100.0}}}'
    )


def test_a_change_without_a_geofence_deletes_it_and_one_without_a_revision_overwrites() -> None:
    read = msgspec.json.decode(b'{"request_id":"a","seen_revision":null,"geofence":null}', type=GeofenceChange)

    assert read == GeofenceChange(request_id="a", seen_revision=None, geofence=None)


@pytest.mark.parametrize("lacking", ["request_id", "seen_revision", "geofence"])
def test_nothing_is_taken_for_granted(lacking: str) -> None:
    whole = {"request_id": "a", "seen_revision": None, "geofence": None}
    told = {name: value for name, value in whole.items() if name != lacking}

    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{lacking}`"):
        msgspec.convert(told, GeofenceChange)
