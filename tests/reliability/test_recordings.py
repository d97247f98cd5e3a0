"""Real recordings through a real Kafka into two workers, compared with a plain recomputation."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.oracle import Expected, expect
from tests.support.processes import Cluster, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DATA = Path(__file__).parents[3] / "shared" / "data" / "fleet"
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Recording:
    path: Path
    zone: str
    columns: dict[str, str] = field(hash=False)


JERSEY_CITY = Recording(
    DATA / "jersey_city_trucks" / "positions_unique.csv.gz",
    "America/New_York",
    {"vehicle": "vehicle", "time": "fix_time_local", "lat": "lat", "lon": "lon"},
)
AUSTIN = Recording(
    DATA / "austin_bus" / "2015-06-07.csv.gz",
    "UTC",
    {"vehicle": "vehicle_id", "time": "timestamp", "lat": "latitude", "lon": "longitude", "speed": "speed"},
)


@pytest.mark.skipif(not DATA.exists(), reason="the recordings are not here")
@pytest.mark.parametrize("recording", [JERSEY_CITY, AUSTIN], ids=["jersey_city", "austin"])
def test_a_recording_is_answered_as_a_plain_recomputation_says(cluster: Cluster, recording: Recording) -> None:
    expected = expect(recording.path, recording.columns, recording.zone)
    cluster.settings["FLEET_MAX_AGE_S"] = "off"
    workers = cluster.start(2)

    replayed = cluster.run("replay", str(recording.path), "--time-zone", recording.zone)
    assert replayed.returncode == 0, replayed.stderr
    cluster.wait_until_caught_up(sum(vehicle.accepted + vehicle.refused.total() for vehicle in expected.values()))

    for worker in workers:
        found = cluster.vehicles(worker)
        assert {name: (row["accepted"], row["refused"]) for name, row in found.items()} == {
            name: (vehicle.accepted, dict(vehicle.refused)) for name, vehicle in expected.items()
        }
        assert {name: row["odometer_m"] for name, row in found.items()} == pytest.approx(
            {name: vehicle.odometer_m for name, vehicle in expected.items()}, rel=1e-4, abs=0.01
        )
    for number, (name, vehicle) in enumerate(expected.items()):
        check_minutes(workers[number % 2], name, vehicle)


def check_minutes(worker: WorkerProcess, name: str, vehicle: Expected) -> None:
    newest_ms = max(vehicle.fixes)[0]
    found = worker.answers(
        f"/api/vehicles/{name}/windows", size="1m", **{"from": newest_ms + 1 - DAY_MS, "to": newest_ms + 1}
    )["items"]
    minutes = vehicle.last_day()
    assert [(row["start_ms"], row["fixes"]) for row in found] == [(ms, minute.fixes) for ms, minute in minutes.items()]
    assert [row["distance_m"] for row in found] == pytest.approx(
        [minute.distance_m for minute in minutes.values()], rel=1e-4, abs=0.01
    )
    assert [row["max_speed_mps"] for row in found] == [
        max(minute.speeds_mps, default=None) for minute in minutes.values()
    ]
    assert [row["mean_speed_mps"] for row in found if row["mean_speed_mps"] is not None] == pytest.approx(
        [sum(minute.speeds_mps) / len(minute.speeds_mps) for minute in minutes.values() if minute.speeds_mps]
    )
