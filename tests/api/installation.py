"""Two workers that ask for keys, and two tenants: what is south's carries a marker, so that a leak is found."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from tests.support.kafka import forget_topics
from tests.support.processes import Cluster, WorkerProcess, cluster_of, eventually

OPERATOR_KEY: Final = "the-operators-key-of-these-tests"
CLUSTER_SECRET: Final = "what-workers-know-each-other-by-in-these-tests"  # noqa: S105 - no secret: of a test's workers
MARKER: Final = "zzsouth"
NORTH: Final = "north"
SOUTH: Final = f"{MARKER}-tenant"
VEHICLES_EACH: Final = 6
"""Enough of each tenant for both workers to have some."""
_FIX_EVERY_MS: Final = 5_000
_DRIVE_FIXES: Final = 40
_REST_FIXES: Final = 40


class Tenant(NamedTuple):
    """What there is of a tenant: its vehicles, all with a profile, their first trips, its geofence and its keys."""

    name: str
    vehicle_ids: Sequence[str]
    trip_ids: Sequence[str]
    geofence_id: str
    keys: Mapping[str, str]


class Installation(NamedTuple):
    """Workers that are up, and what they know."""

    cluster: Cluster
    north: Tenant
    south: Tenant
    keys: Mapping[str, str]

    @property
    def urls(self) -> list[str]:
        """Where the workers are."""
        return [worker.url for worker in self.cluster.workers]

    @property
    def operator(self) -> dict[str, str]:
        """What a request of the operator carries."""
        return bearer(OPERATOR_KEY)

    @property
    def known_ids(self) -> Mapping[str, Sequence[str]]:
        """Ids that there are, by what the parameters of paths are called."""
        vehicle_ids = [*self.north.vehicle_ids, *self.south.vehicle_ids]
        geofence_ids = [self.north.geofence_id, self.south.geofence_id]
        return {
            "vehicle_id": vehicle_ids,
            "trip_id": [*self.north.trip_ids, *self.south.trip_ids],
            "geofence_id": geofence_ids,
            "key_id": [key.partition(".")[0] for key in (*self.north.keys.values(), *self.south.keys.values())],
            "name": ["vehicles", "trips", "windows_1m", "tracks", "geofences", "api_keys"],
            "key": [*vehicle_ids, *geofence_ids],
            "topic": ["fleet.geofence-changes", "fleet.vehicle-profile-changes"],
        }


def bearer(key: str) -> dict[str, str]:
    """Return the header by which a key is shown."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def installed(bootstrap: str, folder: Path, **settings: str) -> Iterator[Installation]:
    """Give two workers of an emptied Kafka, with all that `Installation` tells of, and end them afterwards."""
    forget_topics(bootstrap)
    closed = {
        "FLEET_API_KEY": OPERATOR_KEY,
        "FLEET_CLUSTER_SECRET": CLUSTER_SECRET,
        "FLEET_COMMIT_INTERVAL_S": "0.05",
        **settings,
    }
    with cluster_of(bootstrap, folder, **closed) as cluster:
        workers = cluster.start(2)
        with httpx.Client(base_url=workers[0].url, headers=bearer(OPERATOR_KEY), timeout=30.0) as client:
            north = _make_tenant(client, NORTH, "north")
            south = _make_tenant(client, SOUTH, MARKER)
            keys = {"viewer": make_key(client, "viewer", None, "everybodys")}
        _wait_until_known(workers, [*north.vehicle_ids, *south.vehicle_ids])
        yield Installation(cluster, north, south, keys)


def _make_tenant(client: httpx.Client, tenant: str, prefix: str) -> Tenant:
    vehicle_ids = [f"{prefix}-van-{number}" for number in range(VEHICLES_EACH)]
    now_ms = int(time.time() * 1000)
    profiles = [
        {
            "vehicle_id": vehicle_id,
            "tenant": tenant,
            "name": f"{prefix} name",
            "plate": f"{prefix} plate",
            "driver": f"{prefix} driver",
            "group": f"{prefix}-group",
            "tags": [f"{prefix}-tag"],
            "devices": [{"device_id": f"{prefix}-device-{number}"}],
        }
        for number, vehicle_id in enumerate(vehicle_ids)
    ]
    _done(client.post("/api/vehicle-profiles", json=profiles))
    geofence = {
        "name": f"{prefix} depot",
        "tenant": tenant,
        "tags": [f"{prefix}-tag"],
        "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 300.0},
    }
    geofence_id = f"{prefix}-depot"
    _done(client.put(f"/api/geofences/{geofence_id}", params={"wait": "1"}, json=geofence))
    positions = [position for vehicle_id in vehicle_ids for position in drive(vehicle_id, now_ms)]
    _done(client.post("/api/positions", json=positions))
    keys = {
        role: make_key(client, role, tenant, prefix, [vehicle_ids[0]] if role == "device" else None)
        for role in ("device", "viewer", "dispatcher", "admin")
    }
    return Tenant(
        name=tenant,
        vehicle_ids=vehicle_ids,
        trip_ids=[f"{vehicle_id}@{positions[0]['time_ms']}" for vehicle_id in vehicle_ids],
        geofence_id=geofence_id,
        keys={**keys, "spare": make_key(client, "viewer", tenant, prefix)},
    )


def drive(vehicle_id: str, now_ms: int) -> list[dict[str, Any]]:
    """Return what a vehicle sends that leaves a depot, rests, and has just arrived where it is now."""
    count = _DRIVE_FIXES + _REST_FIXES
    return [
        {
            "vehicle_id": vehicle_id,
            "time_ms": now_ms - (count - number) * _FIX_EVERY_MS,
            "lat": 52.5 + min(number, _DRIVE_FIXES) * 0.0005,
            "lon": 13.4,
            "speed_mps": 11.0 if number < _DRIVE_FIXES else 0.0,
        }
        for number in range(count)
    ]


def make_key(
    client: httpx.Client, role: str, tenant: str | None, prefix: str, devices: Sequence[str] | None = None
) -> str:
    """Make an API key and return it as its owner sends it."""
    asked = {"name": f"{prefix} {role}", "role": role, "tenant": tenant, "devices": devices}
    made = client.post("/api/keys", json={name: value for name, value in asked.items() if value is not None})
    _done(made)
    key: str = made.json()["key"]
    return key


def _done(answer: httpx.Response) -> None:
    assert answer.is_success, (answer.request.url, answer.status_code, answer.text)


def _wait_until_known(workers: Sequence[WorkerProcess], vehicle_ids: Sequence[str]) -> None:
    for worker in workers:
        eventually(
            partial(_have_come_to_rest, worker, vehicle_ids), what=f"{worker.url} tells of every vehicle's first trip"
        )


def _have_come_to_rest(worker: WorkerProcess, vehicle_ids: Sequence[str]) -> bool:
    return all(_has_come_to_rest(worker, vehicle_id) for vehicle_id in vehicle_ids)


def _has_come_to_rest(worker: WorkerProcess, vehicle_id: str) -> bool:
    answer = worker.ask(f"/api/vehicles/{vehicle_id}/trips")
    return answer is not None and answer.is_success and bool(answer.json()["items"])
