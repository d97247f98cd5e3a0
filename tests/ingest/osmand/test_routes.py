"""`/osmand` against a Kafka that is a list."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.position import Position, read_position
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.ingest import http
from fleet_app.ingest.osmand import routes
from fleet_app.ingest.osmand.routes import osmand_router
from fleet_app.metrics import DOOR_POSITIONS
from tests.ingest.clients import NORTH, PHONE, client_as, client_of
from tests.ingest.fakes import AbsentKafka, ListOfRecords
from tests.ingest.fleets import knowing

PATH = "/osmand"
QUERY = "id=phone-7&timestamp=1767168000&lat=52.4312&lon=13.5345"
MESSAGE = {
    "location": {"timestamp": "2025-12-31T08:00:00Z", "coords": {"latitude": 52.4312, "longitude": 13.5345}},
    "device_id": "phone-7",
}
VAN = VehicleProfile(vehicle_id="van-7", devices=(DeviceSpan("phone-7"),))
READ = Position(vehicle_id="van-7", device_id="phone-7", time_ms=1_767_168_000_000, lat=52.4312, lon=13.5345)


@pytest.fixture
def kafka_list() -> ListOfRecords:
    return ListOfRecords()


@pytest.fixture
def client(kafka_list: ListOfRecords) -> Iterator[TestClient[Litestar]]:
    with client_of(osmand_router(kafka_list, knowing(VAN))) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{PATH}?{QUERY}", b""),
        ("POST", f"{PATH}?{QUERY}", b""),
        ("POST", PATH, QUERY.encode()),
    ],
)
def test_a_form_is_taken_from_the_query_or_the_body(
    method: str, path: str, body: bytes, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.request(method, path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert [record.key for record in kafka_list.records] == ["van-7"]
    assert read_position(kafka_list.records[0].value) == READ


def test_a_message_is_taken(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.post(PATH, json=MESSAGE)

    assert (answer.status_code, answer.content) == (200, b"")
    assert [read_position(record.value) for record in kafka_list.records] == [READ]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "lat is missing; id, timestamp, lat and lon are needed"),
        (f"{QUERY}&valid=false", "valid is 'false': the device says that it has no fix"),
        (f"{QUERY}&lat=91", "Expected `float` <= 90.0 - at lat (lat 91.0)"),
    ],
)
def test_what_gives_no_position_is_a_bad_request_that_says_why(
    query: str, told: str, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.get(f"{PATH}?{query}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["detail"]) == ("bad_request", told)
    assert kafka_list.records == []


def test_a_body_over_the_limit_is_refused(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    filler = b"&x=" + b"x" * routes.MAX_BODY_BYTES

    assert client.post(PATH, content=QUERY.encode() + filler).status_code == 413
    assert kafka_list.records == []


def test_a_kafka_that_is_away_is_service_unavailable_so_that_the_phone_keeps_the_position() -> None:
    with client_of(osmand_router(AbsentKafka(), knowing(VAN))) as client:
        answer = client.get(f"{PATH}?{QUERY}")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == str(http.RETRY_AFTER_S)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_site_cannot_send_positions(
    method: str, site: str, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.request(method, f"{PATH}?{QUERY}", headers={"sec-fetch-site": site})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert kafka_list.records == []


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_an_address_typed_into_a_browser_is_served(
    site: str, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    assert client.get(f"{PATH}?{QUERY}", headers={"sec-fetch-site": site}).status_code == 200
    assert len(kafka_list.records) == 1


def test_what_the_door_takes_and_refuses_is_counted(client: TestClient[Litestar]) -> None:
    accepted, rejected = (DOOR_POSITIONS.labels("osmand", outcome) for outcome in ("accepted", "rejected"))
    before = accepted._value.get(), rejected._value.get()

    client.get(f"{PATH}?{QUERY}")
    client.get(f"{PATH}?{QUERY}&lat=91")

    assert (accepted._value.get() - before[0], rejected._value.get() - before[1]) == (1, 1)


def test_the_openapi_document_has_both_methods(client: TestClient[Litestar]) -> None:
    operations = client.get("/schema/openapi.json").json()["paths"][PATH]

    assert {method: set(operation["responses"]) for method, operation in operations.items()} == {
        "get": {"200", "400", "403", "503"},
        "post": {"200", "400", "403", "413", "503"},
    }


def test_a_phone_that_nobody_claims_is_a_vehicle_by_its_own_id(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    assert client.get(f"{PATH}?{QUERY}&id=phone-8").status_code == 200
    assert [record.key for record in kafka_list.records] == ["phone-8"]


@pytest.mark.parametrize(
    ("unknown", "phone", "told"),
    [
        (UnknownDevices.REFUSE, "phone-8", "no vehicle has the device 'phone-8'"),
        (UnknownDevices.ACCEPT, "a/b", "device_id 'a/b' can be no vehicle's id"),
    ],
)
def test_a_phone_that_is_nobodys_is_a_bad_request_that_says_why(unknown: UnknownDevices, phone: str, told: str) -> None:
    kafka_list = ListOfRecords()
    with client_of(osmand_router(kafka_list, knowing(VAN, unknown=unknown))) as client:
        answer = client.get(f"{PATH}?{QUERY}&id={phone}")

    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert kafka_list.records == []


def test_a_phone_with_a_key_of_its_own_sends_for_its_vehicle() -> None:
    kafka_list = ListOfRecords()
    own = VehicleProfile(vehicle_id="van-7", tenant="north", devices=(DeviceSpan("phone-7"),))
    with client_as(PHONE, osmand_router(kafka_list, knowing(own))) as client:
        answer = client.get(f"{PATH}?{QUERY}")

    assert (answer.status_code, [record.key for record in kafka_list.records]) == (200, ["van-7"])


@pytest.mark.parametrize("caller", [PHONE, NORTH], ids=lambda caller: caller.name)
def test_a_phone_that_is_not_the_callers_is_forbidden_and_counted(caller: Caller) -> None:
    kafka_list = ListOfRecords()
    rejected = DOOR_POSITIONS.labels("osmand", "rejected")
    before = rejected._value.get()
    with client_as(caller, osmand_router(kafka_list, knowing(VAN))) as client:
        answer = client.post(PATH, json=MESSAGE | {"device_id": "phone-8"})

    assert (answer.status_code, answer.json()["code"], kafka_list.records) == (403, "forbidden", [])
    assert rejected._value.get() == before + 1
