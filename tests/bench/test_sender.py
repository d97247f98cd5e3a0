import json
from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.bench.fixes import Fix
from fleet_app.bench.sender import Schedule

SCHEDULE = Schedule(first_ms=1_767_225_600_000, rate=10_000, seconds=2, vehicles=300)


def test_a_rate_is_kept_in_every_millisecond() -> None:
    due = Counter(SCHEDULE.due_ms(number) for number in range(SCHEDULE.records))

    assert due == {SCHEDULE.first_ms + at_ms: 10 for at_ms in range(2_000)}


def test_vehicles_take_turns() -> None:
    assert [SCHEDULE.vehicle(number) for number in (0, 299, 300, 301)] == [0, 299, 0, 1]


@given(st.integers(0, SCHEDULE.records - 1))
def test_a_record_is_a_fix_that_carries_the_moment_it_is_due(number: int) -> None:
    fix = msgspec.json.decode(SCHEDULE.value(number), type=Fix)

    assert fix.time_ms == SCHEDULE.due_ms(number)
    assert fix.vehicle_id == f"v-{SCHEDULE.vehicle(number):07d}"
    assert len(json.loads(SCHEDULE.value(number))) == 8
