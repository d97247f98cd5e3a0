"""A worker dies without a word; the others answer for everything."""

import json
import time

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.support.kafka import produce
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

VEHICLES = 40
A_WHILE_MS = 60_000


def positions(first_ms: int, fixes: range) -> list[tuple[bytes | None, bytes | None]]:
    """Return some fixes of vehicles that drive north, one a second from `first_ms` on."""
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
        for fix in fixes
        for number in range(VEHICLES)
    ]


def accepted(cluster: Cluster, worker: WorkerProcess) -> dict[str, int]:
    return {name: row["accepted"] for name, row in cluster.vehicles(worker).items()}


def wait_until_all_are_accepted(cluster: Cluster, worker: WorkerProcess, fixes: int) -> None:
    """Return once so many fixes of each vehicle are: the newest wait some seconds for those that may come before."""
    wanted = {f"van-{number}": fixes for number in range(VEHICLES)}
    eventually(lambda: accepted(cluster, worker) == wanted, what=f"{fixes} fixes of each vehicle are accepted")


def test_the_survivor_answers_for_all_and_goes_on(kafka: RunningKafka, cluster: Cluster) -> None:
    first, second = cluster.start(2)
    began_ms = time.time_ns() // 1_000_000 - A_WHILE_MS
    produce(kafka.bootstrap, "fleet.positions", positions(began_ms, range(20)))
    wait_until_all_are_accepted(cluster, second, 20)
    cluster.wait_until_committed(20 * VEHICLES)

    first.kill()
    cluster.wait_until_shared()
    after = accepted(cluster, second)
    produce(kafka.bootstrap, "fleet.positions", positions(began_ms, range(20, 25)))

    assert after == {f"van-{number}": 20 for number in range(VEHICLES)}
    wait_until_all_are_accepted(cluster, second, 25)


def test_a_worker_that_comes_back_with_an_empty_disk_knows_everything(kafka: RunningKafka, cluster: Cluster) -> None:
    (only,) = cluster.start(1)
    produce(kafka.bootstrap, "fleet.positions", positions(time.time_ns() // 1_000_000 - A_WHILE_MS, range(20)))
    wait_until_all_are_accepted(cluster, only, 20)
    only.stop()

    cluster.settings["FLEET_STATE_DIR"] += "-new"
    only.restart()
    cluster.wait_until_shared()

    assert set(accepted(cluster, only).values()) == {20}


def test_either_worker_answers_for_every_vehicle(kafka: RunningKafka, cluster: Cluster) -> None:
    workers = cluster.start(2)
    produce(kafka.bootstrap, "fleet.positions", positions(time.time_ns() // 1_000_000 - A_WHILE_MS, range(1)))
    wait_until_all_are_accepted(cluster, workers[0], 1)

    answers = [
        {name: worker.answers(f"/api/vehicles/{name}")["accepted"] for name in cluster.vehicles(worker)}
        for worker in workers
    ]

    assert answers[0] == answers[1] == {f"van-{number}": 1 for number in range(VEHICLES)}
