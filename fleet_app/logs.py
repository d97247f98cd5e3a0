"""How the app logs: one line per event, to stderr, as text for people or JSON for programs."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from fleet_app.settings import Settings

_QUIET: Final = ("aiokafka", "asyncio", "faust", "kafka", "mode", "uvicorn")
"""Libraries that tell their inner life at INFO."""


def configure_logging(settings: Settings) -> None:
    """Send all logs to stderr in the settings' format and level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[settings.log_format](str(settings.port)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    libraries = logging.INFO if settings.log_level == "debug" else logging.WARNING
    for name in _QUIET:
        logging.getLogger(name).setLevel(libraries)
    # It logs every failed attempt to connect as an error; what becomes of them is told by who waits.
    logging.getLogger("aiokafka.client").setLevel(logging.CRITICAL)
    # A commit that takes longer than its interval is ordinary under load.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)


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
