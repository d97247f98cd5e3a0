"""A worker dies without a word; the others answer for everything."""

import json
import time

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.support.kafka import produce
from tests.support.processes import Cluster, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

VEHICLES = 40


def positions(first_ms: int, fixes: int) -> list[tuple[bytes | None, bytes | None]]:
    return [
        (
            f"van-{number}".encode(),
            json.dumps(
                {
                    "vehicle_id": f"van-{number}",
                    "time_ms": first_ms + fix * 1_000,
                    "lat": 52.0 + fix / 10_000,
                    "lon": 13.0 + number / 100,
                }
            ).encode(),
        )
        for fix in range(fixes)
        for number in range(VEHICLES)
    ]


def test_the_survivor_answers_for_all_and_goes_on(kafka: RunningKafka, cluster: Cluster) -> None:
    first, second = cluster.start(2)
    now_ms = time.time_ns() // 1_000_000
    produce(kafka.bootstrap, "fleet.positions", positions(now_ms, 20))
    cluster.wait_until_caught_up(20 * VEHICLES)
    cluster.wait_until_committed(20 * VEHICLES)
    before = cluster.vehicles(second)

    first.kill()
    cluster.wait_until_shared()
    after = cluster.vehicles(second)
    produce(kafka.bootstrap, "fleet.positions", positions(now_ms + 20_000, 5))

    assert {name: row["accepted"] for name, row in before.items()} == dict.fromkeys(before, 20)
    assert {name: row["accepted"] for name, row in after.items()} == dict.fromkeys(before, 20)
    assert len(before) == VEHICLES
    eventually(
        lambda: {row["accepted"] for row in cluster.vehicles(second).values()} == {25}, what="the survivor goes on"
    )


def test_a_worker_that_comes_back_with_an_empty_disk_knows_everything(kafka: RunningKafka, cluster: Cluster) -> None:
    (only,) = cluster.start(1)
    produce(kafka.bootstrap, "fleet.positions", positions(time.time_ns() // 1_000_000, 20))
    cluster.wait_until_caught_up(20 * VEHICLES)
    only.stop()

    cluster.settings["FLEET_STATE_DIR"] += "-new"
    only.restart()
    cluster.wait_until_shared()

    assert {row["accepted"] for row in cluster.vehicles(only).values()} == {20}


def test_either_worker_answers_for_every_vehicle(kafka: RunningKafka, cluster: Cluster) -> None:
    workers = cluster.start(2)
    produce(kafka.bootstrap, "fleet.positions", positions(time.time_ns() // 1_000_000, 1))
    cluster.wait_until_caught_up(VEHICLES)

    answers = [
        {name: worker.answers(f"/api/vehicles/{name}")["accepted"] for name in cluster.vehicles(worker)}
        for worker in workers
    ]

    assert answers[0] == answers[1] == {f"van-{number}": 1 for number in range(VEHICLES)}
