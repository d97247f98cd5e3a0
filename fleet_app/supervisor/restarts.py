"""Decides what follows a worker's death: a restart and when, or the end of them all. No clock, no process."""

from collections import deque
from typing import Final

import msgspec

from fleet_app.errors import BrokerError, PortError, SettingsError, StateError, TopicsError, WorkerError

_NEEDS_AN_OPERATOR: Final = {
    kind.exit_code: kind for kind in (SettingsError, BrokerError, TopicsError, StateError, PortError)
}


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the supervisor waits before it does something else.

    Attributes:
        drain_s: How long workers get to hand over and stop.
        first_back_off_s: Time between a worker's death and its next start; doubles with each recent death.
        longest_back_off_s: Where the doubling ends.
        deaths: So many deaths of one worker...
        deaths_within_s: ...within this time, and the supervisor gives up.
        starting_s: Beyond the wait for Kafka: a first run that lasted longer was not a failed start.
    """

    drain_s: float = 25.0
    first_back_off_s: float = 0.5
    longest_back_off_s: float = 8.0
    deaths: int = 5
    deaths_within_s: float = 120.0
    starting_s: float = 60.0


class LastWords(msgspec.Struct, frozen=True):
    """Why a worker's process ended, in words, and its exit code: that of a FleetError, where one was behind it."""

    exit_code: int
    reason: str


class Restarts:
    """Decides whether and when a worker that died is started again.

    Args:
        worker: The worker, in words.
        start_takes_s: A first run that lasted longer than this was not a failed start.
        patience: How many deaths, and how far apart the starts.
    """

    def __init__(self, worker: str, start_takes_s: float, patience: Patience) -> None:
        self._worker = worker
        self._start_takes_s = start_takes_s
        self._patience = patience
        self._first_start_s: float | None = None
        self._deaths_s: deque[float] = deque()

    def note_start(self, now_s: float) -> None:
        """Note that the worker starts."""
        if self._first_start_s is None:
            self._first_start_s = now_s

    def note_death(self, words: LastWords, now_s: float) -> float:
        """Note a death and return the seconds until the next start.

        Raises:
            FleetError: There shall be none: the first start failed in a way that does not heal (raised again as what
                it was), or this was one death too many (WorkerError).
        """
        if self._is_failed_start(now_s) and words.exit_code in _NEEDS_AN_OPERATOR:
            raise _NEEDS_AN_OPERATOR[words.exit_code](words.reason)
        self._deaths_s.append(now_s)
        while now_s - self._deaths_s[0] >= self._patience.deaths_within_s:
            self._deaths_s.popleft()
        recent = len(self._deaths_s)
        if recent >= self._patience.deaths:
            raise WorkerError(
                f"{self._worker} died {recent} times within {self._patience.deaths_within_s:g} s; "
                f"the last reason: {words.reason}"
            )
        return min(self._patience.longest_back_off_s, self._patience.first_back_off_s * 2.0 ** (recent - 1))

    def _is_failed_start(self, now_s: float) -> bool:
        return (
            not self._deaths_s and self._first_start_s is not None and now_s - self._first_start_s < self._start_takes_s
        )
