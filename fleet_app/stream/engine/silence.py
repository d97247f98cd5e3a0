"""Noticing that Kafka does not answer, and saying so once."""

import logging
from collections.abc import Iterable
from typing import Final

from fleet_app.stream.engine.ports import LogEnd

logger = logging.getLogger(__name__)

SILENT_AFTER_S: Final = 2.0
"""Kafka tells the end of a source with every fetch, a few times a second."""
_TOLD_AFTER_S: Final = 5.0


def is_silent(ends: Iterable[LogEnd | None], now_s: float) -> bool:
    """Return whether none of these sources has been heard of lately."""
    return all(end is None or end.told_at_s < now_s - SILENT_AFTER_S for end in ends)


class Silence:
    """Tells the log when Kafka falls silent for longer than a moment, and when it is back."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._is_told = False

    def note(self, *, silent: bool, now_s: float) -> None:
        """Take note of how it is now."""
        if not silent:
            self._end(now_s)
        elif self._since_s is None:
            self._since_s = now_s
        elif not self._is_told and now_s - self._since_s >= _TOLD_AFTER_S:
            self._is_told = True
            logger.warning("Kafka does not answer; reads go on with what is known, positions wait until it is back")

    def _end(self, now_s: float) -> None:
        if self._is_told and self._since_s is not None:
            logger.warning("Kafka answers again, after %.0f s", now_s - self._since_s)
        self._since_s, self._is_told = None, False
