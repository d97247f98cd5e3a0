import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.bench.figures import (
    Delays,
    Sample,
    Spread,
    delays,
    first_assigned_at,
    first_at,
    percentile,
    spread,
    steady_rate,
)


def sample(
    at_s: float, *, cpu_s: float = 0.0, records: int = 0, phase: str = "running", assigned: bool = True
) -> Sample:
    return Sample(at_s, cpu_s, records, phase, assigned)


def test_a_spread_is_the_median_between_its_extremes() -> None:
    assert spread([3.0, 1.0, 10.0]) == Spread(median=3.0, lowest=1.0, highest=10.0)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.5, 50.0), (0.501, 51.0), (0.99, 99.0), (0.999, 100.0), (1.0, 100.0)]
)
def test_a_percentile_is_one_of_the_values_by_nearest_rank(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_at_least_its_share_of_values_does_not_exceed_a_percentile(values: list[float], share: float) -> None:
    ordered = sorted(values)

    assert sum(value <= percentile(ordered, share) for value in ordered) >= share * len(ordered)


def test_the_worst_second_is_found_among_good_ones() -> None:
    began_s = [0.1] * 100 + [1.1] * 100
    delay_ms = [1.0] * 100 + [2.0] * 98 + [30.0] * 2

    expected = Delays(count=200, p50=1.0, p99=2.0, p999=30.0, worst_second_p99=30.0, highest=30.0)
    assert delays(began_s, delay_ms) == expected


def test_the_steady_state_begins_with_the_last_sample_of_the_warm_up() -> None:
    samples = [
        sample(0, cpu_s=1.0, records=0),
        sample(1, cpu_s=2.0, records=200),
        sample(2, cpu_s=2.5, records=600),
        sample(3, cpu_s=3.0, records=1_000),
        sample(4, cpu_s=4.0, records=1_000),
        sample(5, cpu_s=9.0, records=1_000),
    ]

    # What the last commit takes counts; what happens afterwards does not.
    assert steady_rate(samples, 1_000, done_s=3.5) == 800 / (4.0 - 2.0)


def test_a_run_too_short_for_a_warm_up_counts_from_its_beginning() -> None:
    samples = [sample(0, cpu_s=1.0), sample(1, cpu_s=2.0, records=1_000)]

    assert steady_rate(samples, 1_000, done_s=0.9) == 1_000


def test_the_moments_of_a_restore_are_the_first_that_show_it() -> None:
    samples = [
        sample(1, phase="starting", assigned=False),
        sample(2, phase="restoring"),
        sample(3, phase="running"),
        sample(4, phase="running"),
    ]

    assert (first_assigned_at(samples), first_at(samples, phase="running")) == (2, 3)


def test_a_moment_that_never_came_is_none() -> None:
    samples = [sample(1, phase="starting", assigned=False)]

    assert (first_assigned_at(samples), first_at(samples, phase="running")) == (None, None)
