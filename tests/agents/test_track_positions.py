"""What the agent does with one record, against dicts and lists."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.track_positions import track_positions
from fleet_app.domain.forgetting import FORGET
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import RuleOverrides, VehicleProfile
from fleet_app.domain.refusals import Reason
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.metrics import VEHICLES_FORGOTTEN
from fleet_app.records.rejected import Rejected
from fleet_app.stream.declarations import REKEYED, PlainRecord
from fleet_app.topics import FIXES, REJECTED, VEHICLES
from tests.agents.fakes import FakeTask
from tests.agents.one_van import AGENT, GATES, VAN, OneVan, position_of
from tests.agents.tapes import REFUSED_ON_ARRIVAL, Sent, dirty_tapes, played
from tests.domain.drives import RULES, START_MS, Told, driving, fix_at, standing

GOOD = position_of(fix_at(0))


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def record(value: bytes | None, key: bytes | None = b"van-1", *headers: tuple[str, bytes]) -> PlainRecord:
    return PlainRecord(42, START_MS, key, value, headers)


def last_rejected(task: FakeTask) -> Rejected:
    topic, _, value = task.sent[-1]
    assert topic is REJECTED
    assert isinstance(value, Rejected)
    return value


def test_an_accepted_position_is_in_the_tables_and_on_the_public_topics(van: OneVan) -> None:
    van.send_at_once([fix_at(0), fix_at(10)])

    assert van.vehicle.accepted == 1
    assert [fix.time_ms for fix in van.values(FIXES)] == [START_MS]
    assert [now.time_ms for now in van.values(VEHICLES)] == [START_MS, START_MS, START_MS + 10_000]
    assert {key for _, key, _ in van.sent} == {VAN}


def test_the_receive_time_is_the_records(van: OneVan) -> None:
    van.bring_fix(fix_at(0), START_MS + 3_000)

    assert van.vehicle.received_ms == START_MS + 3_000


def test_a_record_that_is_no_position_is_a_dead_letter_with_its_place_and_its_bytes(van: OneVan) -> None:
    van.receive(record(b"\xff not json", b"van-9"))

    assert van.sent[-1][1] == "van-9"
    assert last_rejected(van) == Rejected(
        reason=Reason.MALFORMED,
        detail=last_rejected(van).detail,
        vehicle_id="van-9",
        topic="fleet.positions",
        partition=3,
        offset=42,
        received_ms=START_MS,
        key=b"van-9",
        value=b"\xff not json",
    )


@pytest.mark.parametrize("key", [None, b"\xff"])
def test_a_key_that_is_no_text_refuses_nothing_by_itself(van: OneVan, key: bytes | None) -> None:
    van.receive(record(b"{", key))

    assert last_rejected(van).key == key


def test_an_unreadable_position_leaves_the_tables_alone(van: OneVan) -> None:
    van.receive(record(b"{"))

    assert not any(van.contents.values())


@pytest.mark.parametrize("reason", REFUSED_ON_ARRIVAL)
def test_what_the_gates_on_arrival_refuse_is_counted_and_told_with_its_bytes(van: OneVan, reason: Reason) -> None:
    value = position_of(REFUSED_ON_ARRIVAL[reason])
    van.receive(record(value))
    van.receive(record(value))

    assert (van.vehicle.refused, van.vehicle.accepted) == ({reason: 2}, 0)
    assert last_rejected(van) == Rejected(
        reason=reason,
        detail=last_rejected(van).detail,
        vehicle_id=VAN,
        topic="fleet.positions",
        partition=3,
        offset=42,
        received_ms=START_MS,
        key=b"van-1",
        value=value,
    )


def test_a_repeated_position_is_refused_and_changes_nothing_else(van: OneVan) -> None:
    van.send_at_once([fix_at(0)])
    before = van.track
    van.send_at_once([fix_at(0)])

    assert last_rejected(van).reason is Reason.DUPLICATE
    assert (van.vehicle.refused, van.track) == ({Reason.DUPLICATE: 1}, before)


def test_what_is_refused_in_order_is_told_with_the_bytes_it_came_in(van: OneVan) -> None:
    far_off, another = fix_at(20, 90_000), fix_at(10, 9.0)
    van.send_at_once([fix_at(0), fix_at(10), another, far_off, fix_at(30), fix_at(40)])

    assert [(told.reason, told.offset, told.value) for told in van.values(REJECTED)] == [
        (Reason.SAME_TIME, 2, position_of(another)),
        (Reason.IMPLIED_SPEED, 3, position_of(far_off)),
    ]
    assert {(told.topic, told.partition, told.key) for told in van.values(REJECTED)} == {
        ("fleet.positions", 3, b"van-1")
    }


def test_a_vehicle_that_belongs_elsewhere_is_sent_on_and_leaves_no_trace(van: OneVan) -> None:
    van.strangers = {VAN}
    stranger = record(GOOD, b"a truck")
    van.receive(stranger)

    assert van.rekeyed == [(stranger, VAN)]
    assert (van.sent, any(van.contents.values())) == ([], False)


def test_a_vehicle_that_was_sent_on_and_is_not_home_yet_is_a_dead_letter(van: OneVan) -> None:
    van.strangers = {VAN}
    van.receive(record(GOOD, b"van-1", (REKEYED, b"5")))

    assert (last_rejected(van).reason, last_rejected(van).vehicle_id) == (Reason.MISKEYED, VAN)
    assert "came out at partition 3" in last_rejected(van).detail


def test_a_vehicle_that_is_known_is_at_home_whatever_the_key_says(van: OneVan) -> None:
    van.receive(record(GOOD))
    van.strangers = {VAN}
    van.receive(record(position_of(fix_at(1)), b"a truck"))

    assert (len(van.track.buffer), van.rekeyed) == (2, [])


def test_what_an_error_stopped_is_kept_as_a_dead_letter_that_says_so(van: OneVan) -> None:
    van.bury(record(GOOD), ZeroDivisionError("division by zero"))

    assert (last_rejected(van).reason, last_rejected(van).detail) == (Reason.FAILED, "division by zero")
    assert last_rejected(van).value == GOOD


def test_vehicles_are_kept_apart() -> None:
    task = FakeTask(AGENT)
    for fix in [*standing(0, 300), *driving(300, 600), *standing(600, 900, 10, 3_000)]:
        for vehicle_id in ("van-1", "van-2"):
            task.receive(PlainRecord(0, fix.time_ms + 500, None, position_of(fix, vehicle_id)))

    by_vehicle = {
        vehicle_id: [(topic.name, value) for topic, key, value in task.sent if key == vehicle_id]
        for vehicle_id in ("van-1", "van-2")
    }
    assert len(by_vehicle["van-1"]) > 100
    assert [topic for topic, _ in by_vehicle["van-1"]] == [topic for topic, _ in by_vehicle["van-2"]]


def forget(key: bytes | None, *headers: tuple[str, bytes]) -> PlainRecord:
    return record(None, key, (FORGET, b""), *headers)


def test_a_record_without_a_value_is_refused_if_it_does_not_ask_for_forgetting(van: OneVan) -> None:
    van.receive(record(GOOD))
    van.receive(record(None))

    assert (last_rejected(van).reason, len(van.track.buffer)) == (Reason.MALFORMED, 1)


def test_a_position_with_the_header_is_a_position(van: OneVan) -> None:
    van.receive(record(GOOD, b"van-1", (FORGET, b"")))

    assert len(van.track.buffer) == 1


@pytest.mark.parametrize("key", [None, b"\xff", b"a/b"])
def test_a_request_to_forget_nobody_is_a_dead_letter(van: OneVan, key: bytes | None) -> None:
    van.receive(forget(key))

    assert (last_rejected(van).reason, last_rejected(van).key) == (Reason.MALFORMED, key)


def test_a_request_to_forget_is_sent_on_to_where_the_vehicle_is(van: OneVan) -> None:
    van.strangers = {VAN}
    stranger = forget(b"van-1")
    van.receive(stranger)

    assert (van.rekeyed, van.sent) == ([(stranger, VAN)], [])


def test_a_request_to_forget_that_was_sent_on_and_is_not_home_yet_is_a_dead_letter(van: OneVan) -> None:
    van.strangers = {VAN}
    van.receive(forget(b"van-1", (REKEYED, b"5")))

    assert last_rejected(van).reason is Reason.MISKEYED


def test_vehicles_that_were_known_are_counted_when_they_are_forgotten(van: OneVan) -> None:
    counter = VEHICLES_FORGOTTEN.labels("asked")
    before = counter._value.get()
    van.receive(record(GOOD))
    van.receive(forget(b"van-1"))
    van.receive(forget(b"ghost"))

    assert counter._value.get() - before == 1


def test_a_stranger_is_refused_where_strangers_are_and_leaves_no_trace() -> None:
    van = OneVan(track_positions(GATES, RULES, unknown=UnknownDevices.REFUSE))
    van.receive(record(GOOD))

    assert "'van-1'" in last_rejected(van).detail
    assert last_rejected(van) == Rejected(
        reason=Reason.UNKNOWN_VEHICLE,
        detail=last_rejected(van).detail,
        vehicle_id=VAN,
        topic="fleet.positions",
        partition=3,
        offset=42,
        received_ms=START_MS,
        key=b"van-1",
        value=GOOD,
    )
    assert not any(van.contents.values())


def test_a_stranger_that_gets_a_profile_is_taken_in_from_then_on() -> None:
    van = OneVan(track_positions(GATES, RULES, unknown=UnknownDevices.REFUSE))
    van.send_at_once([fix_at(0)])
    van.show(VEHICLE_PROFILES, {VAN: VehicleProfile(vehicle_id=VAN)})
    van.send_at_once([fix_at(10)])
    van.show(VEHICLE_PROFILES, {VAN: None})
    van.send_at_once([fix_at(20)])

    assert van.accepted_s() == [10.0]
    assert [told.reason for told in van.values(REJECTED)] == [Reason.UNKNOWN_VEHICLE] * 2


def test_a_profile_decides_from_the_next_record_on(van: OneVan) -> None:
    at_limit = fix_at(10, told=Told(accuracy_m=100.0))
    van.send_at_once([fix_at(0), at_limit])
    strict = RuleOverrides(max_accuracy_m=50.0)
    van.show(VEHICLE_PROFILES, {VAN: VehicleProfile(vehicle_id=VAN, tenant="north", overrides=strict)})
    van.send_at_once([fix_at(20, told=Told(accuracy_m=100.0)), fix_at(30)])

    assert [(told.reason, told.offset) for told in van.values(REJECTED)] == [(Reason.INACCURATE, 2)]
    assert [told.tenant for told in van.values(FIXES)] == ["default", "north"]
    assert (van.values(VEHICLES)[0].tenant, van.now.tenant, van.vehicle.tenant) == ("default", "north", "north")


def test_a_trucks_limits_are_not_a_vans(van: OneVan) -> None:
    fast = [*standing(0, 600), *driving(600, 900, speed_mps=30.0)]
    truck = OneVan()
    truck.show(VEHICLE_PROFILES, {VAN: VehicleProfile(vehicle_id=VAN, vehicle_class=VehicleClass.TRUCK)})
    van.send_at_once(fast)
    truck.send_at_once(fast)

    assert (len(van.events("overspeed_started")), len(truck.events("overspeed_started"))) == (0, 1)


def counted(van: OneVan) -> int:
    """Return how many positions are accounted for: accepted, refused, late and to be worked in, or waiting."""
    vehicle = van.vehicle
    return vehicle.accepted + sum(vehicle.refused.values()) + vehicle.late + len(van.track.buffer)


@settings(deadline=None)
@given(dirty_tapes())
def test_every_position_that_names_the_vehicle_is_accounted_for_after_every_record(tape: list[Sent]) -> None:
    van, accounted = OneVan(), []
    for value, received_ms in tape:
        van.bring(value, received_ms)
        accounted.append(counted(van))
    van.wait(7_200)

    assert [*accounted, counted(van)] == [*range(1, len(tape) + 1), len(tape)]
    assert len(van.values(REJECTED)) >= sum(van.vehicle.refused.values())
    assert {told.offset: told.value for told in van.values(REJECTED) if told.value is not None}.items() <= {
        offset: sent.value for offset, sent in enumerate(tape)
    }.items()


@settings(deadline=None)
@given(dirty_tapes(), st.lists(st.integers(0, 400), max_size=4))
def test_a_restart_at_any_record_changes_nothing(tape: list[Sent], restarts: list[int]) -> None:
    restarted, edges = OneVan(), [0, *sorted(restarts), len(tape)]
    for first, last in pairwise(edges):
        for value, received_ms in tape[first:last]:
            restarted.bring(value, received_ms)
        restarted.restart()
    restarted.wait(7_200)

    straight = played(tape)
    assert restarted.sent == straight.sent
    assert restarted.contents == straight.contents
