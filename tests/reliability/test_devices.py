"""Profiles, devices and unknown ones with real workers on a real Kafka."""

import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason
from fleet_app.records.rejected import Rejected
from tests.support.kafka import read_all
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
FIXES = 12
STEP_MS = 10_000


def fix_of(device_id: str, number: int, start_ms: int) -> dict[str, Any]:
    """Return the parameters of a phone that drives north at 20 m/s."""
    return {"id": device_id, "timestamp": start_ms + number * STEP_MS, "lat": 52.4 + number * 0.0018, "lon": 13.5}


def send(worker: WorkerProcess, device_id: str, numbers: range, start_ms: int) -> list[int]:
    """Send fixes as a phone does, one request each; return the answers' statuses."""
    with httpx.Client(base_url=worker.url, timeout=30.0, trust_env=False) as client:
        return [client.get("/osmand", params=fix_of(device_id, number, start_ms)).status_code for number in numbers]


def shows(worker: WorkerProcess, vehicle_id: str, revision: int) -> bool:
    answer = worker.ask(f"/api/vehicle-profiles/{vehicle_id}")
    return answer is not None and answer.status_code == 200 and answer.json()["revision"] == revision


def iso(time_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ms / 1_000))


def test_a_phone_moves_the_vehicle_that_it_is_in_and_after_the_swap_the_other(cluster: Cluster, tmp_path: Path) -> None:
    cluster.settings["FLEET_PARTITIONS"] = "4"
    here, there = cluster.start(2)
    start_ms = (int(time.time()) - 600) * 1_000
    swap_ms = start_ms + FIXES // 2 * STEP_MS
    fleet = tmp_path / "fleet.csv"
    fleet.write_text("vehicle_id,name,device_ids\nvan-7,Van 7,phone-7\nvan-8,Van 8,\n")

    made = cluster.run("vehicles", "import", str(fleet), "--url", here.url)
    again = cluster.run("vehicles", "import", str(fleet), "--url", here.url)
    assert (made.returncode, made.stderr.splitlines()[-1]) == (
        0,
        "2 lines: 2 made, 0 changed, 0 unchanged, 0 refused, 0 undecided",
    )
    assert "2 unchanged" in again.stderr
    assert send(here, "phone-7", range(3), start_ms) == [200] * 3

    fleet.write_text(f"vehicle_id,device_ids\nvan-8,phone-7@{iso(swap_ms)}\n")
    swapped = cluster.run("vehicles", "import", str(fleet), "--url", here.url)
    assert "1 changed" in swapped.stderr
    eventually(lambda: shows(there, "van-8", 2), what="the other worker knows of the swap")
    # What it kept while it was offline comes with what it sees now, and at another worker.
    assert send(there, "phone-7", range(3, FIXES), start_ms) == [200] * (FIXES - 3)

    cluster.wait_until_caught_up(FIXES)
    sent = read_all(cluster.settings["FLEET_BROKER"], "fleet.positions")
    positions = [msgspec.json.decode(record.value or b"", type=Position) for record in sent]
    assert {position.vehicle_id: position.device_id for position in positions} == {
        "van-7": "phone-7",
        "van-8": "phone-7",
    }
    times_ms = {
        vehicle_id: sorted(position.time_ms for position in positions if position.vehicle_id == vehicle_id)
        for vehicle_id in ("van-7", "van-8")
    }
    assert times_ms == {
        "van-7": [*range(start_ms, swap_ms, STEP_MS)],
        "van-8": [*range(swap_ms, start_ms + FIXES * STEP_MS, STEP_MS)],
    }
    vehicles = cluster.vehicles(there)
    assert {key: vehicle["profile"]["name"] for key, vehicle in vehicles.items()} == {
        "van-7": "Van 7",
        "van-8": "Van 8",
    }
    assert {key: vehicle["accepted"] + there_waits(there, key) for key, vehicle in vehicles.items()} == {
        "van-7": FIXES // 2,
        "van-8": FIXES // 2,
    }

    exported = cluster.run("vehicles", "export", str(tmp_path / "out.csv"), "--url", there.url)
    assert exported.returncode == 0
    assert f"phone-7@{iso(swap_ms)}" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def there_waits(worker: WorkerProcess, vehicle_id: str) -> int:
    """Return how many positions wait to be judged in order."""
    waiting: int = worker.answers(f"/api/vehicles/{vehicle_id}")["waiting"]
    return waiting


def test_where_strangers_are_refused_a_phone_is_taken_once_it_has_a_vehicle(cluster: Cluster, tmp_path: Path) -> None:
    cluster.settings |= {"FLEET_PARTITIONS": "2", "FLEET_UNKNOWN_DEVICES": "refuse"}
    (alone,) = cluster.start(1)
    start_ms = (int(time.time()) - 600) * 1_000
    fleet = tmp_path / "fleet.csv"
    fleet.write_text("vehicle_id,device_ids\nvan-7,phone-7\n")
    named = {"vehicle_id": "stranger", "time_ms": start_ms, "lat": 52.4, "lon": 13.5}

    before = send(alone, "phone-7", range(1), start_ms)
    with httpx.Client(base_url=alone.url, timeout=30.0, trust_env=False) as client:
        receipt = client.post("/api/positions", json=[named, named | {"vehicle_id": None, "device_id": "phone-9"}])
    assert before == [400]
    assert [(one["index"], one["reason"]) for one in receipt.json()["rejected"]] == [(1, "unknown_device")]
    assert len(receipt.json()["accepted"]) == 1
    broker = cluster.settings["FLEET_BROKER"]
    (rejected,) = eventually(lambda: read_all(broker, "fleet.rejected"), what="the stranger is refused by the agent")
    letter = msgspec.json.decode(rejected.value or b"", type=Rejected)
    assert (letter.vehicle_id, letter.reason) == ("stranger", Reason.UNKNOWN_VEHICLE)

    cluster.run("vehicles", "import", str(fleet), "--url", alone.url)
    # The door knows of the profile at once, the agent from its next commit on.
    eventually(
        lambda: send(alone, "phone-7", range(2), start_ms) == [200, 200] and [*cluster.vehicles(alone)] == ["van-7"],
        what="the phone's vehicle is known",
    )
