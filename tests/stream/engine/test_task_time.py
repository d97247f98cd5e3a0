"""Task time is made of receive times, and of waiting at the end of the input. It never goes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.engine.task_time import TaskTime
from tests.stream.engine.fake_clock import FakeClock

pytestmark = pytest.mark.anyio


def test_it_is_the_receive_time_of_the_newest_record() -> None:
    time = TaskTime(FakeClock())
    time.read(5_000)
    time.read(7_000)

    assert time.now_ms == 7_000


def test_an_older_record_does_not_set_it_back() -> None:
    time = TaskTime(FakeClock())
    time.read(7_000)
    time.read(5_000)

    assert time.now_ms == 7_000


async def test_it_passes_while_the_task_stands_at_the_end() -> None:
    clock = FakeClock()
    time = TaskTime(clock)
    time.read(5_000)
    await clock.advance(1.5)
    time.stand(clock.monotonic_s())

    assert time.now_ms == 6_500


async def test_it_does_not_pass_while_records_wait() -> None:
    clock = FakeClock()
    time = TaskTime(clock)
    time.read(5_000)
    await clock.advance(1.5)

    assert time.now_ms == 5_000


async def test_it_passes_only_up_to_when_the_end_was_told() -> None:
    clock = FakeClock()
    time = TaskTime(clock)
    time.read(5_000)
    await clock.advance(1.5)
    time.stand(1.0)

    assert time.now_ms == 6_000


async def test_a_record_received_meanwhile_does_not_set_it_back() -> None:
    clock = FakeClock()
    time = TaskTime(clock)
    time.read(5_000)
    await clock.advance(1.5)
    time.stand(clock.monotonic_s())
    time.read(6_000)

    assert time.now_ms == 6_500


async def test_a_restored_task_goes_on_from_its_saved_time_however_long_it_was_away() -> None:
    clock = FakeClock()
    time = TaskTime(clock)
    await clock.advance(3_600)
    time.restore(5_000)
    time.stand(clock.monotonic_s())

    assert time.now_ms == 5_000


def test_a_task_that_restores_forgets_what_another_owner_has_not_seen() -> None:
    time = TaskTime(FakeClock())
    time.read(9_000)
    time.restore(5_000)

    assert time.now_ms == 5_000


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10_000)), max_size=50))
def test_it_never_goes_back(events: list[tuple[bool, int]]) -> None:
    time = TaskTime(FakeClock())
    seen = [time.now_ms]
    for is_record, number in events:
        happen = time.read if is_record else time.stand
        happen(number)
        seen.append(time.now_ms)

    assert seen == sorted(seen)
