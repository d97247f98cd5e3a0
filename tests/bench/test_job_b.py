from fleet_app.bench.fixes import Fix
from fleet_app.bench.job_b import GRACE_MS, KEEP_MINUTES, Last, Open, advance
from fleet_app.bench.load import JobName, load_of
from fleet_app.bench.oracle import Oracle, differences
from tests.bench import jobs

AT = 1_767_225_600_000
NEXT = AT + 60_000


def fix(time_ms: int) -> Fix:
    return Fix("v-1", time_ms, 50.0, 8.0, 10.0)


def after(*times_ms: int) -> tuple[Last, list[int]]:
    """Return the state after fixes of these times, and the minutes closed on the way."""
    last, closed = advance(None, fix(times_ms[0]))
    starts_ms = [minute.minute_ms for minute in closed]
    for time_ms in times_ms[1:]:
        last, closed = advance(last, fix(time_ms))
        starts_ms += [minute.minute_ms for minute in closed]
    return last, starts_ms


def counts(last: Last) -> list[tuple[int, int]]:
    return [(minute.minute_ms, minute.fixes) for minute in last.minutes]


def test_a_minute_stays_open_until_the_grace_has_passed() -> None:
    last, closed = after(AT, NEXT + GRACE_MS - 1)

    assert (counts(last), closed) == ([(AT, 1), (NEXT, 1)], [])


def test_a_minute_closes_when_the_grace_has_passed() -> None:
    last, closed = after(AT, NEXT + GRACE_MS)

    assert (counts(last), closed) == ([(NEXT, 1)], [AT])


def test_a_fix_out_of_order_counts_in_its_open_minute_and_moves_nothing() -> None:
    last, _ = after(AT, NEXT + 1, AT + 30_000)

    assert (counts(last), last.late, last.time_ms) == ([(AT, 2), (NEXT, 1)], 0, NEXT + 1)


def test_a_fix_out_of_order_may_begin_a_minute_before_the_newest() -> None:
    last, _ = after(NEXT + 1, AT + 59_000)

    assert counts(last) == [(AT, 1), (NEXT, 1)]


def test_a_fix_for_a_closed_minute_is_late_and_only_counted() -> None:
    last, closed = after(AT, NEXT + GRACE_MS, AT + 1)

    assert (counts(last), last.late, closed) == ([(NEXT, 1)], 1, [AT])


def test_a_silence_closes_every_minute_that_was_open() -> None:
    _, closed = after(AT, NEXT, NEXT + 600_000)

    assert closed == [AT, NEXT]


def test_open_minutes_are_small() -> None:
    assert Open(AT, 1, 0.0, 10.0) == after(AT)[0].minutes[0]


def test_the_job_does_what_the_oracle_says() -> None:
    oracle = Oracle(40, grace_ms=GRACE_MS, tells=True)
    load = oracle.watch(load_of(JobName.B, seed=3, vehicles=40, records=40_000))
    found = jobs.outcome(KEEP_MINUTES, JobName.B, load)

    assert differences(oracle.outcome(), found) == []
    assert sum(vehicle.late for vehicle in found.vehicles.values()) > 10
    assert found.refused > 0
    assert len(found.told) == len(found.minutes) > 0
