"""Notices a worker that waits for partitions in vain."""

from typing import Final

from fleet_app.errors import WorkerError
from fleet_app.stream.lane.assignor import Answer

PATIENCE_S: Final = 60.0
"""Longer than any rebalance may take: a member that does not come back within half of it is dropped from the group."""


class Watchdog:
    """Told of what happens, and asked now and then; times are of the monotonic clock."""

    def __init__(self) -> None:
        self._no_answer_since_s: float | None = None
        self._idle_since_s: float | None = None

    def waits_since(self, now_s: float) -> None:
        """Take note that the group is being joined."""
        self._no_answer_since_s = now_s

    def answered(self, now_s: float) -> None:
        """Take note of an assignment, even of nothing."""
        self._no_answer_since_s = None
        self._idle_since_s = now_s

    def complaint(self, now_s: float, answer: Answer | None) -> WorkerError | None:
        """Return why the worker waits in vain, or None while there is hope.

        That is: the group has given no answer for too long, or no partition while some have no owner.
        """
        if self._no_answer_since_s is not None and now_s - self._no_answer_since_s > PATIENCE_S:
            return WorkerError(
                f"the group has assigned nothing within {PATIENCE_S:g} s; look at the log of the worker that leads it, "
                "and whether Kafka can be reached"
            )
        if self._idle_since_s is None or answer is None or answer.active or not answer.unowned:
            return None
        if now_s - self._idle_since_s <= PATIENCE_S:
            return None
        return WorkerError(
            f"this worker has had no partition for {PATIENCE_S:g} s while nobody owns {sorted(answer.unowned)}"
        )
