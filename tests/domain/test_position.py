"""Every way a position can be wrong has its reason."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import (
    LATEST_TIME_MS,
    MOST_BYTES,
    ArrivalRules,
    Position,
    Report,
    check_arrival,
    position_of,
    read_position,
    read_report,
)
from fleet_app.domain.refusals import Reason, Refusal

GOOD: dict[str, Any] = {"vehicle_id": "van-1", "time_ms": 1_700_000_000_000, "lat": 52.5, "lon": 13.4}


def reason_of(value: bytes | None) -> Reason | None:
    outcome = read_position(value)
    return outcome.reason if isinstance(outcome, Refusal) else None


def with_field(name: str, value: object) -> bytes:
    return json.dumps(GOOD | {name: value}).encode()


def test_the_four_required_fields_are_enough() -> None:
    assert read_position(json.dumps(GOOD).encode()) == Position(**GOOD)


def test_unknown_fields_are_left_aside() -> None:
    assert read_position(with_field("colour", "red")) == Position(**GOOD)


@pytest.mark.parametrize(
    "value",
    [
        None, b"", b" ", b"{", b"null", b"[]", b"17", b'"text"', b"\xff\xfe\x00", b'{"vehicle_id":"v\xff"}', b"{'a':1}",
        b'{"vehicle_id":"v","time_ms":1,"lat":NaN,"lon":2}',
        b'{"vehicle_id":"\\ud800","time_ms":1,"lat":1,"lon":2}',
        b'{"vehicle_id":"v","time_ms":1,"lat":1,"lon":2,"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_malformed(value: bytes | None) -> None:
    assert reason_of(value) is Reason.MALFORMED


@pytest.mark.parametrize(("size", "reason"), [(MOST_BYTES, None), (MOST_BYTES + 1, Reason.MALFORMED)])
def test_what_is_larger_than_any_position_is_not_read(size: int, reason: Reason | None) -> None:
    good = json.dumps(GOOD).encode()

    assert reason_of(good + b" " * (size - len(good))) is reason


@pytest.mark.parametrize("name", ["vehicle_id", "time_ms", "lat", "lon"])
def test_a_required_field_left_out_is_missing(name: str) -> None:
    assert reason_of(json.dumps({k: v for k, v in GOOD.items() if k != name}).encode()) is Reason.MISSING_FIELD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vehicle_id", 7), ("vehicle_id", None), ("time_ms", "1700000000000"), ("time_ms", 1.5), ("lat", "52"),
        ("lat", None), ("lon", [13]), ("speed_mps", "fast"), ("ignition", 1), ("attributes", []),
        ("attributes", {"a": {"b": 1}}), ("device_id", 5),
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_type_is_mistyped(name: str, value: object) -> None:
    assert reason_of(with_field(name, value)) is Reason.MISTYPED_FIELD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vehicle_id", ""), ("vehicle_id", "v" * 129), ("vehicle_id", "a/b"), ("vehicle_id", "a\n"),
        ("vehicle_id", "."), ("vehicle_id", ".."), ("vehicle_id", "a\x00b"),
        ("time_ms", -1), ("time_ms", LATEST_TIME_MS + 1), ("time_ms", 10**30),
        ("lat", 90.0001), ("lat", -91), ("lon", 180.0001), ("lon", -1e9),
        ("speed_mps", -0.1), ("heading_deg", 360.1), ("accuracy_m", -1), ("odometer_m", -1), ("fuel_l", -1),
        ("device_id", ""), ("attributes", {"k": "v" * 257}), ("attributes", {str(n): n for n in range(33)}),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_out_of_range(name: str, value: object) -> None:
    assert reason_of(with_field(name, value)) is Reason.OUT_OF_RANGE


def test_a_number_too_large_for_a_float_is_out_of_range() -> None:
    assert reason_of(b'{"vehicle_id":"v","time_ms":1,"lat":1e999,"lon":2}') is Reason.OUT_OF_RANGE


@pytest.mark.parametrize("vehicle_id", ["van 7", "Ω-☂", "..van", "%2F", "<b>", "a" * 128])
def test_unusual_names_of_vehicles_are_taken(vehicle_id: str) -> None:
    assert reason_of(with_field("vehicle_id", vehicle_id)) is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    assert isinstance(read_position(value), Position | Refusal)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(Position.__struct_fields__), json_values))
def test_any_object_is_read_or_refused(fields: dict[str, object]) -> None:
    assert isinstance(read_position(json.dumps(GOOD | fields).encode()), Position | Refusal)


RULES = ArrivalRules(max_skew_ms=60_000, max_age_ms=86_400_000, max_accuracy_m=200.0)
NOW_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("time_ms", "reason"),
    [
        (NOW_MS, None),
        (NOW_MS + 60_000, None),
        (NOW_MS + 60_001, Reason.IN_FUTURE),
        (NOW_MS - 86_400_000, None),
        (NOW_MS - 86_400_001, Reason.TOO_OLD),
        (0, Reason.TOO_OLD),
    ],
)
def test_time_gates_hold_to_the_millisecond(time_ms: int, reason: Reason | None) -> None:
    refusal = check_arrival(Position(**GOOD | {"time_ms": time_ms}), NOW_MS, RULES)

    assert (refusal and refusal.reason) is reason


def test_any_age_is_taken_with_the_age_gate_off() -> None:
    assert check_arrival(Position(**GOOD | {"time_ms": 0}), NOW_MS, ArrivalRules(60_000, None, 200.0)) is None


def reason_at(**changes: object) -> Reason | None:
    refusal = check_arrival(Position(**GOOD | changes), NOW_MS, RULES)
    return None if refusal is None else refusal.reason


@pytest.mark.parametrize(
    ("lat", "lon", "reason"),
    [
        (0.0, 0.0, Reason.NULL_ISLAND),
        (0.00009, -0.00009, Reason.NULL_ISLAND),
        (-0.0, 0.0, Reason.NULL_ISLAND),
        (0.0001, 0.0, None),
        (0.0, 6.7, None),
        (51.5, 0.0, None),
    ],
)
def test_a_device_without_a_fix_says_null_island(lat: float, lon: float, reason: Reason | None) -> None:
    assert reason_at(lat=lat, lon=lon) is reason


@pytest.mark.parametrize(
    ("accuracy_m", "reason"), [(None, None), (0.0, None), (200.0, None), (200.1, Reason.INACCURATE)]
)
def test_a_position_is_refused_that_may_be_too_far_off_by_its_own_word(
    accuracy_m: float | None, reason: Reason | None
) -> None:
    assert reason_at(accuracy_m=accuracy_m) is reason


def test_a_refusal_names_the_field_its_value_and_what_is_allowed() -> None:
    details = [
        refusal.detail
        for changes in ({"time_ms": NOW_MS + 60_001}, {"time_ms": 0}, {"accuracy_m": 1e6}, {"lat": 0.0, "lon": 0.0})
        if (refusal := check_arrival(Position(**GOOD | changes), NOW_MS, RULES)) is not None
    ]

    assert details == [
        "time_ms 1700000060001 is 60001 ms ahead of its receipt, at most 60000 allowed",
        "time_ms 0 is 1700000000000 ms before its receipt, at most 86400000 allowed",
        "accuracy_m 1e+06, at most 200 allowed",
        "lat 0, lon 0: a device without a fix",
    ]


def test_at_a_door_the_vehicle_may_be_left_out() -> None:
    told = {name: value for name, value in GOOD.items() if name != "vehicle_id"}

    assert read_report(json.dumps(told).encode()) == Report(**told)
    assert read_report(json.dumps(GOOD).encode()) == Report(**GOOD)


def test_what_is_wrong_is_wrong_at_a_door_too() -> None:
    assert read_report(with_field("lat", 91)) == read_position(with_field("lat", 91))
    assert read_report(with_field("vehicle_id", "a/b")) == read_position(with_field("vehicle_id", "a/b"))


def test_what_was_told_at_a_door_is_a_position_with_its_vehicle() -> None:
    whole = GOOD | {"device_id": "phone-7", "attributes": {"batt": 80.0}, "ignition": True}
    told = Report(**whole | {"vehicle_id": None})

    assert position_of(told, "van-1") == Position(**whole)


@pytest.mark.parametrize("vehicle_id", ["", "a/b", "..", "x" * 129])
def test_what_was_told_at_a_door_is_of_no_vehicle_that_cannot_be(vehicle_id: str) -> None:
    refusal = position_of(Report(**GOOD), vehicle_id)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.OUT_OF_RANGE
    assert "vehicle_id" in refusal.detail


def test_a_position_and_what_is_told_at_a_door_have_the_same_fields() -> None:
    assert Position.__struct_fields__ == Report.__struct_fields__
