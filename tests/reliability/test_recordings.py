"""Real recordings through a real Kafka into real workers: nothing of their dirt is lost, none of it is an answer."""

import csv
import gzip
import json
import statistics
import tarfile
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.support.kafka import produce, produce_stamped, read_topics
from tests.support.processes import Cluster, WorkerProcess
from tests.support.task_time import keep_the_times_of_senders, let_time_pass

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "fleet"

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the recordings are not here"),
]

DAY_MS: Final = 86_400_000
PARTITIONS: Final = 8
SUMS: Final = ("fixes", "distance_m", "moving_s", "idle_s", "idle_probable_s", "stop_s", "overspeed_s", "harsh_events")


@dataclass(frozen=True)
class Recording:
    """A file of bus positions.

    Attributes:
        path: The file, gzipped CSV.
        zone: Of its times, where they say none.
        rows: How many it has.
        refused: How many of them a bus cannot have sent from there.
        without_trip: Vehicles that drove a kilometre and made no trip: jumps between depots in silence.
    """

    path: Path
    zone: str
    rows: int
    refused: int
    without_trip: int


AUSTIN: Final = Recording(DATA / "austin_bus" / "2015-06-07.csv.gz", "America/Chicago", 45_134, 35, 1)
LIVERPOOL: Final = Recording(DATA / "liverpool_bus" / "route14_outbound.csv.gz", "Europe/London", 1_533, 0, 0)


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def wait_until_judged(cluster: Cluster, positions: int) -> dict[str, Any]:
    """Let time pass, so that no fix waits for earlier ones; return all vehicles, once that is committed.

    A vehicle's newest fix may still wait: for the next one, without which nobody can tell whether it is true.
    """
    kafka, worker = cluster.settings["FLEET_BROKER"], cluster.workers[0]
    cluster.wait_until_caught_up(positions)
    keep_the_times_of_senders(kafka)
    let_time_pass(kafka, PARTITIONS)
    cluster.wait_until_committed(positions + PARTITIONS, within_s=60)
    return {name: worker.answers(f"/api/vehicles/{name}") for name in cluster.vehicles(worker)}


def received(vehicle: dict[str, Any]) -> int:
    """Return how many positions of a vehicle are accounted for."""
    count: int = vehicle["accepted"] + sum(vehicle["refused"].values()) + vehicle["waiting"]
    return count


@pytest.mark.parametrize("recording", [AUSTIN, LIVERPOOL], ids=["austin", "liverpool"])
def test_buses_of_a_day_are_accepted_or_refused_with_a_reason_and_their_minutes_and_trips_add_up(
    cluster: Cluster, recording: Recording
) -> None:
    sent = Counter(row["vehicle_id"] for row in rows_of(recording.path))
    cluster.settings |= {
        "FLEET_MAX_AGE_S": "off",
        "FLEET_TIMEZONE": recording.zone,
        "FLEET_VEHICLE_CLASS": "bus",
    }
    workers = cluster.start(2)

    replayed = cluster.run("replay", str(recording.path), "--time-zone", recording.zone)
    assert replayed.returncode == 0, replayed.stderr
    vehicles = wait_until_judged(cluster, recording.rows)

    assert {name: received(row) for name, row in vehicles.items()} == sent
    assert sum((Counter(row["refused"]) for row in vehicles.values()), Counter()) == Counter(
        {"implied_speed": recording.refused}
    )
    without_trip = 0
    for number, row in enumerate(vehicles.values()):
        check_windows(workers[number % 2], row)
        without_trip += row["odometer_m"] > 1_000 and not check_trips(workers[number % 2], row)
    assert without_trip == recording.without_trip


def check_windows(worker: WorkerProcess, vehicle: dict[str, Any]) -> None:
    """Minutes add up to hours, these to days, and these to what is known of the vehicle."""
    newest_ms = vehicle["last"]["time_ms"]
    span = {"from": newest_ms - DAY_MS + 60_000, "to": newest_ms + 1}
    path = f"/api/vehicles/{vehicle['vehicle_id']}/windows"
    minutes, hours = (total(worker.answers(path, size=size, **span)["items"]) for size in ("1m", "1h"))
    days = total(worker.answers(path, size="1d", **{"from": newest_ms - 3 * DAY_MS, "to": newest_ms + 1})["items"])
    assert minutes == pytest.approx(hours, abs=0.01)
    assert hours == pytest.approx(days, abs=0.01)
    assert days[:2] == pytest.approx([vehicle["accepted"], vehicle["odometer_m"]], abs=0.01)


def total(windows: list[dict[str, Any]]) -> list[float]:
    return [sum(window[name] for window in windows) for name in SUMS]


def check_trips(worker: WorkerProcess, vehicle: dict[str, Any]) -> bool:
    """Trips and stops follow one another and count nothing twice; return whether there is a trip.

    A trip without length, of a bus that said it drove and was where it had been, may lie where its stop begins.
    """
    newest_ms = vehicle["last"]["time_ms"]
    span = {"from": newest_ms - 3 * DAY_MS, "to": newest_ms + 1}
    legs = worker.answers(f"/api/vehicles/{vehicle['vehicle_id']}/trips", kind="all", **span)["items"]
    lasting = [leg for leg in legs if leg["end_ms"] > leg["start_ms"]]
    assert all(earlier["end_ms"] <= later["start_ms"] for earlier, later in pairwise(lasting)), lasting
    assert sum(leg["distance_m"] for leg in legs) <= vehicle["odometer_m"] + 0.01
    return any(leg["kind"] == "trip" for leg in legs)


class Polled(NamedTuple):
    """A row of a poll: when it was polled, and what it says of a vehicle."""

    received_ms: int
    vehicle: str
    time_ms: int
    lat: float
    lon: float

    @property
    def fix(self) -> tuple[str, int]:
        """Which fix it is: a vehicle takes one at a time."""
        return self.vehicle, self.time_ms

    @property
    def value(self) -> bytes:
        """It as a position."""
        position = {"vehicle_id": self.vehicle, "time_ms": self.time_ms, "lat": self.lat, "lon": self.lon}
        return json.dumps(position).encode()


def polls() -> Iterator[Polled]:
    """Yield every row of the polls, in the order of polling."""
    zone = ZoneInfo("America/New_York")
    with tarfile.open(DATA / "jersey_city_trucks" / "snapshots_1min_2015-12-10.tar.xz") as archive:
        files = {Path(member.name).stem.removeprefix("jc-data-"): member for member in archive if member.isfile()}
        polled_at = {datetime.strptime(name, "%m%d%y-%H%M%S").replace(tzinfo=UTC): name for name in files}
        for moment, name in sorted(polled_at.items()):
            content = archive.extractfile(files[name])
            for line in content.read().decode().splitlines() if content is not None else ():
                lat, lon, vehicle, _address, taken = line.split("|")
                local = datetime.fromisoformat(taken).replace(tzinfo=zone)
                yield Polled(_ms(moment), vehicle, _ms(local), float(lat), float(lon))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)


def test_of_one_minute_polls_each_true_fix_counts_once_and_of_devices_dead_for_a_year_nothing(
    kafka: RunningKafka, cluster: Cluster
) -> None:
    """1,425 polls of 139 trucks, 198,075 rows: 9,644 distinct positions are less than a day old when first seen.

    They belong to 8,268 fixes: of some, later polls tell a place some metres off. Such a fix counts once, at one of
    its places; the others are refused, as `same_time`. Repeats are refused too, as duplicates or as `same_time`, until
    they are a day old; from then on they are too old, as all that devices tell that died in 2014. Some fixes are
    refused because the truck is back with the next one, and some of the last ones wait for a next one that never comes.
    """
    rows = list(polls())
    fresh = [row for row in rows if row.received_ms - row.time_ms <= DAY_MS]
    positions, fixes = {row[1:] for row in fresh}, {row.fix for row in fresh}
    newest = {vehicle: max(row.time_ms for row in group) for vehicle, group in by_vehicle(fresh).items()}
    assert (len(rows), len(positions), len(fixes)) == (198_075, 9_644, 8_268)
    # Its devices died in 2014, and time passes for years.
    cluster.settings |= {
        "FLEET_VEHICLE_TTL_D": "off",
        "FLEET_TIMEZONE": "America/New_York",
        "FLEET_VEHICLE_CLASS": "truck",
    }
    cluster.start(2)
    keep_the_times_of_senders(kafka.bootstrap)

    produce_stamped(
        kafka.bootstrap, "fleet.positions", ((row.vehicle.encode(), row.value, row.received_ms) for row in rows)
    )
    vehicles = wait_until_judged(cluster, len(rows))
    topics = read_topics(kafka.bootstrap, ["fleet.fixes", "fleet.rejected"])

    refused = sum((Counter(row["refused"]) for row in vehicles.values()), Counter[str]())
    assert sum(map(received, vehicles.values())) == len(rows)
    assert refused["too_old"] == len(rows) - len(fresh)
    assert set(refused) == {"too_old", "duplicate", "same_time", "excursion"}
    assert refused["same_time"] >= len(positions) - len(fixes)
    letters = [json.loads(record.value or b"") for record in topics["fleet.rejected"]]
    there_and_back = {fix_of(letter) for letter in letters if letter["reason"] == "excursion"}
    waiting = {(name, newest[name]) for name, row in vehicles.items() if row["waiting"]}
    assert sum(row["accepted"] for row in vehicles.values()) == len(fixes - there_and_back - waiting)
    assert len(there_and_back) < 10
    told = [json.loads(record.value or b"") for record in topics["fleet.fixes"]]
    assert {(row["vehicle_id"], row["time_ms"]) for row in told} - there_and_back == fixes - there_and_back - waiting
    places = Counter((row["vehicle_id"], row["time_ms"], row["lat"], row["lon"]) for row in told)
    assert set(places) <= positions
    assert set(places.values()) == {1}


def by_vehicle(rows: list[Polled]) -> dict[str, list[Polled]]:
    grouped: dict[str, list[Polled]] = defaultdict(list)
    for row in rows:
        grouped[row.vehicle].append(row)
    return grouped


def fix_of(letter: dict[str, Any]) -> tuple[str, int]:
    """Return which fix was refused."""
    position = json.loads(b64decode(letter["value"]))
    return position["vehicle_id"], position["time_ms"]


class Measured(NamedTuple):
    """A fix of a car: its own speed by the wheels, m/s, and what its receiver told."""

    time_ms: int
    wheels_mps: float
    position: dict[str, Any]


def car(number: int) -> list[Measured]:
    """Return the track of a car, under the name `car-<number>`."""
    with gzip.open(DATA / "envirocar" / f"track_{number}.geojson.gz") as file:
        features = json.load(file)["features"]
    return [_measured(number, feature) for feature in features if "Speed" in feature["properties"]["phenomenons"]]


def _measured(number: int, feature: dict[str, Any]) -> Measured:
    properties, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
    phenomenons, time_ms = properties["phenomenons"], _ms(datetime.fromisoformat(properties["time"]))
    position = {
        "vehicle_id": f"car-{number}",
        "time_ms": time_ms,
        "lat": lat,
        "lon": lon,
        "speed_mps": phenomenons["GPS Speed"]["value"] / 3.6,
    }
    return Measured(time_ms, phenomenons["Speed"]["value"] / 3.6, position)


def test_speeds_of_cars_are_what_their_wheels_say(kafka: RunningKafka, cluster: Cluster) -> None:
    """Three cars, a fix every five seconds, against the speed that their engine control units tell (OBD).

    The median of the absolute error is 0.41 m/s with the receiver's own speeds, which are told through, and 0.99 m/s
    where they are taken out and the speed is that over the track of the last 8 s or more. A difference of 1 s in the
    moments of both makes 1 m/s in a car that accelerates by 1 m/s2; what is asserted leaves as much again.
    """
    tracks = {f"car-{number}": car(number) for number in (1, 2, 3)}
    cluster.settings |= {"FLEET_MAX_AGE_S": "off", "FLEET_VEHICLE_CLASS": "car"}
    cluster.start(1)
    told = [each.position for track in tracks.values() for each in track]
    untold = [
        {name: value for name, value in position.items() if name != "speed_mps"}
        | {"vehicle_id": f"{position['vehicle_id']}-untold"}
        for position in told
    ]

    values = [(position["vehicle_id"].encode(), json.dumps(position).encode()) for position in [*told, *untold]]
    produce(kafka.bootstrap, "fleet.positions", values)
    wait_until_judged(cluster, len(values))
    fixes = [json.loads(record.value or b"") for record in read_topics(kafka.bootstrap, ["fleet.fixes"])["fleet.fixes"]]

    assert len(fixes) == len(values)
    wheels_mps = {(name, each.time_ms): each.wheels_mps for name, track in tracks.items() for each in track}
    errors_mps: dict[str, list[float]] = {"device": [], "track": []}
    for fix in (fix for fix in fixes if "speed_mps" in fix):
        at = fix["vehicle_id"].removesuffix("-untold"), fix["time_ms"]
        errors_mps[fix["speed_source"]].append(abs(fix["speed_mps"] - wheels_mps[at]))
    assert {source: len(errors) for source, errors in errors_mps.items()} == {"device": 768, "track": 762}
    assert statistics.median(errors_mps["device"]) < 0.6
    assert statistics.median(errors_mps["track"]) < 1.5
