"""A worker that waits for partitions in vain is noticed, one that has a reason to wait is left alone."""

from fleet_app.stream.lane.assignor import Answer
from fleet_app.stream.lane.watchdog import PATIENCE_S, Watchdog
from fleet_app.stream.reads import Worker

LONG_S = PATIENCE_S + 1


def answer(*, mine: set[int], others: tuple[int, ...]) -> Answer:
    return Answer(
        url="http://a:1",
        round=1,
        active=frozenset(mine),
        standby=frozenset(),
        workers=(
            Worker(url="http://a:1", owns=tuple(mine), standby_for=()),
            Worker(url="http://b:1", owns=others, standby_for=()),
        ),
        partitions=4,
    )


def test_a_group_that_does_not_answer_ends_the_worker() -> None:
    watchdog = Watchdog()
    watchdog.waits_since(100.0)

    assert "the group has assigned nothing within 60 s" in str(watchdog.complaint(100.0 + LONG_S, None))


def test_a_rebalance_that_takes_its_time_is_waited_for() -> None:
    watchdog = Watchdog()
    watchdog.waits_since(100.0)

    assert watchdog.complaint(100.0 + PATIENCE_S, None) is None


def test_a_worker_that_has_partitions_is_left_alone() -> None:
    watchdog = Watchdog()
    watchdog.answered(100.0)

    assert watchdog.complaint(100.0 + LONG_S, answer(mine={0, 1}, others=())) is None


def test_a_worker_without_partitions_is_left_alone_while_others_own_them_all() -> None:
    watchdog = Watchdog()
    watchdog.answered(100.0)

    assert watchdog.complaint(100.0 + LONG_S, answer(mine=set(), others=(0, 1, 2, 3))) is None


def test_a_worker_without_partitions_ends_while_some_have_no_owner() -> None:
    watchdog = Watchdog()
    watchdog.answered(100.0)

    assert "no partition for 60 s while nobody owns [2, 3]" in str(
        watchdog.complaint(100.0 + LONG_S, answer(mine=set(), others=(0, 1)))
    )


def test_before_the_group_is_joined_nothing_is_expected() -> None:
    assert Watchdog().complaint(1_000.0, None) is None
