"""Who owns what, as the leader told last, and where this worker's own tasks stand."""

import pytest

from fleet_app.stream.lane.assignor import Answer
from fleet_app.stream.membership import GroupMembership
from fleet_app.stream.reads import Duty, Phase, RestoreProgress, TaskReport, TaskState, Worker

URL = "http://a:1"
ME = Worker(url=URL, owns=(0, 1), standby_for=(2,))
OTHER = Worker(url="http://b:1", owns=(2,), standby_for=(0, 1))
ANSWER = Answer(url=URL, round=1, active=frozenset({0, 1}), standby=frozenset({2}), workers=(ME, OTHER), partitions=4)
REPORT = TaskReport(
    partition=0,
    duty=Duty.OWNER,
    state=TaskState.RUNNING,
    sources=[],
    committed_ms=None,
    time_ms=None,
    restore=RestoreProgress(done=0, total=0),
)


class FakeTasks:
    """Tasks of which as many run as the test says."""

    def __init__(self, *running: int) -> None:
        self._running = frozenset(running)

    def readable(self) -> frozenset[int]:
        return self._running

    def all_run(self) -> bool:
        return self._running == {0, 1}

    def reports(self) -> list[TaskReport]:
        return [REPORT]


def membership(answer: Answer | None, *running: int, stopping: bool = False) -> GroupMembership:
    return GroupMembership(
        url=URL,
        partitions=4,
        tasks=FakeTasks(*running),
        answer=lambda: answer,
        is_stopping=lambda: stopping,
    )


def test_before_the_first_assignment_nobody_is_known() -> None:
    group = membership(None)

    assert (group.phase(), group.workers(), group.owner(0)) == (Phase.STARTING, (), None)


def test_members_are_those_that_the_leader_named_with_their_copies() -> None:
    assert membership(ANSWER).workers() == (ME, OTHER)


@pytest.mark.parametrize(("partition", "owner"), [(0, URL), (2, "http://b:1"), (3, None)])
def test_each_partition_has_the_owner_that_the_leader_chose(partition: int, owner: str | None) -> None:
    assert membership(ANSWER).owner(partition) == owner


def test_what_can_be_read_here_is_what_runs_here() -> None:
    assert membership(ANSWER, 1).owned() == {1}


def test_a_worker_restores_until_all_its_tasks_run() -> None:
    assert [membership(ANSWER, 0).phase(), membership(ANSWER, 0, 1).phase()] == [Phase.RESTORING, Phase.RUNNING]


def test_a_worker_that_stops_says_so_whatever_else_happens() -> None:
    assert membership(ANSWER, 0, 1, stopping=True).phase() is Phase.STOPPING


def test_tasks_tell_of_themselves() -> None:
    assert membership(ANSWER).tasks() == [REPORT]


def test_a_worker_knows_itself_and_how_many_partitions_there_are() -> None:
    group = membership(ANSWER)

    assert (group.url, group.partitions) == (URL, 4)
