import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.errors import FleetError, PortError, SettingsError, StateError, TopicsError, WorkerError
from fleet_app.supervisor.restarts import LastWords, Patience, Restarts

CRASH = LastWords(WorkerError.exit_code, "ZeroDivisionError: division by zero")


def test_the_fifth_death_within_two_minutes_is_the_last() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)
    delays_s = [restarts.note_death(CRASH, now_s) for now_s in (10.0, 30.0, 60.0, 90.0)]

    assert delays_s == [0.5, 1.0, 2.0, 4.0]
    with pytest.raises(WorkerError, match="worker 1 died 5 times within 120 s; the last reason: ZeroDivisionError"):
        restarts.note_death(CRASH, 129.9)


def test_deaths_are_forgiven_after_two_minutes() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)
    delays_s = [restarts.note_death(CRASH, now_s) for now_s in (10.0, 30.0, 60.0, 90.0, 130.0, 1000.0)]

    assert delays_s == [0.5, 1.0, 2.0, 4.0, 4.0, 0.5]


@given(st.lists(st.floats(min_value=0.1, max_value=200.0), min_size=1, max_size=40))
def test_giving_up_means_exactly_five_deaths_in_the_last_two_minutes(gaps_s: list[float]) -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    deaths_s = [sum(gaps_s[: count + 1]) for count in range(len(gaps_s))]
    recent = [sum(now_s - 120.0 < death_s <= now_s for death_s in deaths_s) for now_s in deaths_s]
    forgiven = next((index for index, count in enumerate(recent) if count == 5), len(recent))
    for now_s in deaths_s[:forgiven]:
        assert 0.5 <= restarts.note_death(CRASH, now_s) <= 8.0

    for now_s in deaths_s[forgiven : forgiven + 1]:
        with pytest.raises(WorkerError):
            restarts.note_death(CRASH, now_s)


@pytest.mark.parametrize("kind", [SettingsError, TopicsError, StateError, PortError])
def test_a_first_start_that_fails_for_the_operator_to_mend_ends_it_at_once(kind: type[FleetError]) -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)

    with pytest.raises(kind, match="what is wrong"):
        restarts.note_death(LastWords(kind.exit_code, "what is wrong"), 2.0)


def test_the_same_failure_of_a_worker_that_had_worked_is_retried() -> None:
    restarts = Restarts("worker 1", 90.0, Patience())
    restarts.note_start(0.0)

    assert restarts.note_death(LastWords(StateError.exit_code, "no space left"), 3_600.0) == 0.5
