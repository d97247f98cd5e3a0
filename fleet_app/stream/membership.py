"""The group as this worker knows it: what its leader told last, and where its own tasks stand."""

from collections.abc import Callable
from typing import Protocol

from fleet_app.stream.lane.assignor import Answer
from fleet_app.stream.reads import Phase, TaskReport, Worker


class RunningTasks(Protocol):
    """What this worker's tasks tell of themselves."""

    def readable(self) -> frozenset[int]:
        """Return the partitions that can be read here."""

    def all_run(self) -> bool:
        """Return whether every task of the last assignment runs, and there was one."""

    def reports(self) -> list[TaskReport]:
        """Return what is done for each partition."""


class GroupMembership:
    """Who owns which partition.

    Args:
        url: This worker's own URL.
        partitions: Partitions of every topic and table.
        tasks: The worker's tasks.
        answer: Returns what the leader told last; None before the first time.
        is_stopping: Returns whether the worker is on its way out.
    """

    def __init__(
        self,
        *,
        url: str,
        partitions: int,
        tasks: RunningTasks,
        answer: Callable[[], Answer | None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._url = url
        self._partitions = partitions
        self._tasks = tasks
        self._answer = answer
        self._is_stopping = is_stopping

    @property
    def url(self) -> str:
        """This worker's own URL."""
        return self._url

    @property
    def partitions(self) -> int:
        """Partitions of every topic and table."""
        return self._partitions

    def phase(self) -> Phase:
        """Return where this worker stands."""
        if self._is_stopping():
            return Phase.STOPPING
        if self._answer() is None:
            return Phase.STARTING
        return Phase.RUNNING if self._tasks.all_run() else Phase.RESTORING

    def workers(self) -> tuple[Worker, ...]:
        """Return all members of the group by the last assignment, this worker included; empty before the first."""
        answer = self._answer()
        return () if answer is None else answer.workers

    def owner(self, partition: int) -> str | None:
        """Return the URL of the worker that owns a partition, or None while nobody is known to."""
        return next((worker.url for worker in self.workers() if partition in worker.owns), None)

    def owned(self) -> frozenset[int]:
        """Return the partitions that this worker owns and that can be read."""
        return self._tasks.readable()

    def tasks(self) -> list[TaskReport]:
        """Return what this worker does for each of its partitions."""
        return self._tasks.reports()
