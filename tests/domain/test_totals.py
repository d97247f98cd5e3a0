"""Running sums, and what lies between two of them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.totals import NOTHING, Totals, between, mean_moving_mps, plus, since

amounts = st.floats(0, 1e6)
totals = st.builds(Totals, st.integers(0, 999), *[amounts] * 5, st.integers(0, 99), amounts)


@given(totals, totals)
def test_what_came_to_a_sum_is_the_difference_of_both(before: Totals, more: Totals) -> None:
    assert msgspec.structs.astuple(since(plus(before, more), before)) == pytest.approx(
        msgspec.structs.astuple(more), abs=1e-6
    )


def test_a_difference_is_never_less_than_nothing() -> None:
    assert since(Totals(distance_m=0.1 + 0.2), Totals(distance_m=0.3000000000001)) == NOTHING


@given(totals, totals, st.floats(0, 1))
def test_the_two_parts_of_a_step_add_up_to_it(before: Totals, more: Totals, share: float) -> None:
    after = plus(before, more)
    middle = between(before, after, share)
    parts = plus(since(middle, before), since(after, middle))

    assert msgspec.structs.astuple(parts) == pytest.approx(msgspec.structs.astuple(more), abs=1e-6)
    assert (middle.fixes, middle.harsh_events) == (before.fixes, before.harsh_events)


def test_mean_speed_is_distance_over_the_time_on_the_move() -> None:
    assert mean_moving_mps(Totals(distance_m=600.0, moving_s=60.0, stop_s=600.0)) == 10.0


def test_of_what_did_not_move_there_is_no_mean_speed() -> None:
    assert mean_moving_mps(Totals(fixes=7, stop_s=600.0)) is None
