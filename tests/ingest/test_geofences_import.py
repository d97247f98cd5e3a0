"""Many geofences from GeoJSON, each told what became of it."""

import asyncio
import json
from itertools import count
from typing import Any

import msgspec
import pytest
from litestar.exceptions import ClientException, HTTPException

from fleet_app.domain.access.caller import LOCAL
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import Request
from fleet_app.http.problems import ApiError
from fleet_app.ingest.changes import Change, Door
from fleet_app.ingest.geofences_import import (
    MAX_FEATURES,
    MAX_IMPORT_BYTES,
    AcceptedFeature,
    ImportReceipt,
    RefusedFeature,
    import_geojson,
)
from fleet_app.ingest.producer import Sender
from fleet_app.topics import GEOFENCE_CHANGES
from tests.ingest.fakes import AbsentKafka, FakeOutcomes, ListOfRecords

DEPOT: dict[str, Any] = {
    "type": "Feature",
    "id": "depot",
    "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
    "properties": {"name": "Depot", "radius_m": 100, "revision": 7},
}
NAMELESS: dict[str, Any] = DEPOT | {"id": None, "properties": {"radius_m": 100}}
BAD_OUTLINE: dict[str, Any] = DEPOT | {"id": "bad", "geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}


def change_of(geofence: Geofence) -> Change[Geofence]:
    return Change(
        topic=GEOFENCE_CHANGES,
        key=geofence.geofence_id,
        request=Request(f"to-{geofence.geofence_id}", None, geofence),
        record=msgspec.json.encode(geofence),
    )


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def imported(document: bytes, sender: Sender) -> ImportReceipt:
    ids = (f"id-{number}" for number in count(1))
    door = Door(sender, lambda: next(ids), FakeOutcomes())
    return asyncio.run(import_geojson(document, door, LOCAL, change_of=change_of))


def test_each_feature_is_a_change_of_its_geofence() -> None:
    kafka_list = ListOfRecords()
    receipt = imported(collection(DEPOT, DEPOT | {"id": "yard"}), kafka_list)

    assert receipt == ImportReceipt(
        [AcceptedFeature(0, "depot", 0, 0, "to-depot"), AcceptedFeature(1, "yard", 0, 1, "to-yard")], []
    )
    sent = msgspec.json.decode(kafka_list.records[0].value or b"", type=Geofence)
    assert (sent.geofence_id, sent.name, sent.shape) == ("depot", "Depot", Circle(52.5, 13.4, 100.0))


def test_a_single_feature_will_do_and_one_without_an_id_gets_one() -> None:
    anew = DEPOT | {"id": None}
    receipt = imported(json.dumps(anew).encode(), ListOfRecords())

    assert [accepted.geofence_id for accepted in receipt.accepted] == ["id-1"]


def test_bad_ones_are_told_by_index_and_the_good_ones_kept() -> None:
    kafka_list = ListOfRecords()
    receipt = imported(collection(BAD_OUTLINE, DEPOT, NAMELESS, DEPOT, "no"), kafka_list)

    assert [accepted.index for accepted in receipt.accepted] == [1]
    assert [rejected.index for rejected in receipt.rejected] == [0, 2, 3, 4]
    assert receipt.rejected[2] == RefusedFeature(3, "its id 'depot' is that of feature 1, too: give each its own")
    assert [record.key for record in kafka_list.records] == ["depot"]


def test_nothing_is_sent_where_nothing_is_good() -> None:
    assert imported(collection(BAD_OUTLINE), AbsentKafka()).accepted == []
    assert imported(collection(), AbsentKafka()) == ImportReceipt([], [])


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b'{"type":"Topology"}', b"\xff"])
def test_what_is_no_geojson_is_a_bad_request(document: bytes) -> None:
    with pytest.raises(ClientException, match="nothing was sent"):
        imported(document, AbsentKafka())


def test_more_features_than_the_limit_are_refused_as_a_whole() -> None:
    kafka_list = ListOfRecords()
    features = [DEPOT | {"id": f"f{number}"} for number in range(MAX_FEATURES + 1)]
    receipt = imported(collection(*features[:-1]), kafka_list)

    with pytest.raises(HTTPException, match="more than 10000 features") as raised:
        imported(collection(*features), kafka_list)
    assert (raised.value.status_code, len(receipt.accepted), len(kafka_list.records)) == (413, 10_000, 10_000)


def test_the_largest_collection_of_circles_is_small_enough() -> None:
    named = DEPOT | {"properties": {"name": "A name of some length", "radius_m": 100.5, "tags": ["customer", "north"]}}

    assert len(collection(*[named | {"id": f"customer-{number}"} for number in range(MAX_FEATURES)])) < MAX_IMPORT_BYTES


def test_a_kafka_that_is_away_is_service_unavailable() -> None:
    with pytest.raises(ApiError) as raised:
        imported(collection(DEPOT), AbsentKafka())

    assert raised.value.problem.status == 503


def test_other_work_has_its_turn_after_each_feature() -> None:
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def import_beside_other_work() -> None:
        other = asyncio.create_task(other_work())
        await import_geojson(
            collection(*[DEPOT | {"id": f"f{number}"} for number in range(50)]),
            Door(ListOfRecords(), lambda: "", FakeOutcomes()),
            LOCAL,
            change_of=change_of,
        )
        other.cancel()

    asyncio.run(import_beside_other_work())
    assert turns >= 50
