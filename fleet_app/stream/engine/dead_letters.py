"""When bad records are too many to be an accident: the limit at which a worker stops rather than throw input away."""

from collections import deque
from typing import Final

from fleet_app.errors import EngineError

IN_A_ROW: Final = 10_000
OVER_MS: Final = 5 * 60_000
FEWEST: Final = 1_000
"""Fewer records than this in five minutes are no ground to judge by."""
_BUCKET_MS: Final = 10_000


class DeadLetterLimitError(EngineError):
    """Too many records of a partition failed."""


class DeadLetterLimit:
    """Counts a task's good and bad records. Times are task time, ms."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._in_a_row = 0
        self._buckets: deque[list[int]] = deque()

    def good(self, records: int, now_ms: int) -> None:
        """Count records that were handled."""
        if records:
            self._in_a_row = 0
            self._bucket(now_ms)[1] += records

    def bad(self, topic: str, offset: int, now_ms: int, detail: str) -> None:
        """Count one that was not.

        Raises:
            DeadLetterLimitError: They are too many.
        """
        self._in_a_row += 1
        self._bucket(now_ms)[2] += 1
        good, bad = (sum(bucket[column] for bucket in self._buckets) for column in (1, 2))
        reason = None
        if self._in_a_row >= IN_A_ROW:
            reason = f"{self._in_a_row} records in a row failed"
        elif good + bad >= FEWEST and bad > good:
            reason = f"{bad} of {good + bad} records failed within {OVER_MS // 60_000} minutes"
        if reason is not None:
            raise DeadLetterLimitError(
                f"{topic} partition {self._partition}: {reason}, the last at offset {offset} ({detail}); "
                "find out who writes them, or set FLEET_DEAD_LETTER_LIMIT=false to go on regardless"
            )

    def _bucket(self, now_ms: int) -> list[int]:
        """Return [start, good, bad] of the present ten seconds, and forget those out of sight."""
        start_ms = now_ms - now_ms % _BUCKET_MS
        if not self._buckets or self._buckets[-1][0] != start_ms:
            self._buckets.append([start_ms, 0, 0])
        while self._buckets[0][0] <= start_ms - OVER_MS:
            self._buckets.popleft()
        return self._buckets[-1]


class NoLimit(DeadLetterLimit):
    """Goes on regardless."""

    def bad(self, topic: str, offset: int, now_ms: int, detail: str) -> None:
        """Do not mind."""
