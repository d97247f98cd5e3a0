"""All vehicles that have a profile, and whose device is whose."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile

VEHICLES = ("a", "b", "c", "d")
DEVICES = ("x", "y", "b")
TIMES = st.integers(0, 8)


def profile(vehicle_id: str, *devices: DeviceSpan) -> VehicleProfile:
    return VehicleProfile(vehicle_id=vehicle_id, devices=devices)


def fleet_of(*profiles: VehicleProfile) -> Fleet:
    return Fleet().changed({one.vehicle_id: one for one in profiles})


@st.composite
def spans(draw: st.DrawFn) -> DeviceSpan:
    return DeviceSpan(draw(st.sampled_from(DEVICES)), draw(TIMES), draw(st.none() | TIMES))


def histories() -> st.SearchStrategy[list[dict[str, VehicleProfile | None]]]:
    """Return changes upon changes, overlapping and ending before they begin as well."""
    profiles = st.none() | st.lists(spans(), max_size=4).map(tuple)
    changes = st.dictionaries(st.sampled_from(VEHICLES), profiles, max_size=3)
    return st.lists(changes, max_size=6).map(
        lambda all_changes: [
            {key: None if devices is None else profile(key, *devices) for key, devices in changed.items()}
            for changed in all_changes
        ]
    )


def after(history: list[dict[str, VehicleProfile | None]]) -> dict[str, VehicleProfile]:
    newest: dict[str, VehicleProfile | None] = {}
    for changes in history:
        newest |= changes
    return {key: value for key, value in sorted(newest.items()) if value is not None}


def vehicle_by_the_rule(profiles: Mapping[str, VehicleProfile], device_id: str, time_ms: int) -> str | None:
    """Read the rule word by word, over all profiles."""
    holding = [
        (span.from_ms, one.vehicle_id)
        for one in profiles.values()
        for span in one.devices
        if span.device_id == device_id
        and span.from_ms <= time_ms
        and (span.until_ms is None or time_ms < span.until_ms)
    ]
    began_last_ms = max((from_ms for from_ms, _ in holding), default=None)
    own = device_id if device_id in profiles else None
    return min((vehicle_id for from_ms, vehicle_id in holding if from_ms == began_last_ms), default=own)


@given(histories())
def test_the_fleet_is_what_the_newest_changes_say(history: list[dict[str, VehicleProfile | None]]) -> None:
    fleet = Fleet()
    for changes in history:
        fleet = fleet.changed(changes)

    expected = after(history)
    assert [*fleet] == [*expected.values()]
    assert len(fleet) == len(expected)
    assert [fleet.get(key) for key in VEHICLES] == [expected.get(key) for key in VEHICLES]


@given(histories())
def test_whose_a_device_is_follows_the_rule_at_every_time(history: list[dict[str, VehicleProfile | None]]) -> None:
    fleet = Fleet()
    for changes in history:
        fleet = fleet.changed(changes)

    expected = after(history)
    asked = [(device_id, time_ms) for device_id in (*DEVICES, "a", "z") for time_ms in range(10)]
    assert [fleet.vehicle_of(*one) for one in asked] == [vehicle_by_the_rule(expected, *one) for one in asked]


@given(histories())
def test_a_change_leaves_the_fleet_before_it_as_it_was(history: list[dict[str, VehicleProfile | None]]) -> None:
    before = fleet_of(profile("a", DeviceSpan("x")), profile("b", DeviceSpan("x", 5)))
    fleet = before
    for changes in history:
        fleet = fleet.changed(changes)

    assert [one.vehicle_id for one in before] == ["a", "b"]
    assert [before.vehicle_of("x", time_ms) for time_ms in (4, 5)] == ["a", "b"]


@pytest.mark.parametrize(("time_ms", "vehicle_id"), [(0, "old"), (99, "old"), (100, "new"), (1_000, "new")], ids=str)
def test_a_device_goes_over_at_a_time_though_nobody_ended_the_claim_before(time_ms: int, vehicle_id: str) -> None:
    fleet = fleet_of(profile("old", DeviceSpan("phone-7")), profile("new", DeviceSpan("phone-7", 100)))

    assert fleet.vehicle_of("phone-7", time_ms) == vehicle_id


def test_a_device_that_was_lent_for_a_time_goes_back() -> None:
    fleet = fleet_of(profile("owner", DeviceSpan("phone-7")), profile("guest", DeviceSpan("phone-7", 100, 200)))

    assert [fleet.vehicle_of("phone-7", time_ms) for time_ms in (99, 100, 199, 200)] == [
        "owner", "guest", "guest", "owner",
    ]  # fmt: skip


def test_a_device_that_was_taken_out_is_in_no_vehicle() -> None:
    fleet = fleet_of(profile("van-1", DeviceSpan("phone-7", 0, 100)))

    assert fleet.vehicle_of("phone-7", 100) is None


def test_a_vehicles_own_id_is_its_device_unless_another_claims_it() -> None:
    fleet = fleet_of(profile("van-1"), profile("van-2", DeviceSpan("van-1", 100)))

    assert [fleet.vehicle_of("van-1", time_ms) for time_ms in (99, 100)] == ["van-1", "van-2"]


def test_the_same_claim_twice_is_one() -> None:
    twice = profile("van-1", DeviceSpan("phone-7", 5), DeviceSpan("phone-7", 5, 9))

    assert fleet_of(twice).changed({"van-1": None}).vehicle_of("phone-7", 6) is None
    assert fleet_of(twice).vehicle_of("phone-7", 9) == "van-1"


@pytest.mark.parametrize(("behind", "expected"), [("", ["a", "c"]), ("a", ["c"]), ("b", ["c"]), ("c", [])])
def test_a_walk_goes_on_behind_an_id(behind: str, expected: list[str]) -> None:
    fleet = fleet_of(profile("c"), profile("a"))

    assert [one.vehicle_id for one in fleet.after(behind)] == expected
