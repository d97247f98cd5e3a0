"""Changes of geofences over HTTP, against a Kafka that is a list."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import Outcome, Standing, Verdict
from fleet_app.ingest.geofences import MAX_BODY_BYTES, geofences_router
from fleet_app.ingest.geofences_import import MAX_IMPORT_BYTES
from fleet_app.ingest.producer import Sender
from fleet_app.records.geofence_change import GeofenceChange
from tests.ingest.clients import NORTH, client_as
from tests.ingest.fakes import AbsentKafka, FakeOutcomes, ListOfRecords

PATH = "/api/geofences"
BODY: dict[str, Any] = {"name": "Depot", "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 100}}
BOW_TIE = {"type": "polygon", "coordinates": [[[13.0, 52.0], [13.1, 52.1], [13.1, 52.0], [13.0, 52.1], [13.0, 52.0]]]}
DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0))


def client_of(sender: Sender, outcomes: FakeOutcomes, caller: Caller = LOCAL) -> TestClient[Litestar]:
    """Return a client; ids that are made are `id-1`, `id-2` and so on."""
    ids = (f"id-{number}" for number in count(1))
    return client_as(caller, geofences_router(sender, lambda: next(ids)), outcomes=outcomes)


@pytest.fixture
def kafka_list() -> ListOfRecords:
    return ListOfRecords()


@pytest.fixture
def outcomes() -> FakeOutcomes:
    return FakeOutcomes()


@pytest.fixture
def client(kafka_list: ListOfRecords, outcomes: FakeOutcomes) -> Iterator[TestClient[Litestar]]:
    with client_of(kafka_list, outcomes) as client:
        yield client


def sent(kafka_list: ListOfRecords) -> list[tuple[str, GeofenceChange]]:
    assert {record.topic for record in kafka_list.records} <= {"fleet.geofence-changes"}
    return [
        (record.key, msgspec.json.decode(record.value or b"", type=GeofenceChange)) for record in kafka_list.records
    ]


def accepted(request_id: str, revision: int) -> Standing:
    return Standing(1, revision, (Outcome(request_id, Verdict.ACCEPTED, revision),))


def test_put_sends_the_whole_geofence_and_says_where_the_change_stands(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.put(f"{PATH}/depot", json=BODY)

    assert (answer.status_code, answer.json()) == (
        202,
        {"key": "depot", "topic": "fleet.geofence-changes", "partition": 0, "offset": 0, "request_id": "id-1"},
    )
    assert sent(kafka_list) == [("depot", GeofenceChange(request_id="id-1", seen_revision=None, geofence=DEPOT))]


@pytest.mark.parametrize(
    ("headers", "in_body", "seen"),
    [({"If-Match": '"3"'}, {}, 3), ({}, {"revision": 3}, 3), ({"If-None-Match": "*"}, {}, 0), ({}, {}, None)],
)
def test_put_carries_the_revision_that_was_seen(
    client: TestClient[Litestar],
    kafka_list: ListOfRecords,
    headers: dict[str, str],
    in_body: dict[str, int],
    seen: int | None,
) -> None:
    client.put(f"{PATH}/depot", json=BODY | in_body, headers=headers)

    assert [change.seen_revision for _, change in sent(kafka_list)] == [seen]


def test_post_makes_an_id_that_must_be_new(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.post(PATH, json=BODY)

    assert (answer.status_code, answer.headers["Location"]) == (202, "/api/geofences/id-1")
    made = msgspec.structs.replace(DEPOT, geofence_id="id-1")
    assert sent(kafka_list) == [("id-1", GeofenceChange(request_id="id-2", seen_revision=0, geofence=made))]


def test_post_takes_an_id_that_must_be_new(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.post(PATH, json=BODY | {"geofence_id": "süd 1"})

    assert answer.headers["Location"] == "/api/geofences/s%C3%BCd%201"
    assert [(key, change.seen_revision) for key, change in sent(kafka_list)] == [("süd 1", 0)]


def test_delete_sends_a_change_to_nothing(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.delete(f"{PATH}/depot", headers={"If-Match": '"3"'})

    assert answer.status_code == 202
    assert sent(kafka_list) == [("depot", GeofenceChange(request_id="id-1", seen_revision=3, geofence=None))]


def test_who_waits_is_told_what_became_of_it(client: TestClient[Litestar], outcomes: FakeOutcomes) -> None:
    outcomes.standings, outcomes.shown = [accepted("id-1", 1)], [1]
    made = client.put(f"{PATH}/depot?wait=1", json=BODY)

    outcomes.standings, outcomes.shown = [accepted("id-2", 2)], [2]
    changed = client.put(f"{PATH}/depot?wait=1", json=BODY)

    outcomes.standings, outcomes.shown = [Standing(3, 0, ())], [0]
    deleted = client.delete(f"{PATH}/depot?wait=1")

    assert [each.status_code for each in (made, changed, deleted)] == [201, 200, 204]
    assert (changed.headers["ETag"], changed.json()) == ('"2"', BODY | {"geofence_id": "depot", "revision": 2})


def test_who_waits_for_what_is_refused_is_told_the_revision_there_is(
    client: TestClient[Litestar], outcomes: FakeOutcomes
) -> None:
    outcomes.standings = [Standing(1, 5, (Outcome("id-1", Verdict.STALE, 5),))]

    answer = client.put(f"{PATH}/depot?wait=1", json=BODY, headers={"If-Match": '"3"'})

    assert (answer.status_code, answer.json()["revision"]) == (409, 5)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "wrong"),
    [
        ("PUT", f"{PATH}/depot", {}, {}, "missing required field `name`"),
        ("PUT", f"{PATH}/depot", BODY | {"geofence_id": "yard"}, {}, "of geofence 'yard', the path of 'depot'"),
        ("PUT", f"{PATH}/depot", BODY | {"shape": BOW_TIE}, {}, "the outline crosses"),
        ("PUT", f"{PATH}/depot", BODY, {"If-Match": "x"}, "If-Match"),
        ("PUT", f"{PATH}/depot", BODY | {"revision": 3}, {"If-Match": '"4"'}, "revisions 3 and 4"),
        ("PUT", f"{PATH}/{'x' * 129}", BODY, {}, "is no geofence's id"),
        ("POST", PATH, BODY | {"revision": 3}, {}, "revisions 0 and 3"),
        ("DELETE", f"{PATH}/{'x' * 129}", None, {}, "is no geofence's id"),
    ],
)
def test_what_cannot_be_used_is_a_bad_request_and_sends_nothing(  # noqa: PLR0917 - one per part of a request
    client: TestClient[Litestar],
    kafka_list: ListOfRecords,
    method: str,
    path: str,
    body: object,
    headers: dict[str, str],
    wrong: str,
) -> None:
    answer = client.request(method, path, json=body, headers=headers)

    assert answer.status_code == 400
    assert wrong in answer.json()["detail"]
    assert kafka_list.records == []


def test_a_body_over_the_limit_is_refused(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.put(f"{PATH}/depot", content=b" " * (MAX_BODY_BYTES + 1))

    assert (answer.status_code, kafka_list.records) == (413, [])


def test_a_kafka_that_is_away_is_service_unavailable(outcomes: FakeOutcomes) -> None:
    with client_of(AbsentKafka(), outcomes) as client:
        answers = [client.put(f"{PATH}/depot", json=BODY), client.delete(f"{PATH}/depot?wait=1")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert outcomes.asked == []


def test_the_openapi_document_says_what_is_taken_and_what_is_answered(client: TestClient[Litestar]) -> None:
    document = client.get("/schema/openapi.json").json()
    put = document["paths"][f"{PATH}/{{geofence_id}}"]["put"]

    assert put["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Geofence"}
    assert set(put["responses"]) == {"200", "201", "202", "400", "403", "404", "409", "413", "503"}
    assert set(document["paths"][f"{PATH}/{{geofence_id}}"]["delete"]["responses"]) == {
        "202",
        "204",
        "400",
        "403",
        "404",
        "409",
        "503",
    }
    assert set(document["paths"][PATH]["post"]["responses"]) == {"201", "202", "400", "403", "404", "409", "413", "503"}


FEATURE: dict[str, Any] = {
    "type": "Feature",
    "id": "depot",
    "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
    "properties": {"name": "Depot", "radius_m": 100, "revision": 7},
}


def test_an_import_overwrites_whatever_revision_there_is(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.post(f"{PATH}/import", json={"type": "FeatureCollection", "features": [FEATURE, {"type": "x"}]})

    assert answer.status_code == 202
    assert [accepted["geofence_id"] for accepted in answer.json()["accepted"]] == ["depot"]
    assert [rejected["index"] for rejected in answer.json()["rejected"]] == [1]
    ((key, change),) = sent(kafka_list)
    assert (key, change.request_id, change.seen_revision) == ("depot", "id-1", None)


def test_an_import_of_nothing_but_bad_ones_is_unprocessable(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.post(f"{PATH}/import", json={"type": "FeatureCollection", "features": [{"type": "x"}]})

    assert (answer.status_code, kafka_list.records) == (422, [])


def test_an_import_over_the_limit_is_refused(client: TestClient[Litestar]) -> None:
    assert client.post(f"{PATH}/import", content=b" " * (MAX_IMPORT_BYTES + 1)).status_code == 413


def test_the_openapi_document_says_what_an_import_takes(client: TestClient[Litestar]) -> None:
    operation = client.get("/schema/openapi.json").json()["paths"][f"{PATH}/import"]["post"]

    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/FeatureCollection"
    }
    assert set(operation["responses"]) == {"202", "400", "413", "422", "503"}


@pytest.mark.parametrize("media_type", ["application/geo+json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_is_read_whatever_its_sender_calls_it(client: TestClient[Litestar], media_type: str) -> None:
    headers = {"Content-Type": media_type}
    one = client.put(f"{PATH}/depot", content=msgspec.json.encode(BODY), headers=headers)
    many = client.post(f"{PATH}/import", content=msgspec.json.encode(FEATURE), headers=headers)

    assert (one.status_code, many.status_code) == (202, 202)


# --- one of several tenants

DEPOT_KEY = ("fleet.geofence-changes", "depot")
NO_DEPOT = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "there is no geofence 'depot'",
    "code": "unknown_geofence",
}


@pytest.fixture
def north(kafka_list: ListOfRecords, outcomes: FakeOutcomes) -> Iterator[TestClient[Litestar]]:
    with client_of(kafka_list, outcomes, NORTH) as client:
        yield client


def test_what_a_tenant_makes_is_its_own_and_the_change_says_who_asks(
    north: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    north.put(f"{PATH}/depot", json=BODY)
    north.post(PATH, json=BODY | {"tenant": "north"})
    north.post(f"{PATH}/import", json={**FEATURE, "id": "yard"})

    changes = [change for _, change in sent(kafka_list)]
    assert [change.tenant for change in changes] == ["north"] * 3
    assert [change.geofence.tenant for change in changes if change.geofence] == ["north"] * 3


def test_a_tenant_makes_nothing_for_another(north: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    theirs = BODY | {"tenant": "south"}
    answers = [north.put(f"{PATH}/depot", json=theirs), north.post(PATH, json=theirs)]
    imported = north.post(f"{PATH}/import", json=FEATURE | {"properties": FEATURE["properties"] | {"tenant": "south"}})

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2
    assert "this is for tenant 'south'" in imported.json()["rejected"][0]["detail"]
    assert kafka_list.records == []


def test_what_is_another_tenants_is_answered_like_what_there_is_not_and_nothing_is_sent(
    north: TestClient[Litestar], kafka_list: ListOfRecords, outcomes: FakeOutcomes
) -> None:
    unknown = north.delete(f"{PATH}/depot")
    outcomes.shown_tenants = {DEPOT_KEY: "south"}
    answers = [
        north.delete(f"{PATH}/depot"),
        north.delete(f"{PATH}/depot?wait=1", headers={"If-Match": '"3"'}),
        north.put(f"{PATH}/depot?wait=1", json=BODY),
        north.post(PATH, json=BODY | {"geofence_id": "depot"}),
    ]
    imported = north.post(f"{PATH}/import", json=FEATURE)

    assert unknown.json() == NO_DEPOT
    assert [answer.json() for answer in answers] == [NO_DEPOT] * 4
    assert imported.json()["rejected"] == [{"index": 0, "detail": NO_DEPOT["detail"]}]
    assert kafka_list.records == []


def test_what_is_ones_own_is_changed_and_deleted(
    north: TestClient[Litestar], kafka_list: ListOfRecords, outcomes: FakeOutcomes
) -> None:
    outcomes.shown_tenants = {DEPOT_KEY: "north"}
    answers = [north.put(f"{PATH}/depot", json=BODY), north.delete(f"{PATH}/depot")]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [change.tenant for _, change in sent(kafka_list)] == ["north", "north"]


def test_whoever_waits_for_what_turns_out_to_be_anothers_learns_no_revision(
    north: TestClient[Litestar], outcomes: FakeOutcomes
) -> None:
    outcomes.standings = [Standing(1, 5, (Outcome("id-1", Verdict.OTHER_TENANT, 5),))]

    assert north.put(f"{PATH}/depot?wait=1", json=BODY).json() == NO_DEPOT
