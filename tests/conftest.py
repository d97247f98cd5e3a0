"""The one Kafka of a test session, and others for tests that break theirs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from fleet_app.broker.testing import MakeKafka, RunningKafka, start_kafka
from fleet_app.settings import Settings
from tests.support.kafka import forget_topics
from tests.support.processes import Cluster, cluster_of

# How long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def kafka_cache() -> Path:
    """Where the broker's jars are fetched to, once per machine."""
    return Settings.load().cache_dir


@pytest.fixture(scope="session")
def kafka(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One broker, shared by the session: tests use topics and groups of their own, and leave it running."""
    running = start_kafka(tmp_path_factory.mktemp("kafka"), kafka_cache)
    yield running
    running.broker.stop()


@pytest.fixture
def make_kafka(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeKafka]:
    """Brokers of the test's own, to be stopped, paused, killed and started again."""
    made: list[RunningKafka] = []

    def make(properties: Mapping[str, str] | None = None) -> RunningKafka:
        made.append(start_kafka(tmp_path_factory.mktemp("kafka"), kafka_cache, properties))
        return made[-1]

    yield make
    for running in made:
        running.broker.stop()


@pytest.fixture
def cluster(kafka: RunningKafka, tmp_path: Path) -> Iterator[Cluster]:
    """Workers to be started by the test, on the session's broker emptied of the app's topics."""
    forget_topics(kafka.bootstrap)
    with cluster_of(kafka.bootstrap, tmp_path) as cluster:
        yield cluster
