"""A vehicle forgotten over HTTP: what is sent for it, and when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.revisions import Standing
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.vehicles import vehicles_router
from fleet_app.records.profile_change import ProfileChange
from tests.ingest.clients import NORTH, client_as
from tests.ingest.fakes import AbsentKafka, FakeOutcomes, ListOfRecords

VAN = "van-7"
PATH = f"/api/vehicles/{VAN}"
DECIDED = Standing(1, 0, ())
"""The first change is decided, and there is no profile."""


@contextmanager
def client_of(
    sender: Sender, outcomes: FakeOutcomes, *, caller: Caller = LOCAL, longest_wait_s: float = 5.0
) -> Iterator[TestClient[Litestar]]:
    """Yield a client; ids that are made are `id-1`, `id-2` and so on."""
    ids = (f"id-{number}" for number in count(1))
    router = vehicles_router(sender, lambda: next(ids), longest_wait_s=longest_wait_s)
    with client_as(caller, router, outcomes=outcomes) as client:
        yield client


def test_it_is_sent_that_the_vehicle_be_forgotten_and_that_it_shall_have_no_profile() -> None:
    kafka = ListOfRecords()
    with client_of(kafka, FakeOutcomes()) as client:
        answer = client.delete(PATH)

    profile, vehicle = kafka.records
    assert msgspec.json.decode(profile.value or b"", type=ProfileChange) == ProfileChange(
        request_id="id-1", seen_revision=None, profile=None
    )
    assert (profile.topic, profile.key) == ("fleet.vehicle-profile-changes", VAN)
    assert (vehicle.topic, vehicle.key, vehicle.value) == ("fleet.positions", VAN, None)
    assert vehicle.headers == (("fleet-forget", b""),)
    assert (answer.status_code, answer.json()) == (
        202,
        {
            "vehicle_id": VAN,
            "topic": "fleet.positions",
            "partition": 0,
            "offset": 1,
            "profile": {
                "key": VAN,
                "topic": "fleet.vehicle-profile-changes",
                "partition": 0,
                "offset": 0,
                "request_id": "id-1",
            },
        },
    )


def test_who_waits_is_told_when_it_is_gone() -> None:
    with client_of(ListOfRecords(), FakeOutcomes([None, DECIDED], [0], [None, 1, 2])) as client:
        answer = client.delete(PATH, params={"wait": "1"})

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "outcomes",
    [
        FakeOutcomes([DECIDED], [0], [1]),
        FakeOutcomes([DECIDED], [0], [None]),
        FakeOutcomes([None], [0], [2]),
        FakeOutcomes([DECIDED], [3], [2]),
    ],
    ids=["not handled", "no owner", "profile not decided", "profile still shown"],
)
def test_who_waits_for_too_long_is_told_where_it_stands(outcomes: FakeOutcomes) -> None:
    with client_of(ListOfRecords(), outcomes, longest_wait_s=0.01) as client:
        answer = client.delete(PATH, params={"wait": "1"})

    assert (answer.status_code, answer.json()["offset"]) == (202, 1)


@pytest.mark.parametrize("vehicle_id", ["%0A", "v" * 129])
def test_of_an_id_that_no_vehicle_can_have_nothing_is_sent(vehicle_id: str) -> None:
    kafka = ListOfRecords()
    with client_of(kafka, FakeOutcomes()) as client:
        answer = client.delete(f"/api/vehicles/{vehicle_id}")

    assert (answer.status_code, kafka.records) == (400, [])


def test_without_kafka_nothing_is_promised() -> None:
    with client_of(AbsentKafka(), FakeOutcomes()) as client:
        answer = client.delete(PATH)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize("shown", [{("fleet.vehicle-profile-changes", VAN): "north"}, {}])
def test_an_admin_forgets_vehicles_of_its_tenant_by_profile_or_by_positions(shown: dict[tuple[str, str], str]) -> None:
    kafka, outcomes = ListOfRecords(), FakeOutcomes()
    outcomes.shown_tenants, outcomes.vehicle_tenants = shown, {VAN: "north"}
    with client_of(kafka, outcomes, caller=NORTH) as client:
        answer = client.delete(PATH)

    profile, _ = kafka.records
    assert answer.status_code == 202
    assert msgspec.json.decode(profile.value or b"", type=ProfileChange).tenant == "north"


@pytest.mark.parametrize(
    ("shown", "by_positions"),
    [({}, {}), ({}, {VAN: "south"}), ({("fleet.vehicle-profile-changes", VAN): "south"}, {VAN: "north"})],
    ids=["nobody's", "another's by positions", "another's by profile"],
)
def test_what_is_not_its_tenants_is_no_vehicle_to_an_admin(
    shown: dict[tuple[str, str], str], by_positions: dict[str, str]
) -> None:
    kafka, outcomes = ListOfRecords(), FakeOutcomes()
    outcomes.shown_tenants, outcomes.vehicle_tenants = shown, by_positions
    with client_of(kafka, outcomes, caller=NORTH) as client:
        answer = client.delete(PATH, params={"wait": "1"})

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_vehicle")
    assert answer.json()["detail"] == "no position of a vehicle 'van-7' has come in"
    assert kafka.records == []
