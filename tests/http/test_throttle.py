"""Failures are counted by who makes them, for a while, and not for everybody at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.throttle import LIMIT, WINDOW_S, Throttle, network_of

NOW_S = 1_800_000_000.0


def test_ten_failures_in_five_minutes_are_answered_and_the_eleventh_told_to_wait() -> None:
    throttle = Throttle()

    assert (LIMIT, WINDOW_S) == (10, 300)
    assert [throttle.fail("a", NOW_S + second) for second in range(11)] == [0] * 10 + [290]


def test_what_one_does_is_not_held_against_another() -> None:
    throttle = Throttle(limit=1)

    assert [throttle.fail(who, NOW_S) for who in ("a", "a", "b")] == [0, 300, 0]


def test_a_window_ends_five_minutes_after_its_first_failure() -> None:
    throttle = Throttle(limit=1)
    throttle.fail("a", NOW_S)

    assert [throttle.fail("a", NOW_S + later_s) for later_s in (299.5, 300, 301)] == [1, 0, 299]


def test_a_clock_set_back_keeps_nobody_waiting_for_longer_than_a_window() -> None:
    throttle = Throttle(limit=1)
    throttle.fail("a", NOW_S)

    assert throttle.fail("a", NOW_S - 86_400) == 0


@given(st.lists(st.text(max_size=3)))
def test_no_more_are_remembered_than_there_is_room_for(names: list[str]) -> None:
    throttle = Throttle(capacity=3)
    for name in names:
        throttle.fail(name, NOW_S)

    assert len(throttle) <= 3


def test_who_failed_longest_ago_is_forgotten_first() -> None:
    throttle = Throttle(limit=1, capacity=2)
    for name in ("a", "b", "a", "c"):
        throttle.fail(name, NOW_S)

    assert throttle.fail("a", NOW_S) == 300
    assert throttle.fail("b", NOW_S) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_addresses_are_counted_by_what_their_owner_cannot_choose(address: str, network: str) -> None:
    assert network_of(address) == network
