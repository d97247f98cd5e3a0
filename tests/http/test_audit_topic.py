"""Two workers on a real Kafka that ask for keys: one lets in whom the other does, and Kafka has who changed what."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from fleet_app.broker.testing import RunningKafka
from fleet_app.records.audit_entry import AuditEntry
from fleet_app.topics import AUDIT
from tests.api.installation import CLUSTER_SECRET, OPERATOR_KEY, bearer, make_key
from tests.support.kafka import forget_topics, read_all
from tests.support.processes import Cluster, cluster_of, eventually

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def cluster(kafka: RunningKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    forget_topics(kafka.bootstrap)
    secrets = {"FLEET_API_KEY": OPERATOR_KEY, "FLEET_CLUSTER_SECRET": CLUSTER_SECRET}
    with cluster_of(kafka.bootstrap, tmp_path_factory.mktemp("audit"), **secrets) as made:
        made.start(2)
        yield made


@pytest.fixture(scope="module")
def clients(cluster: Cluster) -> Iterator[list[httpx.Client]]:
    """One for each worker, without any credentials."""
    made = [httpx.Client(base_url=worker.url, timeout=30.0) for worker in cluster.workers]
    yield made
    for client in made:
        client.close()


def entries(kafka: RunningKafka) -> list[tuple[str, str, str, int]]:
    values = [record.value for record in read_all(kafka.bootstrap, AUDIT.name)]
    read = [msgspec.json.decode(value, type=AuditEntry) for value in values if value is not None]
    return [(entry.caller, entry.method, entry.path, entry.status) for entry in read]


def test_what_was_answered_is_in_the_audit_already(kafka: RunningKafka, clients: list[httpx.Client]) -> None:
    here, there = clients
    with httpx.Client(base_url=here.base_url, headers=bearer(OPERATOR_KEY)) as operator:
        made = make_key(operator, "dispatcher", "acme", "acme")
    key_id = made.partition(".")[0]
    fence = {"name": "Depot", "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 300.0}}
    there.put("/api/geofences/depot", json=fence, headers=bearer(made))
    there.post("/login", json={"key": "wrong"})

    assert set(entries(kafka)) == {
        ("operator", "POST", "/api/keys", 201),
        (key_id, "PUT", "/api/geofences/depot", 202),
        ("(unknown)", "POST", "/login", 401),
    }


def test_a_session_is_good_on_both_workers_and_ends_with_its_key(clients: list[httpx.Client]) -> None:
    here, there = clients
    with httpx.Client(base_url=here.base_url, headers=bearer(OPERATOR_KEY)) as operator:
        key = make_key(operator, "viewer", "acme", "acme")
        cookie = here.post("/login", json={"key": key}).headers["set-cookie"].partition(";")[0]
        session = {"Cookie": cookie}
        here.cookies.clear()

        # Both own some of the partitions, and each asks the other on the session's behalf.
        assert [client.get("/api/vehicles", headers=session).status_code for client in clients] == [200, 200]
        operator.delete(f"/api/keys/{key.partition('.')[0]}", params={"wait": "1"})

    def is_over() -> bool:
        return [client.get("/api/vehicles", headers=session).status_code for client in (here, there)] == [401, 401]

    eventually(is_over, what="the session to end at both workers")
