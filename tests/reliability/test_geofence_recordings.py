"""Real positions through geofences drawn around known places: what is told is what a plain recomputation says."""

import csv
import gzip
import json
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from agents.track_positions import track_positions
from fleet_app.broker.testing import RunningKafka
from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.rules import Rules
from fleet_app.domain.states import State
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from fleet_app.global_views import GEOFENCES
from fleet_app.stream.declarations import PlainRecord
from fleet_app.topics import EVENTS, FIXES
from tests.agents.fakes import FakeTask
from tests.reliability.campaign.geofence_plain import Drawn, Round, Sight, Told, crossings
from tests.support.kafka import produce_stamped, read_topics
from tests.support.processes import Cluster, eventually
from tests.support.task_time import keep_the_times_of_senders, let_time_pass

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
FOR_EVER_MS: Final = 2_000_000_000_000
"""After every recording: nothing waits any more."""
PARTITIONS: Final = 8
EXACT_MS: Final = 100
"""Some decimetres, at the speed of a slow truck: the scale at the end of a way is taken for the whole of it."""

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recordings are not here")

JERSEY_CITY: Final[Sequence[Round | Drawn]] = (
    Round("public works depot", (40.6885, -74.0903), 250.0),
    Round("depot's gate", (40.6878, -74.0920), 60.0),
    Round("Journal Square", (40.7326, -74.0631), 400.0),
    Round("City Hall", (40.7178, -74.0431), 300.0),
    Round("Port Jersey Boulevard", (40.6700, -74.0830), 600.0),
    Drawn("Liberty State Park", [[(40.6900, -74.0680), (40.6900, -74.0400), (40.7130, -74.0400), (40.7130, -74.0620)]]),
    Drawn(
        "Garfield Avenue, a strip across it",
        [[(40.6955, -74.0960), (40.6945, -74.0960), (40.6945, -74.0800), (40.6955, -74.0800)]],
    ),
    Drawn(
        "The Heights around Pershing Field",
        [
            [(40.7400, -74.0620), (40.7400, -74.0380), (40.7560, -74.0330), (40.7600, -74.0480)],
            [(40.7410, -74.0540), (40.7410, -74.0500), (40.7440, -74.0500), (40.7440, -74.0540)],
        ],
    ),
    Drawn(
        "Greenville, with a notch",
        [[(40.6980, -74.1000), (40.6980, -74.0850), (40.7060, -74.0850), (40.7060, -74.0920), (40.7120, -74.1000)]],
    ),
)
KING_COUNTY: Final[Sequence[Round | Drawn]] = (
    Round("downtown Seattle", (47.6062, -122.3350), 1_500.0),
    Round("University District", (47.6560, -122.3120), 600.0),
    Round("Burien Transit Center", (47.4697, -122.3377), 300.0),
    Round("Tukwila International Boulevard", (47.4640, -122.2880), 400.0),
    Round("South Renton", (47.4777, -122.2159), 500.0),
    Round("SeaTac", (47.4453, -122.2948), 500.0),
    Drawn("Capitol Hill", [[(47.6130, -122.3280), (47.6130, -122.3000), (47.6400, -122.3000), (47.6400, -122.3280)]]),
    Drawn(
        "Redmond, without its middle",
        [
            [(47.6600, -122.1400), (47.6600, -122.0800), (47.7150, -122.0800), (47.7150, -122.1400)],
            [(47.6700, -122.1250), (47.6700, -122.1150), (47.6780, -122.1150), (47.6780, -122.1250)],
        ],
    ),
)

Position = dict[str, Any]


def jersey_city() -> list[Position]:
    """Return the distinct positions of Jersey City's trucks of the recorded day, in the order of event time."""
    zone = ZoneInfo("America/New_York")
    with gzip.open(DATA / "fleet" / "jersey_city_trucks" / "positions_unique.csv.gz", "rt", newline="") as lines:
        rows = list(csv.DictReader(lines))
    positions = [
        {
            "vehicle_id": row["vehicle"],
            "time_ms": _ms(datetime.fromisoformat(row["fix_time_local"]).replace(tzinfo=zone)),
            "lat": float(row["lat"]),
            "lon": float(row["lon"]),
        }
        for row in rows
    ]
    return sorted(positions, key=lambda each: each["time_ms"])


def king_county() -> list[Position]:
    """Return the positions of both frames, in the order of event time; those at (0, 0) among them."""
    frames = sorted((DATA / "gtfs_rt").glob("king_county_*.pb"))
    positions = [position for frame in frames for position in _positions_in(frame.read_bytes())]
    return sorted(positions, key=lambda each: each["time_ms"])


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)


_ENTITY, _VEHICLE, _POSITION, _TIMESTAMP, _DESCRIPTOR, _ID, _LATITUDE, _LONGITUDE = 2, 4, 2, 5, 8, 1, 1, 2
"""Field numbers of GTFS Realtime."""


def _positions_in(frame: bytes) -> Iterator[Position]:
    for number, entity in _fields(frame):
        if number == _ENTITY:
            vehicle = dict(_fields(dict(_fields(entity))[_VEHICLE]))
            place, descriptor = dict(_fields(vehicle[_POSITION])), dict(_fields(vehicle[_DESCRIPTOR]))
            yield {
                "vehicle_id": descriptor[_ID].decode(),
                "time_ms": vehicle[_TIMESTAMP] * 1_000,
                "lat": struct.unpack("<f", place[_LATITUDE])[0],
                "lon": struct.unpack("<f", place[_LONGITUDE])[0],
            }


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message in the wire format of Protocol Buffers: numbers, and numbers or bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield tag >> 3, value
        else:
            length, place = _varint(message, place) if kind == 2 else ({1: 8, 5: 4}[kind], place)
            yield tag >> 3, message[place : place + length]
            place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while message[place] & 0x80:
        value |= (message[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return value | message[place] << shift, place + 1


RECORDINGS: Final = {
    "Jersey City": (jersey_city, JERSEY_CITY, VehicleClass.TRUCK),
    "King County": (king_county, KING_COUNTY, VehicleClass.BUS),
}


def geofence_of(fence: Round | Drawn) -> Geofence:
    """Return a place as what is asked for over the API."""
    shape: Circle | Polygon = (
        Circle(*fence.middle, fence.radius_m)
        if isinstance(fence, Round)
        else Polygon(tuple(tuple((lon, lat) for lat, lon in (*ring, ring[0])) for ring in fence.rings))
    )
    return Geofence(geofence_id=fence.name, name=fence.name, shape=shape, revision=1)


def rules_for(kind: VehicleClass) -> Rules:
    return Rules(LIMITS[kind], 5_000, UTC)


def expected(fixes: Sequence[Mapping[str, Any]], fences: Sequence[Round | Drawn], rules: Rules) -> list[Told]:
    """Return what must be told of a vehicle with these accepted fixes, in order."""
    sights: list[Sight] = []
    course: Course | None = None
    for each in fixes:
        fix = Fix(each["time_ms"], each["lat"], each["lon"])
        advanced = advance(course, fix, fix, rules)
        assert advanced is not None
        assert advanced.refusal is None
        course = advanced.course
        assert course.state == each["state"]
        sights.append(sight_of(course))
    return crossings(sights, fences)


def sight_of(course: Course) -> Sight:
    """Return what is known of a vehicle with its last fix, geofences apart."""
    last, rest, is_moving = course.last, course.rest, course.state is State.MOVING
    return Sight(
        time_ms=last.time_ms,
        place=(last.lat, last.lon) if is_moving else (rest.lat, rest.lon),
        accuracy_m=last.accuracy_m,
        heading_deg=last.heading_deg if is_moving else None,
        rested_s=None if is_moving else (last.time_ms - rest.since_ms) / 1_000,
        is_anew=rest.fixes == 1 and rest.before is None,
    )


def check(fixes: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], recording: str) -> int:
    """Compare what was told with what must be, vehicle by vehicle; return how much it was."""
    _, fences, kind = RECORDINGS[recording]
    by_vehicle: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for fix in sorted(fixes, key=lambda each: each["time_ms"]):
        by_vehicle[fix["vehicle_id"]].append(fix)
    told: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for event in events:
        if event["type"] in {"geofence_entered", "geofence_exited"}:
            told[event["vehicle_id"], event["geofence_id"], event["type"] == "geofence_entered"].append(
                event["time_ms"]
            )
    wanted: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for vehicle_id, of_vehicle in by_vehicle.items():
        for each in expected(of_vehicle, fences, rules_for(kind)):
            wanted[vehicle_id, each.name, each.is_inwards].append(each.time_ms)
    assert set(told) == set(wanted)
    for key, times_ms in wanted.items():
        assert sorted(told[key]) == pytest.approx(sorted(times_ms), abs=EXACT_MS), key
    return sum(map(len, told.values()))


@pytest.mark.slow
@pytest.mark.parametrize(("recording", "events"), [("Jersey City", 1_475), ("King County", 18)])
def test_enter_and_exit_are_those_of_a_plain_recomputation(recording: str, events: int) -> None:
    read, fences, kind = RECORDINGS[recording]
    gates = ArrivalRules(max_skew_ms=60_000, max_age_ms=None, max_accuracy_m=200.0)
    fixes: list[Mapping[str, Any]] = []
    told: list[Mapping[str, Any]] = []
    for vehicle_id, positions in groupby(
        sorted(read(), key=lambda each: each["vehicle_id"]), lambda e: e["vehicle_id"]
    ):
        task = FakeTask(track_positions(gates, rules_for(kind)))
        task.show(GEOFENCES, {fence.name: geofence_of(fence) for fence in fences})
        for offset, position in enumerate(positions):
            value = json.dumps(position).encode()
            task.receive(PlainRecord(offset, position["time_ms"] + 1_000, vehicle_id.encode(), value))
        task.tick(FOR_EVER_MS)
        fixes += [msgspec.to_builtins(each) for each in task.values(FIXES)]
        told += [msgspec.to_builtins(each) for each in task.values(EVENTS)]

    assert check(fixes, told, recording) == events


@pytest.mark.kafka
@pytest.mark.slow
def test_two_workers_tell_the_same_of_geofences_that_were_put_over_http(kafka: RunningKafka, cluster: Cluster) -> None:
    """The trucks of Jersey City end to end."""
    positions = jersey_city()
    # A geofence is put now, and the trucks drove years ago: by its time they are to be forgotten.
    cluster.settings |= {"FLEET_MAX_AGE_S": "off", "FLEET_VEHICLE_CLASS": "truck", "FLEET_VEHICLE_TTL_D": "off"}
    workers = cluster.start(2)
    keep_the_times_of_senders(kafka.bootstrap)
    for fence in JERSEY_CITY:
        body = msgspec.to_builtins(geofence_of(fence))
        named = {"name": body["name"], "shape": body["shape"]}
        path = f"{workers[0].url}/api/geofences/{quote(fence.name)}?wait=1"
        answer = httpx.put(path, json=named, timeout=30.0, trust_env=False)
        assert answer.status_code == 201, answer.text
    for worker in workers:
        eventually(lambda: len(worker.answers("/api/geofences")["items"]) == len(JERSEY_CITY), what="all are shown")  # noqa: B023

    records = [(each["vehicle_id"].encode(), json.dumps(each).encode(), each["time_ms"] + 1_000) for each in positions]
    produce_stamped(kafka.bootstrap, "fleet.positions", records)
    cluster.wait_until_caught_up(len(records))
    let_time_pass(kafka.bootstrap, PARTITIONS)
    cluster.wait_until_committed(len(records) + PARTITIONS, within_s=60)
    topics = read_topics(kafka.bootstrap, ["fleet.fixes", "fleet.events"])

    fixes, told = ([json.loads(record.value or b"") for record in topics[name]] for name in topics)
    assert check(fixes, told, "Jersey City") > 0
