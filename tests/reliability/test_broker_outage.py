"""Kafka goes away for 40 seconds and comes back: nothing is lost, and everyone is told how things stand."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from fleet_app.broker.testing import MakeKafka, RunningKafka
from tests.support.processes import WorkerProcess, cluster_of, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

OUTAGE_S = 40
REORDER_S = "300"
"""Nothing comes out of the reorder buffer meanwhile, and no minute closes: there is nothing else to commit."""


def freeze(kafka: RunningKafka) -> None:
    os.kill(kafka.broker.status().pid or 0, signal.SIGSTOP)


def thaw(kafka: RunningKafka) -> None:
    os.kill(kafka.broker.status().pid or 0, signal.SIGCONT)


def kill(kafka: RunningKafka) -> None:
    os.kill(kafka.broker.status().pid or 0, signal.SIGKILL)


def start_again(kafka: RunningKafka) -> None:
    kafka.broker.start()


def send(worker: WorkerProcess, time_ms: int) -> httpx.Response:
    position = {"vehicle_id": "van-1", "time_ms": time_ms, "lat": 52.0, "lon": 13.0}
    return httpx.post(worker.url + "/api/positions", json=position, timeout=30)


def taken(worker: WorkerProcess) -> int:
    """Return how many positions of the vehicle have been taken, those in the reorder buffer included."""
    answer = worker.ask("/api/vehicles/van-1")
    vehicle = {} if answer is None else answer.json()
    return vehicle.get("accepted", 0) + (vehicle.get("waiting") or 0)  # type: ignore[no-any-return]


def committed_age_s(worker: WorkerProcess) -> float:
    """Return how long ago any task of any worker committed last; 0 if none has."""
    answer = worker.ask("/api/cluster")
    tasks = [] if answer is None else [task for each in answer.json()["workers"] for task in each["tasks"]]
    ages_s = [task["committed_age_s"] for task in tasks if task["committed_age_s"] is not None]
    return min(ages_s, default=0.0)


@pytest.mark.parametrize(("leave", "come_back"), [(freeze, thaw), (kill, start_again)], ids=["frozen", "killed"])
def test_an_outage_of_forty_seconds_is_survived(
    make_kafka: MakeKafka,
    tmp_path: Path,
    leave: Callable[[RunningKafka], None],
    come_back: Callable[[RunningKafka], None],
) -> None:
    kafka = make_kafka()
    now_ms = time.time_ns() // 1_000_000
    with cluster_of(kafka.bootstrap, tmp_path, FLEET_REORDER_S=REORDER_S) as cluster:
        first, second = cluster.start(2)
        assert send(first, now_ms).status_code == httpx.codes.ACCEPTED
        # Not while a commit is under way: a transaction that Kafka gives up is the end of its worker.
        eventually(lambda: committed_age_s(second) > 1.0, what="the first position is durable, and nothing is due")

        leave(kafka)
        left_at = time.monotonic()
        refused = send(first, now_ms + 1)
        known_meanwhile = [taken(worker) for worker in (first, second)]
        eventually(lambda: time.monotonic() > left_at + OUTAGE_S, within_s=OUTAGE_S + 1, what="the outage's end")
        alive_at_the_end = [worker.process.poll() for worker in (first, second)]
        come_back(kafka)
        eventually(lambda: send(first, now_ms + 2).status_code == httpx.codes.ACCEPTED, what="a position is taken")
        again = send(first, now_ms + 1)

        # Said to be unsure, and sent once more: it counts once, whether or not the first attempt arrived.
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert again.status_code == httpx.codes.ACCEPTED
        assert known_meanwhile == [1, 1]
        assert alive_at_the_end == [None, None]
        for worker in (first, second):
            eventually(lambda worker=worker: taken(worker) == 3, within_s=60, what="each position, once")  # type: ignore[misc]
            assert "Kafka does not answer" in worker.log.read_text()
            eventually(lambda worker=worker: "Kafka answers again" in worker.log.read_text(), what="word of its return")  # type: ignore[misc]
            assert len(worker.log.read_text().splitlines()) < 60
