"""`POST /api/positions` against a Kafka that is a list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.position import Position, Report, read_position
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.ingest import http
from fleet_app.ingest.http import positions_router, split
from fleet_app.metrics import DOOR_POSITIONS
from tests.ingest.clients import NORTH, PHONE, client_as, client_of
from tests.ingest.fakes import AbsentKafka, ListOfRecords
from tests.ingest.fleets import knowing

PATH = "/api/positions"
GOOD: dict[str, Any] = {"vehicle_id": "van-7", "time_ms": 1_767_168_000_000, "lat": 52.4312, "lon": 13.5345}
VAN = VehicleProfile(vehicle_id="van-7", devices=(DeviceSpan("phone-7", 1_767_168_000_000),))
BY_DEVICE: dict[str, Any] = {"device_id": "phone-7", "time_ms": 1_767_168_000_000, "lat": 52.4312, "lon": 13.5345}
TOO_FAR_NORTH = GOOD | {"lat": 91}


@pytest.fixture
def kafka_list() -> ListOfRecords:
    return ListOfRecords()


@pytest.fixture
def client(kafka_list: ListOfRecords) -> Iterator[TestClient[Litestar]]:
    with client_of(positions_router(kafka_list, knowing(VAN))) as client:
        yield client


def test_one_position_is_taken_and_placed(client: TestClient[Litestar], kafka_list: ListOfRecords) -> None:
    answer = client.post(PATH, json=GOOD)

    assert answer.status_code == 202
    assert answer.json() == {"accepted": [{"index": 0, "partition": 0, "offset": 0}], "rejected": []}
    assert [record.key for record in kafka_list.records] == ["van-7"]
    assert read_position(kafka_list.records[0].value) == Position(**GOOD)


def test_bad_ones_among_many_are_reported_by_index_and_the_good_ones_kept(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.post(PATH, json=[GOOD, TOO_FAR_NORTH, "no", GOOD | {"vehicle_id": "van-8"}, {"lat": 1}])

    assert answer.status_code == 202
    assert [accepted["index"] for accepted in answer.json()["accepted"]] == [0, 3]
    assert [(rejected["index"], rejected["reason"]) for rejected in answer.json()["rejected"]] == [
        (1, "out_of_range"),
        (2, "malformed"),
        (4, "missing_field"),
    ]
    assert "lat" in answer.json()["rejected"][0]["detail"]
    assert [record.key for record in kafka_list.records] == ["van-7", "van-8"]


def test_a_device_sends_for_the_vehicle_that_it_was_in_at_the_time(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    before = BY_DEVICE | {"time_ms": BY_DEVICE["time_ms"] - 1}

    assert client.post(PATH, json=[BY_DEVICE, before]).status_code == 202
    assert [record.key for record in kafka_list.records] == ["van-7", "phone-7"]
    assert read_position(kafka_list.records[0].value) == Position(vehicle_id="van-7", **BY_DEVICE)


def test_a_device_that_nobody_claims_is_refused_in_the_receipt_where_the_fleet_says_so() -> None:
    kafka_list = ListOfRecords()
    doors = positions_router(kafka_list, knowing(VAN, unknown=UnknownDevices.REFUSE))
    with client_of(doors) as client:
        answer = client.post(PATH, json=[BY_DEVICE, BY_DEVICE | {"device_id": "phone-8"}, GOOD | {"vehicle_id": "v"}])

    assert [accepted["index"] for accepted in answer.json()["accepted"]] == [0, 2]
    assert [(rejected["index"], rejected["reason"]) for rejected in answer.json()["rejected"]] == [
        (1, "unknown_device")
    ]
    assert [record.key for record in kafka_list.records] == ["van-7", "v"]


def test_bytes_that_are_not_utf_8_cost_their_own_position_only(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    broken = json.dumps(GOOD).encode().replace(b"van-7", b"\xff")

    answer = client.post(PATH, content=b"[" + broken + b"," + json.dumps(GOOD).encode() + b"]")

    assert [(rejected["index"], rejected["reason"]) for rejected in answer.json()["rejected"]] == [(0, "malformed")]
    assert len(kafka_list.records) == 1


@pytest.mark.parametrize("body", [TOO_FAR_NORTH, [TOO_FAR_NORTH, {}], 42])
def test_nothing_but_bad_ones_is_unprocessable(
    body: object, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    answer = client.post(PATH, json=body)

    assert answer.status_code == 422
    assert answer.json()["accepted"] == []
    assert answer.json()["rejected"][0]["index"] == 0
    assert kafka_list.records == []


@pytest.mark.parametrize("body", [b"", b"lat=52&lon=13", b"[1,", b'{"lat":1} {"lat":2}', b"[" * 100_000, b"\xff"])
def test_what_is_not_json_is_a_bad_request(
    body: bytes, client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    assert client.post(PATH, content=body).status_code == 400
    assert kafka_list.records == []


def test_an_empty_array_is_taken(client: TestClient[Litestar]) -> None:
    answer = client.post(PATH, json=[])

    assert (answer.status_code, answer.json()) == (202, {"accepted": [], "rejected": []})


def test_more_positions_than_the_limit_are_refused_as_a_whole(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    at_limit = client.post(PATH, json=[GOOD] * http.MAX_POSITIONS)
    over_limit = client.post(PATH, json=[GOOD] * (http.MAX_POSITIONS + 1))

    assert len(at_limit.json()["accepted"]) == http.MAX_POSITIONS
    assert over_limit.status_code == 413
    assert len(kafka_list.records) == http.MAX_POSITIONS


def test_a_body_over_the_limit_is_refused(client: TestClient[Litestar]) -> None:
    assert client.post(PATH, content=b"[" + b" " * http.MAX_BODY_BYTES + b"]").status_code == 413


def test_fields_that_the_contract_does_not_name_are_not_passed_on(
    client: TestClient[Litestar], kafka_list: ListOfRecords
) -> None:
    client.post(PATH, json=GOOD | {"driver": "x" * 10_000})

    assert "driver" not in json.loads(kafka_list.records[0].value or b"")


def test_a_kafka_that_is_away_is_service_unavailable_and_says_when_to_try_again() -> None:
    with client_of(positions_router(AbsentKafka(), knowing(VAN))) as client:
        answer = client.post(PATH, json=[GOOD, GOOD])

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == str(http.RETRY_AFTER_S)
    assert "2 records" in answer.text


def test_a_device_key_sends_for_its_own_ids_and_the_rest_of_a_batch_is_refused_one_by_one() -> None:
    kafka_list = ListOfRecords()
    theirs = VehicleProfile(vehicle_id="van-8", tenant="north", devices=(DeviceSpan("phone-7"),))
    with client_as(PHONE, positions_router(kafka_list, knowing(theirs))) as client:
        answer = client.post(PATH, json=[BY_DEVICE, GOOD, BY_DEVICE | {"device_id": "phone-8"}])

    assert [accepted["index"] for accepted in answer.json()["accepted"]] == [0]
    assert [(rejected["index"], rejected["reason"]) for rejected in answer.json()["rejected"]] == [
        (1, "not_allowed"),
        (2, "not_allowed"),
    ]
    assert [record.key for record in kafka_list.records] == ["van-8"]


def test_an_admin_sends_for_vehicles_of_its_tenant() -> None:
    kafka_list = ListOfRecords()
    own = VehicleProfile(vehicle_id="van-8", tenant="north")
    with client_as(NORTH, positions_router(kafka_list, knowing(VAN, own))) as client:
        answer = client.post(PATH, json=[GOOD, GOOD | {"vehicle_id": "van-8"}])

    assert [(rejected["index"], rejected["reason"]) for rejected in answer.json()["rejected"]] == [(0, "not_allowed")]
    assert [record.key for record in kafka_list.records] == ["van-8"]


def test_bad_positions_are_reported_even_while_kafka_is_away() -> None:
    with client_of(positions_router(AbsentKafka(), knowing(VAN))) as client:
        assert client.post(PATH, json=TOO_FAR_NORTH).status_code == 422


def test_what_the_door_takes_and_refuses_is_counted(client: TestClient[Litestar]) -> None:
    accepted, rejected = (DOOR_POSITIONS.labels("http", outcome) for outcome in ("accepted", "rejected"))
    before = accepted._value.get(), rejected._value.get()

    client.post(PATH, json=[GOOD, GOOD, TOO_FAR_NORTH])

    assert (accepted._value.get() - before[0], rejected._value.get() - before[1]) == (2, 1)


def test_the_openapi_document_says_a_position_or_an_array_of_them(client: TestClient[Litestar]) -> None:
    document = client.get("/schema/openapi.json").json()
    operation = document["paths"][PATH]["post"]
    one, many = operation["requestBody"]["content"]["application/json"]["schema"]["oneOf"]

    assert one == {"$ref": "#/components/schemas/Report"}
    assert many == {"type": "array", "items": one}
    assert set(document["components"]["schemas"]["Report"]["properties"]) == set(Report.__struct_fields__)
    assert set(operation["responses"]) == {"202", "400", "413", "422", "503"}
    assert operation["responses"]["422"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Receipt"
    }


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(JSON_VALUES, max_size=20))
def test_an_array_is_split_into_exactly_its_elements(elements: list[object]) -> None:
    parts = split(b" \n" + json.dumps(elements, indent=1).encode())

    assert [json.loads(part) for part in parts] == elements


@given(JSON_VALUES.filter(lambda value: not isinstance(value, list)))
def test_anything_but_an_array_is_one_element(value: object) -> None:
    (part,) = split(b"\t" + json.dumps(value).encode())

    assert json.loads(part) == value
