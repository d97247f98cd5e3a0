"""Places in commit and restore where a test lets the worker die or a step fail. In production none is set."""

import os
import signal
from enum import StrEnum
from typing import Protocol

from fleet_app.errors import SettingsError


class Step(StrEnum):
    """The numbered steps of commit and restore, in order; a fail point is passed when its step is done."""

    CUT = "commit-1-cut"
    BEGIN = "commit-2-begin"
    CHANGELOG = "commit-3-changelog"
    OUTPUTS = "commit-4-outputs"
    OFFSETS = "commit-5-offsets"
    COMMIT_SENT = "commit-6-sent"
    """The order to commit is on its way, its answer not yet awaited."""
    COMMIT = "commit-6-commit"
    STORE = "commit-7-store"
    FENCE = "restore-1-fence"
    END = "restore-2-end"
    READ = "restore-3-read"
    VERIFY = "restore-4-verify"
    SEEK = "restore-5-seek"


class FailPoints(Protocol):
    """Is told of every step that is passed."""

    def watches(self, step: Step) -> bool:
        """Return whether anything is planned at a step."""

    def reach(self, step: Step) -> None:
        """Return, or not."""


class NoFailPoints:
    """Nothing is planned."""

    def watches(self, step: Step) -> bool:  # noqa: ARG002 - the protocol's
        """Return False."""
        return False

    def reach(self, step: Step) -> None:
        """Return."""


class InjectedError(Exception):
    """A step was made to fail by a test."""


class FailAt:
    """Kills the process, or raises, when a step is passed for the n-th time."""

    def __init__(self, plan: str) -> None:
        name, _, rest = plan.partition(":")
        times, _, action = rest.partition(":")
        if name not in set(Step):
            raise SettingsError(f"FLEET_FAIL_AT: there is no step {name!r}; there are: {', '.join(Step)}")
        self._step = Step(name)
        self._left = int(times)
        self._raises = action == "raise"

    def watches(self, step: Step) -> bool:
        """Return whether it is this step, and its time has not passed."""
        return step is self._step and self._left > 0

    def reach(self, step: Step) -> None:
        """Count; die or raise at the planned time.

        Raises:
            InjectedError: As planned.
        """
        if step is not self._step:
            return
        self._left -= 1
        if self._left:
            return
        if self._raises:
            raise InjectedError(f"{step} was made to fail")
        os.kill(os.getpid(), signal.SIGKILL)


def fail_points(plan: str | None) -> FailPoints:
    """Return what `FLEET_FAIL_AT` asks for.

    Raises:
        SettingsError: The step is not known.
    """
    return NoFailPoints() if plan is None else FailAt(plan)
