"""The time a task lives by: that of its input, not that of the machine it runs on."""

from fleet_app.stream.engine.ports import Clock


class TaskTime:
    """The receive time of the newest record, plus the time since while the task stands at the end of its sources.

    It never goes back, and it is saved with the state: replayed input gives the same answers, and a failover of ten
    seconds makes no timer go off early.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read_ms = 0
        self._read_at_s = 0.0
        self.now_ms = 0

    def restore(self, now_ms: int) -> None:
        """Go on from a saved time."""
        self.now_ms = 0
        self.read(now_ms)

    def read(self, received_ms: int) -> None:
        """Take note of a record's receive time."""
        self.now_ms = self._read_ms = max(self.now_ms, received_ms)
        self._read_at_s = self._clock.monotonic_s()

    def stand(self, at_s: float) -> None:
        """Take note that at `at_s`, by the monotonic clock, the task stood at the end of its sources."""
        waited_ms = int((at_s - self._read_at_s) * 1000)
        self.now_ms = max(self.now_ms, self._read_ms + waited_ms)
