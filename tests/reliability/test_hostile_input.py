"""A hundred thousand records, four in ten of them hostile, through both doors: every one is accounted for."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fleet_app.broker.testing import RunningKafka
from tests.support.kafka import produce, read_all
from tests.support.processes import Cluster, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RECORDS = 100_000
THROUGH_HTTP = 20_000
VEHICLES = 500
GOOD_SHARE = 0.62
START_MS = time.time_ns() // 1_000_000 - 60_000


def good(number: int) -> dict[str, Any]:
    fix = number // VEHICLES
    return {"vehicle_id": f"v-{number % VEHICLES}", "time_ms": START_MS + fix, "lat": fix / 100, "lon": 7.0}


HOSTILE_VALUES: tuple[bytes | None, ...] = (
    None, b"", b"{", b"null", b"[]", b"\xff\xfe\xfd", b"\x00" * 100, b"[" * 50_000, b'{"a":' * 10_000, b"9" * 5_000,
    b'{"vehicle_id":"x"}', b'{"vehicle_id":"\xc3\x28","time_ms":1,"lat":1,"lon":1}', b"x" * 900_000,
)  # fmt: skip
HOSTILE_FIELDS: tuple[dict[str, Any], ...] = (
    {"vehicle_id": ""}, {"vehicle_id": 5}, {"vehicle_id": "a/b"}, {"vehicle_id": "v" * 1_000}, {"vehicle_id": None},
    {"time_ms": -1}, {"time_ms": 10**40}, {"time_ms": "now"}, {"time_ms": 0}, {"time_ms": START_MS + 10**9},
    {"lat": 91}, {"lat": "52"}, {"lat": None}, {"lat": 1e300}, {"lon": -181}, {"lon": [7]}, {"speed_mps": -1},
    {"attributes": {"a": {"b": 1}}}, {"attributes": {str(n): n for n in range(100)}}, {"ignition": "yes"},
)  # fmt: skip


def hostile(generator: random.Random, number: int) -> bytes | None:
    fields = generator.choice(HOSTILE_FIELDS)
    return generator.choice([json.dumps(good(number) | fields).encode(), generator.choice(HOSTILE_VALUES[:-1])])


def mixture(generator: random.Random) -> Iterator[tuple[bytes | None, bytes | None, bool]]:
    """Yield key, value, and whether the record is good, in an order that keeps each vehicle's fixes in order."""
    for number in range(RECORDS - THROUGH_HTTP):
        is_good = generator.random() < GOOD_SHARE
        value = json.dumps(good(number)).encode() if is_good else hostile(generator, number)
        # Kafka needs a key or a value; and a vehicle's record without its key would be another vehicle elsewhere.
        key = None if value and value in HOSTILE_VALUES else f"v-{number % VEHICLES}".encode()
        yield key, value, is_good
    for value in HOSTILE_VALUES:
        yield b"v-0", value, False


def test_every_hostile_record_is_accounted_for_and_no_worker_dies(kafka: RunningKafka, cluster: Cluster) -> None:
    generator = random.Random(20_151_209)
    workers = cluster.start(2)
    records = list(mixture(generator))
    good_records = sum(is_good for _, _, is_good in records)
    assert good_records >= 0.6 * len(records)

    produce(kafka.bootstrap, "fleet.positions", ((key, value) for key, value, _ in records))
    told = Counter[str]()
    accepted_at_the_door = 0
    for start in range(RECORDS, RECORDS + THROUGH_HTTP, 1_000):
        batch = [
            good(number) if generator.random() < GOOD_SHARE else good(number) | generator.choice(HOSTILE_FIELDS)
            for number in range(start, start + 1_000)
        ]
        answer = httpx.post(workers[start // 1_000 % 2].url + "/api/positions", json=batch, timeout=60).json()
        accepted_at_the_door += len(answer["accepted"])
        told.update(row["reason"] for row in answer["rejected"])
    assert accepted_at_the_door + told.total() == THROUGH_HTTP

    in_kafka = len(records) + accepted_at_the_door
    cluster.wait_until_caught_up(in_kafka)
    assert [worker.process.poll() for worker in workers] == [None, None]
    accepted = sum(row["accepted"] for row in cluster.vehicles(workers[0]).values())
    eventually(
        lambda: len(read_all(kafka.bootstrap, "fleet.rejected")) == in_kafka - accepted,
        what=f"{in_kafka} records = {accepted} accepted + the rejected",
    )
    rejected = read_all(kafka.bootstrap, "fleet.rejected")
    by_reason = Counter(json.loads(record.value or b"{}")["reason"] for record in rejected)
    assert accepted + by_reason.total() == in_kafka
    assert accepted >= good_records
    assert {"malformed", "missing_field", "mistyped_field", "out_of_range", "too_old", "in_future"} <= set(by_reason)
