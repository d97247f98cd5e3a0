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


def accepted(worker: WorkerProcess) -> int:
    answer = worker.ask("/api/vehicles/van-1")
    count: int = answer.json().get("accepted", -1) if answer is not None else -1
    return count


def committed(worker: WorkerProcess) -> list[int]:
    """Return how many positions of each vehicle are accepted by the list, which shows what is committed alone."""
    answer = worker.ask("/api/vehicles")
    return [] if answer is None else [vehicle["accepted"] for vehicle in answer.json().get("items", [])]


@pytest.mark.parametrize(("leave", "come_back"), [(freeze, thaw), (kill, start_again)], ids=["frozen", "killed"])
def test_an_outage_of_forty_seconds_is_survived(
    make_kafka: MakeKafka,
    tmp_path: Path,
    leave: Callable[[RunningKafka], None],
    come_back: Callable[[RunningKafka], None],
) -> None:
    kafka = make_kafka()
    now_ms = time.time_ns() // 1_000_000
    with cluster_of(kafka.bootstrap, tmp_path) as cluster:
        first, second = cluster.start(2)
        assert send(first, now_ms).status_code == httpx.codes.ACCEPTED
        # Not while its commit is under way: a transaction that Kafka gives up is the end of its worker.
        eventually(lambda: committed(second) == [1], what="the first position is durable")

        leave(kafka)
        left_at = time.monotonic()
        refused = send(first, now_ms + 1)
        known_meanwhile = [accepted(worker) for worker in (first, second)]
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
            eventually(lambda worker=worker: accepted(worker) == 3, within_s=60, what="each position, once")  # type: ignore[misc]
            assert "Kafka does not answer" in worker.log.read_text()
            eventually(lambda worker=worker: "Kafka answers again" in worker.log.read_text(), what="word of its return")  # type: ignore[misc]
            assert len(worker.log.read_text().splitlines()) < 60
