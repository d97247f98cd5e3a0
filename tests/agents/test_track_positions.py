"""What the agent does with one record, against dicts and lists."""

import json
from datetime import UTC

import msgspec
import pytest

from agents.track_positions import track_positions
from fleet_app.domain.panes import PaneRules
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.refusals import Reason
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records import Rejected, VehicleNow
from fleet_app.stream.declarations import REKEYED, PlainRecord
from fleet_app.topics import REJECTED, VEHICLES
from tests.agents.fakes import FakeTask

NOW_MS = 1_700_000_000_000
AGENT = track_positions(ArrivalRules(max_skew_ms=60_000, max_age_ms=86_400_000), PaneRules(5_000, UTC))


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(AGENT)


def position(**fields: object) -> bytes:
    good: dict[str, object] = {"vehicle_id": "van-1", "time_ms": NOW_MS, "lat": 52.5, "lon": 13.4}
    return json.dumps(good | fields).encode()


def record(value: bytes | None, key: bytes | None = b"van-1", *headers: tuple[str, bytes]) -> PlainRecord:
    return PlainRecord(42, NOW_MS, key, value, headers)


def vehicle(task: FakeTask) -> Vehicle:
    found = task.contents["vehicles"]["van-1"]
    assert isinstance(found, Vehicle)
    return found


def last_rejected(task: FakeTask) -> Rejected:
    topic, _, value = task.sent[-1]
    assert topic is REJECTED
    assert isinstance(value, Rejected)
    return value


def test_an_accepted_position_is_in_the_table_and_on_the_public_topic(task: FakeTask) -> None:
    task.receive(record(position(speed_mps=8.5, ignition=True)))

    assert vehicle(task).accepted == 1
    assert task.sent == [
        (
            VEHICLES,
            "van-1",
            VehicleNow(
                vehicle_id="van-1", tenant="default", time_ms=NOW_MS, lat=52.5, lon=13.4, odometer_m=0.0, fixes=1,
                speed_mps=8.5, ignition=True,
            ),
        )
    ]  # fmt: skip


def test_the_receive_time_is_the_records(task: FakeTask) -> None:
    task.receive(record(position(time_ms=NOW_MS - 5_000)))

    assert vehicle(task).received_ms == NOW_MS


def test_a_record_that_is_no_position_is_a_dead_letter_with_its_place_and_its_bytes(task: FakeTask) -> None:
    task.receive(record(b"\xff not json", b"van-9"))

    assert task.sent[-1][1] == "van-9"
    assert last_rejected(task) == Rejected(
        reason=Reason.MALFORMED,
        detail=last_rejected(task).detail,
        vehicle_id="van-9",
        topic="fleet.positions",
        partition=3,
        offset=42,
        received_ms=NOW_MS,
        key=b"van-9",
        value=b"\xff not json",
    )


@pytest.mark.parametrize("key", [None, b"\xff"])
def test_a_key_that_is_no_text_refuses_nothing_by_itself(task: FakeTask, key: bytes | None) -> None:
    task.receive(record(b"{", key))

    assert last_rejected(task).key == key


def test_an_unreadable_position_leaves_the_tables_alone(task: FakeTask) -> None:
    task.receive(record(b"{"))

    assert not any(task.contents.values())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (position(time_ms=NOW_MS - 90_000_000), Reason.TOO_OLD),
        (position(time_ms=NOW_MS + 61_000), Reason.IN_FUTURE),
    ],
)
def test_a_refusal_is_counted_for_the_vehicle(task: FakeTask, value: bytes, reason: Reason) -> None:
    task.receive(record(value))
    task.receive(record(value))

    assert vehicle(task).refused == {reason: 2}
    assert last_rejected(task).reason is reason
    assert (last_rejected(task).topic, last_rejected(task).partition) == ("fleet.positions", 3)


def test_a_repeated_position_is_refused_and_changes_nothing_else(task: FakeTask) -> None:
    task.receive(record(position()))
    first = vehicle(task)
    task.receive(record(position()))

    assert last_rejected(task).reason is Reason.DUPLICATE
    assert vehicle(task) == msgspec.structs.replace(first, refused={Reason.DUPLICATE: 1})


def test_a_vehicle_that_belongs_elsewhere_is_sent_on_and_leaves_no_trace(task: FakeTask) -> None:
    task.strangers = {"van-1"}
    stranger = record(position(), b"a truck")
    task.receive(stranger)

    assert task.rekeyed == [(stranger, "van-1")]
    assert (task.sent, any(task.contents.values())) == ([], False)


def test_a_vehicle_that_was_sent_on_and_is_not_home_yet_is_a_dead_letter(task: FakeTask) -> None:
    task.strangers = {"van-1"}
    task.receive(record(position(), b"van-1", (REKEYED, b"5")))

    assert (last_rejected(task).reason, last_rejected(task).vehicle_id) == (Reason.MISKEYED, "van-1")
    assert "came out at partition 3" in last_rejected(task).detail


def test_a_vehicle_that_is_known_is_at_home_whatever_the_key_says(task: FakeTask) -> None:
    task.receive(record(position()))
    task.strangers = {"van-1"}
    task.receive(record(position(time_ms=NOW_MS + 1_000), b"a truck"))

    assert (vehicle(task).accepted, task.rekeyed) == (2, [])


def test_what_an_error_stopped_is_kept_as_a_dead_letter_that_says_so(task: FakeTask) -> None:
    task.bury(record(position()), ZeroDivisionError("division by zero"))

    assert (last_rejected(task).reason, last_rejected(task).detail) == (Reason.FAILED, "division by zero")
    assert last_rejected(task).value == position()
