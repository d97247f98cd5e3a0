"""Geofences of real workers on a real Kafka: what is changed at one is seen at all, and nothing dies of dirt."""

from typing import Any

import httpx
import msgspec
import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.records.rejected import Rejected
from tests.support.kafka import produce, read_all
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
BODY: dict[str, Any] = {"name": "Depot", "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 100.0}}


def request(worker: WorkerProcess, method: str, path: str, **given: Any) -> httpx.Response:
    return httpx.request(method, f"{worker.url}{path}", timeout=30.0, trust_env=False, **given)


def shown_at(worker: WorkerProcess, geofence_id: str) -> int | None:
    """Return the revision that a worker shows of a geofence, None for none."""
    answer = request(worker, "GET", f"/api/geofences/{geofence_id}")
    return int(answer.json()["revision"]) if answer.status_code == 200 else None


def listed_at(worker: WorkerProcess) -> dict[str, int]:
    """Return the revisions that a worker lists, by geofence."""
    return {item["geofence_id"]: item["revision"] for item in worker.answers("/api/geofences", limit=1_000)["items"]}


def test_what_is_changed_at_one_worker_is_seen_there_at_once_and_at_the_other_soon(cluster: Cluster) -> None:
    cluster.settings["FLEET_PARTITIONS"] = "4"
    here, there = cluster.start(2)
    for number in range(8):
        path = f"/api/geofences/depot-{number}"
        made = request(here, "PUT", f"{path}?wait=1", json=BODY)
        assert (made.status_code, made.headers["etag"], shown_at(here, f"depot-{number}")) == (201, '"1"', 1)

    made = request(here, "POST", "/api/geofences?wait=1", json=BODY)
    assert shown_at(here, made.json()["geofence_id"]) == 1

    changed = request(here, "PUT", "/api/geofences/depot-0?wait=1", json=BODY, headers={"If-Match": '"1"'})
    stale = request(there, "PUT", "/api/geofences/depot-0?wait=1", json=BODY, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert (stale.status_code, stale.json()["revision"]) == (409, 2)

    deleted = request(there, "DELETE", "/api/geofences/depot-1?wait=1", headers={"If-Match": '"1"'})
    assert (deleted.status_code, shown_at(there, "depot-1")) == (204, None)

    eventually(lambda: listed_at(here) == listed_at(there), what="both workers show the same geofences")
    assert len(listed_at(here)) == 8
    assert {record.value for record in read_all(cluster.settings["FLEET_BROKER"], "fleet.rejected")} == set()


def test_what_one_worker_exports_another_imports(cluster: Cluster) -> None:
    cluster.settings["FLEET_PARTITIONS"] = "2"
    (alone,) = cluster.start(1)
    request(alone, "PUT", "/api/geofences/depot?wait=1", json=BODY)
    exported = request(alone, "GET", "/api/geofences?format=geojson").json()
    features = [feature | {"id": f"depot-{number}"} for feature in exported["features"] for number in range(500)]

    receipt = request(alone, "POST", "/api/geofences/import", json=exported | {"features": [*features, {}]}).json()
    assert (len(receipt["accepted"]), [each["index"] for each in receipt["rejected"]]) == (500, [500])
    eventually(lambda: shown_at(alone, "depot-499") == 1, what="the last one shown")
    eventually(lambda: len(listed_at(alone)) == 501, what="all shown")


def test_dirt_among_the_changes_is_told_and_stops_nobody(cluster: Cluster) -> None:
    cluster.settings["FLEET_PARTITIONS"] = "2"
    broker = cluster.settings["FLEET_BROKER"]
    (alone,) = cluster.start(1)
    misnamed = GeofenceChange(
        request_id="a",
        seen_revision=None,
        geofence=Geofence(geofence_id="other", name="Other", shape=Circle(52.5, 13.4, 100.0)),
    )
    produce(
        broker,
        "fleet.geofence-changes",
        [
            (b"depot", b"\xff not json"),
            (b"depot", None),
            (None, b"{}"),
            (b"depot", b'{"request_id":"a","seen_revision":null,"geofence":{"geofence_id":"depot"}}'),
            (b"depot", msgspec.json.encode(misnamed)),
        ],
    )

    made = request(alone, "PUT", "/api/geofences/depot?wait=1", json=BODY)
    assert (made.status_code, shown_at(alone, "depot")) == (201, 1)
    eventually(lambda: len(read_all(broker, "fleet.rejected")) == 5, what="all dirt told")
    rejected = [msgspec.json.decode(record.value, type=Rejected) for record in read_all(broker, "fleet.rejected")]
    assert {each.topic for each in rejected} == {"fleet.geofence-changes"}
    assert sorted(each.reason for each in rejected) == [
        "malformed",
        "malformed",
        "miskeyed",
        "missing_field",
        "out_of_range",
    ]
    assert alone.process.poll() is None
