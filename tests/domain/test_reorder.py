"""The reorder buffer: fixes in any order come out in order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix
from fleet_app.domain.reorder import MOST_WAITING, Buffer, Waiting, order_of, passed, with_one_more


def waiting(time_ms: int, lat: float = 0.0) -> Waiting:
    return Waiting(Fix(time_ms, lat, 0.0), 7, 0, None, None)


def buffer_of(*sent: Waiting) -> Buffer:
    buffer: Buffer = ()
    for each in sent:
        buffer = with_one_more(buffer, each) or buffer
    return buffer


any_order = st.lists(st.builds(waiting, st.integers(0, 50), st.sampled_from((1.0, 2.0))), max_size=60)


@given(any_order)
def test_what_comes_in_any_order_waits_in_order_and_once(sent: list[Waiting]) -> None:
    buffer = buffer_of(*sent)

    assert all(order_of(before) < order_of(after) for before, after in pairwise(buffer))
    assert {order_of(each) for each in buffer} == {order_of(each) for each in sent}


@given(any_order, st.integers(0, 60))
def test_those_pass_that_are_before_the_watermark(sent: list[Waiting], watermark_ms: int) -> None:
    buffer = buffer_of(*sent)
    count = passed(buffer, watermark_ms)

    assert [each.fix.time_ms < watermark_ms for each in buffer] == [True] * count + [False] * (len(buffer) - count)


def test_a_fix_at_the_watermark_waits_for_others_of_its_time() -> None:
    assert [passed(buffer_of(waiting(5)), watermark_ms) for watermark_ms in (4, 5, 6)] == [0, 0, 1]


def test_the_same_time_and_place_again_is_not_taken() -> None:
    buffer = buffer_of(waiting(5, 1.0), waiting(5, 2.0), waiting(9))

    assert [with_one_more(buffer, again) for again in (waiting(5, 1.0), waiting(5, 2.0), waiting(9))] == [None] * 3


def test_of_fixes_of_one_time_the_place_decides_the_order() -> None:
    one, other = waiting(5, 1.0), waiting(5, 2.0)

    assert buffer_of(one, other) == buffer_of(other, one) == (one, other)


def test_where_more_wait_than_can_the_oldest_pass_without_waiting() -> None:
    buffer = buffer_of(*(waiting(time_ms) for time_ms in range(MOST_WAITING + 3)))

    assert passed(buffer, 0) == 3


def test_what_waits_stays_small_enough_to_be_stored_as_one_value() -> None:
    large = [Waiting(Fix(time_ms, 0.0, 0.0), 7, 0, None, b"x" * 65_536) for time_ms in range(12)]

    assert [passed(tuple(large[:count]), 0) for count in (8, 9, 12)] == [0, 1, 4]
