from fleet_app.bench.fixes import Fix
from fleet_app.bench.job_a import KEEP_LAST, Last, advance
from fleet_app.bench.load import JobName, load_of
from fleet_app.bench.oracle import Oracle, differences
from tests.bench import jobs

AT = 1_767_225_600_000


def fix(time_ms: int, *, lat: float = 50.0) -> Fix:
    return Fix("v-1", time_ms, lat, 8.0, 10.0)


def test_a_first_fix_has_gone_nowhere() -> None:
    assert advance(None, fix(AT + 1)) == Last(AT + 1, 50.0, 8.0, 10.0, 0.0, AT, 1, 0.0, 10.0)


def test_a_fix_of_the_same_minute_adds_to_it() -> None:
    after = advance(advance(None, fix(AT)), fix(AT + 59_999, lat=50.001))

    assert (after.minute_ms, after.fixes, after.speed_sum_mps) == (AT, 2, 20.0)
    assert round(after.distance_m, 3) == round(after.odometer_m, 3) == 111.195


def test_a_fix_of_the_next_minute_begins_it_with_the_way_there() -> None:
    after = advance(advance(None, fix(AT)), fix(AT + 60_000, lat=50.001))

    assert (after.minute_ms, after.fixes, round(after.distance_m, 3)) == (AT + 60_000, 1, 111.195)


def test_the_job_does_what_the_oracle_says() -> None:
    oracle = Oracle(40, grace_ms=0, tells=False)
    found = jobs.outcome(KEEP_LAST, JobName.A, oracle.watch(load_of(JobName.A, seed=3, vehicles=40, records=4_000)))

    assert differences(oracle.outcome(), found) == []
    assert len(found.minutes) == 40 * 8
