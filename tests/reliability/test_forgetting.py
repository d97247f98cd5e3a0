"""A vehicle that was forgotten stays so, whoever restores its partition, and all others are what they were."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from agents.keeping.vehicles import TABLES
from fleet_app.broker.testing import RunningKafka
from fleet_app.domain.forgetting import FORGET
from fleet_app.stream.naming import changelog_name
from fleet_app.stream.partitioning import partition_of
from fleet_app.topics import POSITIONS, VEHICLE_PROFILES, VEHICLES
from tests.support.kafka import produce, read_topics
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 8
HOUR_MS = 3_600_000
FLEET = [f"van-{number}" for number in range(1, 13)]
ASKED, TOLD = "van-1", "van-12"
"""Forgotten over HTTP, and by a record in a wrong partition."""
KEPT = [vehicle_id for vehicle_id in FLEET if vehicle_id not in {ASKED, TOLD}]


def stretch(first_ms: int, fixes: int = 20) -> list[tuple[bytes | None, bytes | None]]:
    """Return fixes of each vehicle, one every 20 s from `first_ms` on, and one at 0 N 0 E, which is refused."""
    return [
        (
            vehicle_id.encode(),
            json.dumps(
                {
                    "vehicle_id": vehicle_id,
                    "time_ms": first_ms + fix * 20_000,
                    "lat": 0.0 if fix == fixes else 52.0 + fix / 1_000,
                    "lon": 0.0 if fix == fixes else 13.0,
                }
            ).encode(),
        )
        for fix in range(fixes + 1)
        for vehicle_id in FLEET
    ]


def send_stretches(kafka: RunningKafka, cluster: Cluster, *ages_ms: int) -> None:
    """Send a stretch of each age, and return once all of them are accepted and committed."""
    now_ms = time.time_ns() // 1_000_000
    for age_ms in ages_ms:
        produce(kafka.bootstrap, POSITIONS.name, stretch(now_ms - age_ms))
    wanted = dict.fromkeys(FLEET, 20 * len(ages_ms))
    eventually(lambda: accepted(cluster) == wanted, what=f"{wanted} are accepted", within_s=60)
    cluster.wait_until_committed(21 * len(ages_ms) * len(FLEET))


def accepted(cluster: Cluster) -> dict[str, int]:
    return {name: row["accepted"] for name, row in cluster.vehicles(cluster.alive()[0]).items()}


def ask_to_forget(bootstrap: str, vehicle_id: str, partition: int) -> None:
    """Append the record that asks for it to a partition."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
            await producer.send_and_wait(
                POSITIONS.name, None, vehicle_id.encode(), partition=partition, headers=[(FORGET, b"")]
            )

    asyncio.run(send())


def keys_of(worker: WorkerProcess, table: str) -> set[str]:
    """Return every key of a table, on all workers."""
    keys: set[str] = set()
    params: dict[str, Any] = {"limit": 200}
    while True:
        page = worker.answers(f"/api/tables/{table}", **params)
        keys |= {entry["key"] for entry in page["items"]}
        if page["next"] is None:
            return keys
        params["cursor"] = page["next"]


def belongs_to(key: str, vehicle_ids: Iterable[str]) -> bool:
    """Return whether a key, as people write it, is a vehicle's or a row of it."""
    return key.partition("@")[0] in set(vehicle_ids)


def kept_of(worker: WorkerProcess, vehicle_ids: Iterable[str]) -> dict[str, set[str]]:
    """Return the keys of some vehicles in all tables that have any."""
    kept = {
        table.name: {key for key in keys_of(worker, table.name) if belongs_to(key, vehicle_ids)} for table in TABLES
    }
    return {name: keys for name, keys in kept.items() if keys}


def owner_of(cluster: Cluster, vehicle_id: str) -> WorkerProcess:
    partition = partition_of(vehicle_id.encode(), PARTITIONS)
    members = cluster.alive()[0].answers("/api/cluster")["workers"]
    [url] = [member["url"] for member in members if partition in member["owns"]]
    [owner] = [worker for worker in cluster.alive() if worker.url == url]
    return owner


def restart_with_an_empty_disk(cluster: Cluster, worker: WorkerProcess) -> None:
    assert worker.stop() == 0
    shutil.rmtree(Path(cluster.settings["FLEET_STATE_DIR"]) / f"worker-{worker.port}")
    worker.restart()
    cluster.wait_until_shared()


def compacted(kafka: RunningKafka, topics: Iterable[str]) -> dict[str, dict[bytes, bytes | None]]:
    """Return the last value of every key of some topics: what compaction leaves in the end."""
    return {
        topic: {record.key or b"": record.value for record in records}
        for topic, records in read_topics(kafka.bootstrap, topics).items()
    }


def text_of(stored_key: bytes) -> str:
    """Return whose a key of a changelog is: a vehicle's, or a row of it."""
    return stored_key.partition(b"\0")[0].decode()


def test_nothing_of_a_forgotten_vehicle_is_left_anywhere_and_no_restore_brings_it_back(
    kafka: RunningKafka, cluster: Cluster
) -> None:
    first, second = cluster.start(2)
    profile = httpx.put(f"{first.url}/api/vehicle-profiles/{ASKED}?wait=1", json={"name": "One"}, timeout=30)
    send_stretches(kafka, cluster, 3 * HOUR_MS, HOUR_MS)
    before = kept_of(first, KEPT)

    gone = httpx.delete(f"{second.url}/api/vehicles/{ASKED}?wait=1", timeout=30)
    home = partition_of(TOLD.encode(), PARTITIONS)
    ask_to_forget(kafka.bootstrap, TOLD, (home + 1) % PARTITIONS)
    eventually(lambda: sorted(accepted(cluster)) == sorted(KEPT), what="two vehicles are gone")
    restart_with_an_empty_disk(cluster, owner_of(cluster, ASKED))

    assert (profile.status_code, gone.status_code) == (201, 204)
    assert kept_of(second, [ASKED, TOLD]) == {}
    assert before["windows_1m"]
    assert {name: keys - kept_of(first, KEPT)[name] for name, keys in before.items() if name != "vehicle_timers"} == {
        name: set() for name in before if name != "vehicle_timers"
    }
    changelogs = {changelog_name(cluster.settings["FLEET_APP_ID"], table.name): table for table in TABLES}
    left = compacted(kafka, [*changelogs, VEHICLES.name, VEHICLE_PROFILES.name])
    forgotten = {
        topic: [value for key, value in values.items() if text_of(key) in {ASKED, TOLD}]
        for topic, values in left.items()
    }
    assert {topic: [value for value in values if value is not None] for topic, values in forgotten.items()} == {
        topic: [] for topic in left
    }
    assert len(forgotten[VEHICLES.name]) == 2


def test_what_had_expired_of_a_forgotten_vehicle_is_not_restored_either(kafka: RunningKafka, cluster: Cluster) -> None:
    cluster.settings["FLEET_MAX_AGE_S"] = "off"
    (only,) = cluster.start(1)
    send_stretches(kafka, cluster, 60 * HOUR_MS, 30 * HOUR_MS, HOUR_MS)

    gone = httpx.delete(f"{only.url}/api/vehicles/{ASKED}?wait=1", timeout=30)
    eventually(lambda: ASKED not in accepted(cluster), what="a vehicle is gone")
    restart_with_an_empty_disk(cluster, only)

    assert gone.status_code == 204
    assert kept_of(only, [ASKED]) == {}
    assert set(accepted(cluster)) == {*FLEET} - {ASKED}
