"""How the app logs: one line per event, to stderr, as text for people or JSON for programs."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from fleet_app.settings import Settings

_QUIET: Final = ("aiokafka", "asyncio", "faust", "kafka", "mode", "uvicorn")
"""Libraries that tell their inner life at INFO."""
_REPEAT_S: Final = 30.0


def configure_logging(settings: Settings) -> None:
    """Send all logs to stderr in the settings' format and level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[settings.log_format](str(settings.port)))
    handler.addFilter(OnceInAWhile("aiokafka", every_s=_REPEAT_S))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    libraries = logging.INFO if settings.log_level == "debug" else logging.WARNING
    for name in _QUIET:
        logging.getLogger(name).setLevel(libraries)
    # A commit that takes longer than its interval is ordinary under load.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)


class OnceInAWhile(logging.Filter):
    """Lets each message of a library through once per interval: aiokafka tells of every failed attempt to connect.

    Args:
        library: Loggers of this name and below are meant; others pass.
        every_s: How long the same message (before its arguments) is held back.
    """

    def __init__(self, library: str, *, every_s: float) -> None:
        super().__init__()
        self._below = logging.Filter(library)
        self._every_s = every_s
        self._told_at: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is told."""
        if not self._below.filter(record):
            return True
        message = (record.name, record.msg)
        if record.created - self._told_at.get(message, -self._every_s) < self._every_s:
            return False
        self._told_at[message] = record.created
        return True


class TextFormatter(logging.Formatter):
    """`2026-11-23 04:12:38.123 INFO  8080 fleet.worker: running`."""

    def __init__(self, worker: str) -> None:
        super().__init__(
            f"%(asctime)s.%(msecs)03d %(levelname)-7s {worker} %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
        )


class JsonFormatter(logging.Formatter):
    """One object per line."""

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a JSON object."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "worker": self._worker,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


_FORMATTERS: Final = {"text": TextFormatter, "json": JsonFormatter}
