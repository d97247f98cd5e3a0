"""Keys and tenants with real workers on a real Kafka."""

import time
from typing import Any

import httpx
import pytest

from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

OPERATOR = "the-operators-own-key"
DEPOT: dict[str, Any] = {
    "name": "Depot",
    "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 100},
}


@pytest.fixture
def pair(cluster: Cluster) -> tuple[WorkerProcess, WorkerProcess]:
    cluster.settings |= {
        "FLEET_PARTITIONS": "4",
        "FLEET_API_KEY": OPERATOR,
        "FLEET_CLUSTER_SECRET": "what-workers-know-each-other-by-1",
    }
    here, there = cluster.start(2)
    return here, there


def asked(
    worker: WorkerProcess, key: str | None, method: str, path: str, body: object = None, **params: str
) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.request(
        method, f"{worker.url}{path}", headers=headers, json=body, params=params, timeout=30.0, trust_env=False
    )


def status(worker: WorkerProcess, key: str | None, path: str = "/api/geofences") -> int:
    return asked(worker, key, "GET", path).status_code


def made(worker: WorkerProcess, by: str, **draft: Any) -> str:
    """Return a new key, known to the worker that made it."""
    answer = asked(worker, by, "POST", "/api/keys", draft)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["key"]
    return key


def test_a_key_opens_and_closes_every_worker_without_a_restart(
    cluster: Cluster, pair: tuple[WorkerProcess, WorkerProcess]
) -> None:
    here, there = pair
    first = cluster.run("keys", "create", "Wallboard", "--role", "viewer", "--url", here.url).stdout.strip()
    key_id = first.partition(".")[0]
    assert [status(here, first), status(here, f"{key_id}.forged"), status(here, None)] == [200, 401, 401]
    eventually(lambda: status(there, first) == 200, within_s=5, what="the other worker knows the key")

    rotated = cluster.run("keys", "rotate", key_id, "--overlap-s", "0", "--url", there.url).stdout.strip()
    assert [status(there, first), status(there, rotated)] == [401, 200]
    eventually(
        lambda: [status(here, first), status(here, rotated)] == [401, 200],
        within_s=5,
        what="the other worker knows the new secret, and refuses the old one",
    )

    here.kill()
    here.restart()
    cluster.wait_until_shared()
    assert status(here, rotated) == 200

    revoked = cluster.run("keys", "revoke", key_id, "--url", here.url)
    assert (revoked.returncode, status(here, rotated)) == (0, 401)
    eventually(lambda: status(there, rotated) == 401, within_s=5, what="the other worker refuses the revoked key")
    assert key_id not in cluster.run("keys", "list", "--url", there.url).stdout


def test_what_is_one_tenants_is_out_of_reach_of_another(pair: tuple[WorkerProcess, WorkerProcess]) -> None:
    here, there = pair
    north = made(here, OPERATOR, name="North", role="admin", tenant="north")
    south = made(there, OPERATOR, name="South", role="admin", tenant="south")
    eventually(lambda: status(there, north) == status(here, south) == 200, what="both keys are known everywhere")

    fence = asked(here, north, "PUT", "/api/geofences/depot", DEPOT, wait="1")
    assert (fence.status_code, fence.json()["tenant"]) == (201, "north")
    # At once and at the other worker, which may not show it yet: there the agent says no.
    stolen = asked(there, south, "PUT", "/api/geofences/depot", DEPOT, wait="1")
    deleted = asked(there, south, "DELETE", "/api/geofences/depot", wait="1")
    assert [(answer.status_code, answer.json()["code"]) for answer in (stolen, deleted)] == [
        (404, "unknown_geofence")
    ] * 2
    assert asked(here, north, "GET", "/api/geofences/depot").json()["revision"] == 1

    for_south = asked(here, north, "POST", "/api/keys", {"name": "x", "role": "viewer", "tenant": "south"})
    assert (for_south.status_code, for_south.json()["code"]) == (403, "forbidden")
    theirs = asked(here, south, "POST", f"/api/keys/{north.partition('.')[0]}/rotate")
    assert (theirs.status_code, theirs.json()["code"]) == (404, "unknown_api_key")


def test_a_device_moves_its_own_vehicle_and_nobody_takes_that_over(pair: tuple[WorkerProcess, WorkerProcess]) -> None:
    here, there = pair
    north = made(here, OPERATOR, name="North", role="admin", tenant="north")
    south = made(here, OPERATOR, name="South", role="admin", tenant="south")
    profiles = [{"vehicle_id": f"van-{number}"} for number in range(1, 5)]
    imported = asked(here, north, "POST", "/api/vehicle-profiles", profiles)
    assert [item["became"] for item in imported.json()["items"]] == ["made"] * 4
    phone = made(here, north, name="Phones", role="device", devices=["van-1", "van-2", "van-3", "van-4"])
    now_ms = int(time.time() * 1000)
    fixes = [{"vehicle_id": f"van-{number}", "time_ms": now_ms, "lat": 52.5, "lon": 13.4} for number in range(1, 6)]

    receipt = asked(here, phone, "POST", "/api/positions", fixes).json()
    assert [accepted["index"] for accepted in receipt["accepted"]] == [0, 1, 2, 3]
    assert [(refused["index"], refused["reason"]) for refused in receipt["rejected"]] == [(4, "not_allowed")]
    assert asked(here, phone, "GET", "/osmand", id="van-1", timestamp=str(now_ms), lat="52.5", lon="13.4").is_success
    assert asked(here, phone, "GET", "/osmand", id="van-9", timestamp=str(now_ms), lat="0", lon="1").status_code == 403
    assert status(here, phone) == 403

    paths = [f"/api/vehicles/van-{number}" for number in range(1, 5)]
    eventually(
        lambda: [status(there, north, path) for path in paths] == [200] * 4, what="the vehicles are there for their own"
    )
    assert [status(there, south, path) for path in paths] == [404] * 4
    assert asked(there, north, "DELETE", paths.pop(), wait="1").status_code == 204
    # Without a profile, whose the others are is known where they are processed, here and there.
    for number in range(1, 4):
        gone = asked(here, north, "DELETE", f"/api/vehicle-profiles/van-{number}", wait="1")
        assert gone.status_code == 204
    taken = [asked(worker, south, "PUT", f"/api/vehicle-profiles/van-{n}", {}) for worker in pair for n in range(1, 4)]
    assert {(answer.status_code, answer.json()["code"]) for answer in taken} == {(404, "unknown_profile")}
    forgotten = [asked(worker, south, "DELETE", path) for worker in pair for path in paths]
    assert {(answer.status_code, answer.json()["code"]) for answer in forgotten} == {(404, "unknown_vehicle")}
