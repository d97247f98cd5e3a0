"""A test may let a step fail, or let the worker die at it; otherwise nothing happens."""

import signal
import subprocess
import sys

import pytest

from fleet_app.errors import SettingsError
from fleet_app.stream.engine.fail_points import InjectedError, Step, fail_points


@pytest.mark.parametrize("step", Step)
def test_nothing_happens_when_nothing_is_planned(step: Step) -> None:
    points = fail_points(None)
    points.reach(step)

    assert not points.watches(step)


@pytest.mark.parametrize("step", Step)
def test_a_step_fails_at_the_planned_time(step: Step) -> None:
    points = fail_points(f"{step}:3:raise")
    points.reach(step)
    points.reach(step)

    with pytest.raises(InjectedError, match=step):
        points.reach(step)


def test_other_steps_do_not_count() -> None:
    points = fail_points(f"{Step.CUT}:1:raise")
    points.reach(Step.BEGIN)
    points.reach(Step.COMMIT)

    assert points.watches(Step.CUT)


def test_a_step_fails_once() -> None:
    points = fail_points(f"{Step.CUT}:1:raise")
    with pytest.raises(InjectedError):
        points.reach(Step.CUT)
    points.reach(Step.CUT)

    assert not points.watches(Step.CUT)


def test_only_the_planned_step_is_watched() -> None:
    points = fail_points(f"{Step.COMMIT_SENT}:1")

    assert [step for step in Step if points.watches(step)] == [Step.COMMIT_SENT]


def test_the_worker_dies_as_by_kill_9() -> None:
    dying = (
        "from fleet_app.stream.engine.fail_points import Step, fail_points\n"
        "fail_points('commit-6-commit:1').reach(Step.COMMIT)"
    )
    died = subprocess.run([sys.executable, "-c", dying], check=False)

    assert died.returncode == -signal.SIGKILL


def test_an_unknown_step_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r"there is no step 'commit-9-cheer'; there are: commit-1-cut, "):
        fail_points("commit-9-cheer:1")
