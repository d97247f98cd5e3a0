"""Changes of profiles over HTTP, against a Kafka that is a list."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.revisions import Outcome, Standing, Verdict
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.profiles import MAX_BODY_BYTES, MAX_PROFILE_BYTES, MOST_PROFILES, profiles_router
from fleet_app.records.profile_change import ProfileChange
from tests.ingest.clients import NORTH, client_as
from tests.ingest.fakes import AbsentKafka, FakeOutcomes, ListOfRecords
from tests.web.fakes import FakeViews

PATH = "/api/vehicle-profiles"
BODY: dict[str, Any] = {"name": "Van 7", "devices": [{"device_id": "phone-7"}]}
VAN = msgspec.convert(BODY | {"vehicle_id": "van-7"}, VehicleProfile)


def client_of(sender: Sender, outcomes: FakeOutcomes, caller: Caller = LOCAL) -> TestClient[Litestar]:
    """Return a client of a worker that shows `van-8`; ids that are made are `id-1`, `id-2` and so on."""
    ids = (f"id-{number}" for number in count(1))
    views = FakeViews()
    views.show(VEHICLE_PROFILES, {"van-8": VehicleProfile(vehicle_id="van-8", revision=2)})
    router = profiles_router(sender, lambda: next(ids), lambda: views.now(VEHICLE_PROFILES))
    return client_as(caller, router, outcomes=outcomes)


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


def sent(kafka_list: ListOfRecords) -> list[tuple[str, ProfileChange]]:
    assert {record.topic for record in kafka_list.records} <= {"fleet.vehicle-profile-changes"}
    return [(record.key, msgspec.json.decode(record.value or b"", type=ProfileChange)) for record in kafka_list.records]


def accepted(request_id: str, revision: int) -> Standing:
    return Standing(1, revision, (Outcome(request_id, Verdict.ACCEPTED, revision),))


def test_put_sends_the_whole_profile_and_says_where_the_change_stands(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.put(f"{PATH}/van-7", json=BODY)

    assert (answer.status_code, answer.json()["topic"], answer.json()["request_id"]) == (
        202,
        "fleet.vehicle-profile-changes",
        "id-1",
    )
    assert sent(kafka_list) == [("van-7", ProfileChange(request_id="id-1", seen_revision=None, profile=VAN))]


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
    client.put(f"{PATH}/van-7", json=BODY | in_body, headers=headers)

    assert [change.seen_revision for _, change in sent(kafka_list)] == [seen]


def test_who_waits_is_told_what_became_of_it(kafka_list: ListOfRecords) -> None:
    with client_of(kafka_list, FakeOutcomes([accepted("id-1", 1)], [1])) as client:
        made = client.put(f"{PATH}/van-7?wait=1", json=BODY)
    with client_of(kafka_list, FakeOutcomes([accepted("id-1", 4)], [4])) as client:
        changed = client.put(f"{PATH}/van-7?wait=1", json=BODY)
    with client_of(kafka_list, FakeOutcomes([Standing(9, 5, (Outcome("id-1", Verdict.STALE, 5),))])) as client:
        stale = client.put(f"{PATH}/van-7?wait=1", json=BODY)
    with client_of(kafka_list, FakeOutcomes([Standing(9, 0, ())], [0])) as client:
        deleted = client.delete(f"{PATH}/van-7?wait=1")

    assert [answer.status_code for answer in (made, changed, stale, deleted)] == [201, 200, 409, 204]
    assert (made.headers["etag"], changed.json()["revision"]) == ('"1"', 4)


def test_delete_sends_that_there_shall_be_none(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.delete(f"{PATH}/van-7", headers={"If-Match": '"3"'})

    assert answer.status_code == 202
    assert sent(kafka_list) == [("van-7", ProfileChange(request_id="id-1", seen_revision=3, profile=None))]


@pytest.mark.parametrize(
    ("vehicle_id", "body", "told"),
    [
        ("van-7", BODY | {"vehicle_id": "van-8"}, "the body is of vehicle 'van-8', the path of 'van-7'"),
        ("van-7", {"vehicle_class": "rocket"}, "Invalid enum value 'rocket' - at `$.vehicle_class`"),
        ("van-7", {"devices": [{"device_id": "a"}, {"device_id": "a"}]}, "devices: 'a' is in twice at once"),
        ("van-7", {"colour": "red"}, "colour"),
        ("x" * 129, BODY, "in the path is no vehicle's id: Expected `str` of length <= 128"),
    ],
)
def test_what_is_no_profile_is_a_bad_request_that_says_why(
    client: TestClient[Litestar], kafka_list: ListOfRecords, vehicle_id: str, body: dict[str, Any], told: str
) -> None:
    answer = client.put(f"{PATH}/{vehicle_id}", json=body)

    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert kafka_list.records == []


def test_many_are_sent_at_once_and_each_is_told_what_became_of_it(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.post(PATH, json=[{"vehicle_id": "van-8"}, {"vehicle_id": "van-8", "name": 7}])

    assert answer.status_code == 200
    assert [item["became"] for item in answer.json()["items"]] == ["unchanged", "refused"]
    assert kafka_list.records == []


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"{}", 400), (b"[" * 100_000, 400), (b"[1,", 400)])
def test_what_is_no_array_is_a_bad_request(client: TestClient[Litestar], body: bytes, status: int) -> None:
    assert client.post(PATH, content=body).status_code == status


def test_too_many_or_too_large_are_refused_as_a_whole(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    many = b"[" + b",".join([b"1"] * (MOST_PROFILES + 1)) + b"]"

    assert client.post(PATH, content=many).status_code == 413
    assert client.post(PATH, content=b"[" + b" " * MAX_BODY_BYTES + b"]").status_code == 413
    assert client.put(f"{PATH}/van-7", content=b"{" + b" " * MAX_PROFILE_BYTES + b"}").status_code == 413
    assert kafka_list.records == []


def test_a_kafka_that_is_away_is_service_unavailable() -> None:
    with client_of(AbsentKafka(), FakeOutcomes()) as client:
        answers = [
            client.put(f"{PATH}/van-7", json=BODY),
            client.delete(f"{PATH}/van-7"),
            client.post(PATH, json=[BODY | {"vehicle_id": "van-7"}]),
        ]

    assert [answer.status_code for answer in answers] == [503, 503, 503]


def test_the_openapi_document_has_the_profile(client: TestClient[Litestar]) -> None:
    document = client.get("/schema/openapi.json").json()

    properties = document["components"]["schemas"]["VehicleProfile"]["properties"]
    assert set(properties) == set(VehicleProfile.__struct_fields__)
    assert set(document["paths"][f"{PATH}/{{vehicle_id}}"]) == {"put", "delete"}


# --- one of several tenants

NO_PROFILE = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "no profile of a vehicle 'van-7' is known",
    "code": "unknown_profile",
}


@pytest.fixture
def north(kafka_list: ListOfRecords, outcomes: FakeOutcomes) -> Iterator[TestClient[Litestar]]:
    with client_of(kafka_list, outcomes, NORTH) as client:
        yield client


def test_a_profile_that_a_tenant_makes_is_its_own(north: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = north.put(f"{PATH}/van-7", json=BODY)

    ((_, change),) = sent(kafka_list)
    assert (answer.status_code, change.tenant) == (202, "north")
    assert change.profile == msgspec.structs.replace(VAN, tenant="north")


def test_a_tenant_makes_no_profile_for_another(north: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = north.put(f"{PATH}/van-7", json=BODY | {"tenant": "south"})

    assert (answer.status_code, answer.json()["code"], kafka_list.records) == (403, "forbidden", [])


def test_a_vehicle_of_another_tenant_is_answered_like_one_that_nobody_knows(
    north: TestClient[Litestar], kafka_list: ListOfRecords, outcomes: FakeOutcomes
) -> None:
    unknown = north.delete(f"{PATH}/van-7")
    outcomes.vehicle_tenants = {"van-7": "south"}
    by_positions = [north.put(f"{PATH}/van-7?wait=1", json=BODY), north.delete(f"{PATH}/van-7")]
    outcomes.shown_tenants = {("fleet.vehicle-profile-changes", "van-7"): "south"}
    by_profile = [north.put(f"{PATH}/van-7?wait=1", json=BODY), north.delete(f"{PATH}/van-7")]

    assert [answer.json() for answer in (unknown, *by_positions, *by_profile)] == [NO_PROFILE] * 5
    assert kafka_list.records == []


def test_a_vehicle_whose_owner_cannot_be_asked_gets_no_profile(
    north: TestClient[Litestar], kafka_list: ListOfRecords, outcomes: FakeOutcomes
) -> None:
    outcomes.vehicle_tenants = None
    answers = [north.put(f"{PATH}/van-7", json=BODY), north.post(PATH, json=[BODY | {"vehicle_id": "van-7"}])]

    assert [answer.json()["code"] for answer in answers] == ["owner_unreachable"] * 2
    assert kafka_list.records == []


def test_what_is_ones_own_is_changed_and_deleted(
    north: TestClient[Litestar], kafka_list: ListOfRecords, outcomes: FakeOutcomes
) -> None:
    outcomes.shown_tenants = {("fleet.vehicle-profile-changes", "van-7"): "north"}
    answers = [north.put(f"{PATH}/van-7", json=BODY), north.delete(f"{PATH}/van-7")]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [change.tenant for _, change in sent(kafka_list)] == ["north", "north"]
