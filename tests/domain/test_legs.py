"""What trips and stops are known by once late fixes have changed them."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.legs import Ending, Leg, LegKind, is_same, numbered
from fleet_app.domain.totals import NOTHING, Totals


def leg(start_ms: int, end_ms: int, number: int | None = None, kind: LegKind = LegKind.TRIP) -> Leg:
    known_by = start_ms if number is None else number
    return Leg(kind, start_ms, end_ms, 0.0, 0.0, 0.0, 0.0, NOTHING, None, Ending.STOP, known_by)


def numbers(before: list[Leg], after: list[Leg]) -> tuple[list[int], list[int]]:
    legs, gone = numbered(before, after)
    return [each.number for each in legs], [each.number for each in gone]


def test_a_leg_whose_start_moved_stays_the_same_one() -> None:
    assert numbers([leg(100, 200)], [leg(90, 210)]) == ([100], [])


def test_of_two_that_become_one_the_number_of_the_longer_stays_and_the_other_is_gone() -> None:
    assert numbers([leg(100, 200), leg(300, 600)], [leg(100, 600)]) == ([300], [100])


def test_of_one_that_is_split_the_number_goes_to_the_earlier_part() -> None:
    assert numbers([leg(100, 600)], [leg(100, 200), leg(300, 600)]) == ([100, 300], [])


def test_what_shares_the_same_time_with_two_goes_on_with_the_earlier() -> None:
    assert numbers([leg(100, 200), leg(200, 300)], [leg(150, 250)]) == ([100], [200])


def test_a_stop_does_not_go_on_with_a_trip() -> None:
    assert numbers([leg(100, 200)], [leg(100, 200, kind=LegKind.STOP)]) == ([101], [100])


def test_legs_that_only_touch_are_not_the_same() -> None:
    assert numbers([leg(100, 200)], [leg(200, 300)]) == ([200], [100])


def test_a_number_is_never_given_twice() -> None:
    # What begins where a known one began before its start moved.
    assert numbers([leg(50, 90, 100), leg(500, 600, 500)], [leg(50, 90), leg(100, 200), leg(500, 600)]) == (
        [100, 101, 500],
        [],
    )


def chain(cuts: list[int], number_from: int) -> list[Leg]:
    edges = sorted(set(cuts))
    kinds = (LegKind.TRIP, LegKind.STOP)
    return [
        leg(start, end, number_from + place, kinds[place % 2]) for place, (start, end) in enumerate(pairwise(edges))
    ]


cuts = st.lists(st.integers(0, 500), max_size=20)


@given(cuts, cuts)
def test_every_leg_has_a_number_of_its_own_and_nothing_told_is_forgotten(before: list[int], after: list[int]) -> None:
    told = chain(before, 1_000)
    legs, gone = numbered(told, chain(after, 5_000))

    found = [each.number for each in legs] + [each.number for each in gone]
    assert len(set(found)) == len(found)
    assert {each.number for each in told} <= set(found)
    assert [(each.start_ms, each.end_ms, each.kind) for each in legs] == [
        (each.start_ms, each.end_ms, each.kind) for each in chain(after, 5_000)
    ]


@given(cuts)
def test_what_has_not_changed_keeps_its_number(edges: list[int]) -> None:
    legs = chain(edges, 1_000)

    assert numbered(legs, [leg(each.start_ms, each.end_ms, 7, each.kind) for each in legs]) == (legs, [])


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"sums": Totals(distance_m=1e-9)}, True),
        ({"sums": Totals(distance_m=0.5)}, False),
        ({"sums": Totals(fixes=1)}, False),
        ({"end_ms": 201}, False),
        ({"ending": Ending.SILENCE}, False),
    ],
)
def test_legs_say_the_same_that_differ_in_the_last_digits_of_their_sums(
    changes: dict[str, object], *, same: bool
) -> None:
    assert is_same(leg(100, 200), msgspec.structs.replace(leg(100, 200), **changes)) is same
