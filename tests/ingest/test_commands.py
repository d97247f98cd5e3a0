"""`fleet replay` as it is typed, against a real Kafka."""

import collections
import csv
import gzip
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from fleet_app.broker.testing import RunningKafka
from fleet_app.domain.position import Position, read_position
from fleet_app.topics import POSITIONS
from tests.support.kafka import forget_topics, make_topics, read_all
from tests.support.processes import eventually

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "fleet"
TRUCKS = RECORDINGS / "jersey_city_trucks" / "positions_unique.csv.gz"
BUSES = RECORDINGS / "austin_bus" / "2015-06-07.csv.gz"
LIVERPOOL = RECORDINGS / "liverpool_bus" / "route14_outbound.csv.gz"

needs_recordings = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not part of the project")

DAY = "vehicle,time,lat,lon,speed\nvan-7,2015-06-07T08:00:00,30.1,-97.7,36\nvan-8,2015-06-07T08:00:01,91,-97.7,\n"


@pytest.fixture
def bootstrap(kafka: RunningKafka) -> str:
    """The session's broker, with the app's topics fresh and empty."""
    forget_topics(kafka.bootstrap)
    make_topics(kafka.bootstrap)
    return kafka.bootstrap


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from fleet_app.cli import main; main()", "replay", *map(str, arguments)]


def replay(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120, check=False)


def positions(bootstrap: str) -> list[Position]:
    read = [read_position(record.value) for record in read_all(bootstrap, POSITIONS.name)]
    assert all(isinstance(one, Position) for one in read)
    return [one for one in read if isinstance(one, Position)]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))


@pytest.mark.kafka
def test_a_file_is_sent_row_by_row_those_that_cannot_be_true_included(bootstrap: str, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text(DAY + "van-9,never,1,2,\n")

    done = replay(day, "--broker", bootstrap, "--time-zone", "America/Chicago", "--speed-unit", "kmh")

    records = {record.key: record.value for record in read_all(bootstrap, POSITIONS.name)}
    assert done.returncode == 0, done.stderr
    assert "3 rows read, 2 sent to fleet.positions, 1 not readable" in done.stdout
    assert "day.csv line 4: time 'never' is not a time" in done.stdout
    assert "2 of those sent are older than FLEET_MAX_AGE_S" in done.stdout
    assert read_position(records[b"van-7"]) == Position(
        vehicle_id="van-7", time_ms=1_433_682_000_000, lat=30.1, lon=-97.7, speed_mps=10.0
    )
    assert b"91.0" in records[b"van-8"]


@pytest.mark.kafka
def test_files_of_every_format_are_sent_together(bootstrap: str, tmp_path: Path) -> None:
    noon = Position(vehicle_id="van-7", time_ms=1_433_678_400_000, lat=30.5, lon=-97.25)
    tour, log, day = tmp_path / "tour.gpx", tmp_path / "van-8.txt", tmp_path / "day.parquet"
    point = '<trkpt lat="30.5" lon="-97.25"><time>2015-06-07T12:00:00Z</time></trkpt>'
    tour.write_text(f"<gpx><trk><name>van-7</name>{point}</trk></gpx>")
    log.write_text("$GPRMC,120000,A,3030.000,N,09715.000,W,,,070615,,\n$GPRMC,120001,A,3030.000,N,09715.000,W*00\n")
    parquet.write_table(
        pa.table({"bus": [9], "t": [datetime(2015, 6, 7, 12, tzinfo=UTC)], "lat": [30.5], "lon": [-97.25]}), day
    )

    by_name = replay(tour, log, "--broker", bootstrap)
    columns = replay(day, "--broker", bootstrap, "--map", "vehicle_id=bus,time=t")

    assert (by_name.returncode, columns.returncode) == (0, 0), by_name.stderr + columns.stderr
    assert "tour.gpx (gpx): vehicle_id ← the track's name, else tour" in by_name.stderr
    assert "van-8.txt (nmea): vehicle_id ← van-8" in by_name.stderr
    assert "3 rows read, 2 sent to fleet.positions, 1 not readable" in by_name.stdout
    assert "van-8.txt line 2: '$GPRMC,120001,A,3030.000,N,09715.000,W*00' has the checksum 00" in by_name.stdout
    assert "day.parquet (parquet): vehicle_id ← bus, time ← t" in columns.stderr
    assert {position.vehicle_id: position for position in positions(bootstrap)} == {
        vehicle_id: msgspec.structs.replace(noon, vehicle_id=vehicle_id) for vehicle_id in ("van-7", "van-8", "9")
    }


@pytest.mark.kafka
def test_a_paced_and_shifted_file_ends_now(bootstrap: str, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text("id,t,y,x\nvan-8,1000,1,1\nvan-7,0,1,1\n")
    before_ms = datetime.now(UTC).timestamp() * 1_000

    done = replay(day, "--broker", bootstrap, "--map", "time=t,lat=y,lon=x", "--pace", "1000x", "--shift-to-now")

    times_ms = {position.vehicle_id: position.time_ms for position in positions(bootstrap)}
    assert done.returncode == 0, done.stderr
    assert times_ms["van-8"] - times_ms["van-7"] == 1_000_000
    assert before_ms <= times_ms["van-8"] <= datetime.now(UTC).timestamp() * 1_000


@pytest.mark.kafka
def test_ctrl_c_ends_it_with_the_counts(bootstrap: str, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text("id,time,lat,lon\nvan-7,0,1,1\nvan-7,100000,1,1\n")
    arguments = command(day, "--broker", bootstrap, "--pace", "1", "--max-pause", "100000")

    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: read_all(bootstrap, POSITIONS.name), what="the first position is sent")
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "2 rows read, 1 sent to fleet.positions" in told


@pytest.mark.kafka
def test_nothing_to_send_is_a_failure(bootstrap: str, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text("id,time,lat,lon\nvan-7,never,1,1\n")

    done = replay(day, "--broker", bootstrap)

    assert done.returncode == 7
    assert "nothing was sent: 1 rows read, none of them a position" in done.stderr


def test_a_kafka_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = tmp_path / "day.csv"
    day.write_text(DAY)
    monkeypatch.setitem(os.environ, "FLEET_BROKER_WAIT_S", "0.1")

    done = replay(day, "--broker", "127.0.0.1:1")

    assert done.returncode == 3
    assert "Kafka at 127.0.0.1:1 cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pace", "fast"), "neither `max` nor a number above 0"),
        (("--pace", "0"), "neither `max` nor a number above 0"),
        (("--time-zone", "Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
        (("--map", "colour=red"), "write QUANTITY=HEADER"),
        (("--attributes", "route"), "no column 'route' for an attribute"),
        (("--delimiter", ";"), "'--delimiter'"),
        (("--speed-unit", "furlongs"), "'mps', 'kmh', 'mph', 'knots'"),
        (("--format", "kml"), "'csv', 'gpx', 'nmea', 'parquet'"),
        (("--format", "parquet"), "day.csv: it is no Parquet file that can be read"),
        (("--vehicle", "a/b"), "'a/b' cannot be a vehicle's id: 1 to 128 characters, no slash"),
    ],
)
def test_an_option_that_cannot_be_used_is_explained(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text(DAY)

    done = replay(day, *arguments)

    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.kafka
@needs_recordings
@pytest.mark.parametrize(
    ("recording", "options", "vehicle"),
    [
        (TRUCKS, ["--time-zone", "America/New_York"], "vehicle"),
        (BUSES, [], "vehicle_id"),
        (LIVERPOOL, [], "vehicle_id"),
    ],
)
def test_a_real_recording_is_sent_whole(recording: Path, options: list[str], vehicle: str, bootstrap: str) -> None:
    recorded = rows(recording)

    done = replay(recording, "--broker", bootstrap, *options)

    assert f"{len(recorded):,} rows read, {len(recorded):,} sent to fleet.positions, 0 not readable" in done.stdout
    assert collections.Counter(record.key.decode() for record in read_all(bootstrap, POSITIONS.name)) == (
        collections.Counter(row[vehicle] for row in recorded)
    )


@needs_recordings
def test_the_trucks_tell_the_time_of_new_york() -> None:
    """A fix is polled about every minute, so it is first seen soon after it was taken: true only in that zone."""
    zone = ZoneInfo("America/New_York")
    delays_s = sorted(
        (
            datetime.fromisoformat(row["first_seen"]).replace(tzinfo=UTC)
            - datetime.fromisoformat(row["fix_time_local"]).replace(tzinfo=zone)
        ).total_seconds()
        for row in rows(TRUCKS)
    )

    assert delays_s[0] >= -60
    assert delays_s[len(delays_s) // 2] < 300
