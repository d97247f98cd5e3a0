"""The worker that a client watches dies; the client goes on at another one and misses nothing."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from fleet_app.broker.testing import RunningKafka
from fleet_app.domain.forgetting import FORGET
from fleet_app.topics import POSITIONS, VEHICLES
from tests.support.feed import Watcher
from tests.support.kafka import read_all
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

FLEET = [f"van-{number}" for number in range(60)]
BEFORE, MEANWHILE, AFTER = FLEET[:3]
"""Forgotten while the worker lives, while nobody watches, and at the end."""
HALF_AN_HOUR_MS = 1_800_000
Watch = Callable[..., Watcher]


class Stream:
    """A fleet that drives north, each vehicle by a second of its own time with every step, until it is stopped.

    A vehicle that is forgotten sends nothing any more.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._first_ms = time.time_ns() // 1_000_000 - HALF_AN_HOUR_MS
        self._driving = list(FLEET)
        self._to_forget: list[str] = []
        self._stopped = threading.Event()
        self.steps = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()), daemon=True)
        self._thread.start()

    def forget(self, vehicle_id: str) -> None:
        """Have a vehicle forgotten after all that it has sent."""
        self._to_forget.append(vehicle_id)

    def stop(self) -> None:
        """Send nothing any more."""
        self._stopped.set()
        self._thread.join()

    async def _send(self) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap, enable_idempotence=True) as producer:
            while not await asyncio.to_thread(self._stopped.wait, 0.05):
                while self._to_forget:
                    vehicle_id = self._to_forget.pop()
                    self._driving.remove(vehicle_id)
                    await producer.send_and_wait(POSITIONS.name, None, vehicle_id.encode(), headers=[(FORGET, b"")])
                for vehicle_id in self._driving:
                    await producer.send(POSITIONS.name, self._value(vehicle_id), vehicle_id.encode())
                await producer.flush()
                self.steps += 1

    def _value(self, vehicle_id: str) -> bytes:
        return json.dumps(
            {
                "vehicle_id": vehicle_id,
                "time_ms": self._first_ms + self.steps * 1_000,
                "lat": 52.0 + self.steps / 10_000,
                "lon": 13.0 + FLEET.index(vehicle_id) / 100,
                "speed_mps": 11.1,
            }
        ).encode()


@pytest.fixture
def stream(kafka: RunningKafka, cluster: Cluster) -> Iterator[Stream]:
    """A fleet on the move, from when two workers share its partitions."""
    cluster.start(2)
    stream = Stream(kafka.bootstrap)
    yield stream
    stream.stop()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Clients, closed afterwards."""
    watchers: list[Watcher] = []

    def watch(worker: WorkerProcess, **query: str) -> Watcher:
        watchers.append(Watcher(worker.url, **query))
        return watchers[-1]

    yield watch
    for watcher in watchers:
        watcher.close()


def told(kafka: RunningKafka) -> dict[str, Any]:
    """Return what `fleet.vehicles` says of every vehicle in the end."""
    newest = {record.key.decode(): record.value for record in read_all(kafka.bootstrap, VEHICLES.name) if record.key}
    return {key: msgspec.json.decode(value) for key, value in newest.items() if value is not None}


def wait_until_it_drives(stream: Stream, *watchers: Watcher, steps: int = 20) -> None:
    """Return once each watcher has seen the fleet drive on."""
    since = stream.steps
    eventually(lambda: stream.steps >= since + steps, what=f"{steps} steps of the fleet")
    newest_ms = [max((each["time_ms"] for each in watcher.vehicles.values()), default=0) for watcher in watchers]

    def see_it_drive() -> bool:
        return all(
            max((each["time_ms"] for each in watcher.vehicles.values()), default=0) > before_ms
            for watcher, before_ms in zip(watchers, newest_ms, strict=True)
        )

    eventually(see_it_drive, what="the watchers see the fleet drive on", within_s=60)


def wait_until_all_show(kafka: RunningKafka, *watchers: Watcher) -> None:
    """Return once every watcher shows just what the topic says."""

    def agree() -> bool:
        expected = told(kafka)
        return all(watcher.vehicles == expected for watcher in watchers)

    eventually(agree, what="all watchers show what fleet.vehicles says", within_s=90)


def test_a_client_whose_worker_was_killed_goes_on_at_another_and_misses_nothing(
    kafka: RunningKafka, cluster: Cluster, stream: Stream, watch: Watch
) -> None:
    first, second = cluster.workers
    cut, never_cut = watch(first), watch(second)
    wait_until_it_drives(stream, cut, never_cut)
    stream.forget(BEFORE)
    eventually(lambda: BEFORE in cut.gone and BEFORE in never_cut.gone, what="a vehicle is taken off")

    first.kill()
    stream.forget(MEANWHILE)
    eventually(cut.is_cut, what="the client is cut off")
    eventually(lambda: MEANWHILE in never_cut.gone, what="the other worker has removed a vehicle", within_s=60)
    cut.go_on_at(second.url)
    wait_until_it_drives(stream, cut, never_cut)
    stream.forget(AFTER)
    eventually(lambda: AFTER in cut.gone, what="a vehicle is taken off after all")
    stream.stop()
    wait_until_all_show(kafka, cut, never_cut)

    assert set(cut.vehicles) == {*FLEET} - {BEFORE, MEANWHILE, AFTER}
    assert never_cut.gone == [BEFORE, MEANWHILE, AFTER]
    # What was told shortly before the cut may be told again.
    assert set(cut.gone) == {BEFORE, MEANWHILE, AFTER}
    assert cut.went_back == never_cut.went_back == []
    assert cut.resets == never_cut.resets == 1


def test_a_token_older_than_the_other_workers_feed_is_good_there(
    kafka: RunningKafka, cluster: Cluster, stream: Stream, watch: Watch
) -> None:
    first, second = cluster.workers
    cut = watch(first)
    wait_until_it_drives(stream, cut)

    first.kill()
    stream.forget(MEANWHILE)
    eventually(cut.is_cut, what="the client is cut off")
    eventually(lambda: MEANWHILE not in told(kafka), what="a vehicle is forgotten with nobody watching", within_s=60)
    cut.go_on_at(second.url)
    fresh = watch(second)
    wait_until_it_drives(stream, cut, fresh)
    stream.stop()
    wait_until_all_show(kafka, cut, fresh)

    assert set(cut.vehicles) == {*FLEET} - {MEANWHILE}
    assert cut.went_back == fresh.went_back == []


def test_a_client_that_had_stopped_reading_when_its_worker_died_ends_up_with_the_same(
    kafka: RunningKafka, cluster: Cluster, stream: Stream, watch: Watch
) -> None:
    first, second = cluster.workers
    slow, never_cut = watch(first, rate="10"), watch(second)
    wait_until_it_drives(stream, slow, never_cut)

    slow.stop_reading()
    stream.forget(BEFORE)
    eventually(lambda: BEFORE in never_cut.gone, what="a vehicle is taken off")
    wait_until_it_drives(stream, never_cut)
    first.kill()
    slow.go_on_reading()
    eventually(slow.is_cut, what="the client is cut off")
    slow.go_on_at(second.url)
    wait_until_it_drives(stream, slow, never_cut)
    stream.stop()
    wait_until_all_show(kafka, slow, never_cut)

    assert set(slow.vehicles) == {*FLEET} - {BEFORE}
    assert slow.went_back == never_cut.went_back == []
