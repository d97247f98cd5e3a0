"""What the agent does with one record, against a dict and a list."""

import json

import msgspec
import pytest

from agents.track_positions import track_position
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.refusals import Reason
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records import Rejected, VehicleNow
from fleet_app.stream.declarations import Record, Topic
from fleet_app.topics import REJECTED, VEHICLES

NOW_MS = 1_700_000_000_000
RULES = ArrivalRules(max_skew_ms=60_000, max_age_ms=86_400_000)


class Worker:
    """The agent's world: one table and everything it sent."""

    def __init__(self) -> None:
        self.vehicles: dict[str, Vehicle] = {}
        self.sent: list[tuple[Topic, str, msgspec.Struct | None]] = []

    def receive(self, value: bytes | None, key: bytes | None = b"van-1") -> None:
        record = Record("fleet.positions", 3, 42, NOW_MS, key, value)
        track_position(record, self.vehicles, lambda *sent: self.sent.append(sent), RULES)

    def last_rejected(self) -> Rejected:
        topic, _, value = self.sent[-1]
        assert topic is REJECTED
        assert isinstance(value, Rejected)
        return value


@pytest.fixture
def worker() -> Worker:
    return Worker()


def position(**fields: object) -> bytes:
    good: dict[str, object] = {"vehicle_id": "van-1", "time_ms": NOW_MS, "lat": 52.5, "lon": 13.4}
    return json.dumps(good | fields).encode()


def test_an_accepted_position_is_in_the_table_and_on_the_public_topic(worker: Worker) -> None:
    worker.receive(position(speed_mps=8.5, ignition=True))

    assert worker.vehicles["van-1"].accepted == 1
    assert worker.sent == [
        (
            VEHICLES,
            "van-1",
            VehicleNow(
                vehicle_id="van-1", tenant="default", time_ms=NOW_MS, lat=52.5, lon=13.4, odometer_m=0.0, fixes=1,
                speed_mps=8.5, ignition=True,
            ),
        )
    ]  # fmt: skip


def test_the_receive_time_is_the_records(worker: Worker) -> None:
    worker.receive(position(time_ms=NOW_MS - 5_000))

    assert worker.vehicles["van-1"].received_ms == NOW_MS


def test_a_refused_record_keeps_its_place_and_its_bytes(worker: Worker) -> None:
    worker.receive(b"\xff not json", key=b"van-9")

    assert worker.last_rejected() == Rejected(
        reason=Reason.MALFORMED,
        detail=worker.last_rejected().detail,
        vehicle_id="van-9",
        topic="fleet.positions",
        partition=3,
        offset=42,
        received_ms=NOW_MS,
        key=b"van-9",
        value=b"\xff not json",
    )


@pytest.mark.parametrize("key", [None, b"\xff"])
def test_a_key_that_is_no_text_refuses_nothing_by_itself(worker: Worker, key: bytes | None) -> None:
    worker.receive(b"{", key=key)

    assert worker.last_rejected().key == key


def test_an_unreadable_position_leaves_the_table_alone(worker: Worker) -> None:
    worker.receive(b"{")

    assert worker.vehicles == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (position(time_ms=NOW_MS - 90_000_000), Reason.TOO_OLD),
        (position(time_ms=NOW_MS + 61_000), Reason.IN_FUTURE),
    ],
)
def test_a_refusal_is_counted_for_the_vehicle(worker: Worker, value: bytes, reason: Reason) -> None:
    worker.receive(value)
    worker.receive(value)

    assert worker.vehicles["van-1"].refused == {reason: 2}
    assert worker.last_rejected().reason is reason


def test_a_repeated_position_is_refused_and_changes_nothing_else(worker: Worker) -> None:
    worker.receive(position())
    first = worker.vehicles["van-1"]
    worker.receive(position())

    assert worker.last_rejected().reason is Reason.DUPLICATE
    assert worker.vehicles["van-1"] == msgspec.structs.replace(first, refused={Reason.DUPLICATE: 1})
