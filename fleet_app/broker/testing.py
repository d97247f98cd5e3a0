"""What tests get that ask for a broker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from fleet_app.broker.local import LocalBroker

TEST_PROPERTIES: Final = {"group.min.session.timeout.ms": "1000"}
"""Kafka's own limit of 6 s would make every test of a failover wait that long."""


class RunningKafka(NamedTuple):
    """A broker that runs.

    Attributes:
        bootstrap: Where clients connect, `host:port`.
        broker: Its handle. A test that stops, pauses or kills its broker asks `make_kafka` for one of its own.
    """

    bootstrap: str
    broker: LocalBroker


class MakeKafka(Protocol):
    """Makes brokers for one test; they end with it."""

    def __call__(self, properties: Mapping[str, str] | None = None) -> RunningKafka:
        """Start a broker with `properties` on top of `TEST_PROPERTIES`."""


def start_kafka(directory: Path, cache_dir: Path, properties: Mapping[str, str] | None = None) -> RunningKafka:
    """Start a broker for tests on any free port; it ends when this process does.

    Raises:
        BrokerError: It cannot be fetched or started.
    """
    broker = LocalBroker(directory, cache_dir=cache_dir, port=0, properties={**TEST_PROPERTIES, **(properties or {})})
    return RunningKafka(bootstrap=broker.start().bootstrap, broker=broker)
