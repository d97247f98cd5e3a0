"""Real recordings through a real Kafka into two workers, compared with a plain recomputation."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.oracle import KEPT_MS, Expected, expect
from tests.support.processes import Cluster, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DATA = Path(__file__).parents[3] / "shared" / "data" / "fleet"


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
    cluster.settings |= {"FLEET_MAX_AGE_S": "off", "FLEET_TIMEZONE": recording.zone}
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
        for size in KEPT_MS:
            check_windows(workers[number % 2], name, size, vehicle)


def check_windows(worker: WorkerProcess, name: str, size: str, vehicle: Expected) -> None:
    after_ms = max(vehicle.fixes)[0] + 1
    from_ms = after_ms - KEPT_MS[size]
    found = worker.answers(f"/api/vehicles/{name}/windows", size=size, **{"from": from_ms, "to": after_ms})["items"]
    spans = {start_ms: span for start_ms, span in vehicle.kept(size).items() if start_ms >= from_ms}
    assert [(row["start_ms"], row["fixes"]) for row in found] == [(ms, span.fixes) for ms, span in spans.items()]
    assert [row["distance_m"] for row in found] == pytest.approx(
        [span.distance_m for span in spans.values()], rel=1e-4, abs=0.01
    )
    assert [row["max_speed_mps"] for row in found] == [max(span.speeds_mps, default=None) for span in spans.values()]
    assert [row["mean_speed_mps"] for row in found if row["mean_speed_mps"] is not None] == pytest.approx(
        [sum(span.speeds_mps) / len(span.speeds_mps) for span in spans.values() if span.speeds_mps]
    )
