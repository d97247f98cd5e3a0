from typing import Any

import pytest

from fleet_app.bench.load import Sent
from fleet_app.bench.oracle import Counts, Oracle, Outcome, differences, is_same

AT = 1_767_225_600_000
NEXT = AT + 60_000


def sent(time_ms: int, *, lat: float = 50.0, malformed: bool = False) -> Sent:
    return Sent(0, time_ms, lat, 8.0, 10.0, malformed, b"")


def outcome_of(*load: Sent, grace_ms: int = 10_000) -> Outcome:
    oracle = Oracle(2, grace_ms=grace_ms, tells=True)
    assert tuple(oracle.watch(load)) == load
    return oracle.outcome()


def test_a_vehicle_that_sent_nothing_leaves_nothing() -> None:
    assert outcome_of() == Outcome({}, {}, {}, 0)


def test_the_newest_fix_is_the_last_whenever_it_came() -> None:
    found = outcome_of(sent(NEXT, lat=50.001), sent(AT + 55_000))

    assert (found.vehicles["v-0000000"].time_ms, found.vehicles["v-0000000"].lat) == (NEXT, 50.001)


def test_a_minute_is_closed_by_the_first_fix_past_its_grace() -> None:
    before = outcome_of(sent(AT), sent(NEXT + 9_999))
    behind = outcome_of(sent(AT), sent(NEXT + 10_000))

    assert (list(before.minutes), list(behind.minutes)) == ([], [("v-0000000", AT)])
    assert behind.told == {("v-0000000", AT): [Counts(1, 0.0, 10.0)]}


def test_a_fix_for_a_closed_minute_is_counted_as_late_alone() -> None:
    found = outcome_of(sent(AT), sent(NEXT + 10_000), sent(AT + 1))

    assert (found.vehicles["v-0000000"].late, found.minutes["v-0000000", AT].fixes) == (1, 1)


def test_a_degree_of_latitude_is_111_km() -> None:
    found = outcome_of(sent(AT), sent(AT + 1, lat=51.0))

    assert round(found.vehicles["v-0000000"].odometer_m) == 111_195


def test_what_is_malformed_is_refused_and_nothing_else() -> None:
    found = outcome_of(sent(AT), sent(AT + 1, malformed=True))

    assert (found.refused, found.vehicles["v-0000000"].open[AT].fixes) == (1, 1)


def test_an_outcome_does_not_differ_from_itself() -> None:
    found = outcome_of(sent(AT), sent(NEXT + 10_000))

    assert differences(found, found) == []


RIGHT = outcome_of(sent(AT), sent(NEXT + 10_000))
KEY = ("v-0000000", AT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vehicles": {}}, "vehicle: 1 missing"),
        ({"vehicles": {**RIGHT.vehicles, "v-9": RIGHT.vehicles["v-0000000"]}}, "vehicle: 1 that should not be"),
        ({"vehicles": {"v-0000000": RIGHT.vehicles["v-0000000"]._replace(odometer_m=1.0)}}, "vehicle: 1 wrong"),
        ({"minutes": {KEY: Counts(2, 0.0, 10.0)}}, "closed minute: 1 wrong"),
        ({"told": {KEY: [Counts(1, 0.0, 10.0)] * 2}}, "minutes told of: 1 wrong"),
        ({"told": {}}, "minutes told of: 1 missing"),
        ({"refused": 3}, "3 dead letters, not 0"),
    ],
)
def test_whatever_is_lost_added_doubled_or_wrong_is_said(change: dict[str, Any], said: str) -> None:
    found = differences(RIGHT, RIGHT._replace(**change))

    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.0 + 1e-6, False),
        ([1, 2], (1, 2.0), True),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ("a", None, False),
        (1.0, None, False),
    ],
)
def test_numbers_are_compared_to_nine_digits_and_all_else_exactly(
    one: object, other: object, *, expected: bool
) -> None:
    assert is_same(one, other) is expected
