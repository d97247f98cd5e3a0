"""Workers of one group on a real Kafka: joined, killed, restarted, stopped; every record counts once."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from fleet_app.broker.testing import MakeKafka, RunningKafka
from tests.stream.small_app import CHANGELOG, COPIES, LINES, PARTITIONS, Line, make_app
from tests.stream.small_workers import Worker, create_topics
from tests.support.kafka import produce, read_topics
from tests.support.processes import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WORDS: Final = 100


@pytest.fixture
def kafka_of_its_own(make_kafka: MakeKafka, tmp_path: Path) -> RunningKafka:
    """A broker with the small app's topics."""
    running = make_kafka()
    create_topics(running.bootstrap, make_app(tmp_path / "unused"))
    return running


@pytest.fixture
def pair(kafka_of_its_own: RunningKafka, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    """Two workers that share the partitions."""
    first = Worker(kafka_of_its_own.bootstrap, tmp_path, 1)
    first.wait_until_it_runs(1, "owns partitions 0, 1, 2, 3, standby for none")
    second = Worker(kafka_of_its_own.bootstrap, tmp_path, 2)
    second.wait_until_it_runs(1, "owns partitions 2, 3, standby for 0, 1")
    first.wait_until_it_runs(2, "owns partitions 0, 1, standby for 2, 3")
    yield first, second
    for worker in (first, second):
        worker.process.kill()
        worker.process.wait()


def say(kafka: RunningKafka, times: int) -> None:
    """Say every word so many times."""
    words = [f"word-{number}".encode() for number in range(WORDS)]
    produce(kafka.bootstrap, LINES.name, [(word, b"{}") for _ in range(times) for word in words])


def told(kafka: RunningKafka) -> dict[str, list[int]]:
    """Return every total that was told, per word, in order."""
    totals: dict[str, list[int]] = {}
    for record in read_topics(kafka.bootstrap, [COPIES.name])[COPIES.name]:
        assert record.key is not None
        assert record.value is not None
        totals.setdefault(record.key.decode(), []).append(int(msgspec.json.decode(record.value, type=Line).text))
    return totals


def wait_until_told(kafka: RunningKafka, times: int) -> None:
    eventually(
        lambda: sum(map(len, told(kafka).values())) >= WORDS * times, within_s=60, what=f"{WORDS * times} totals"
    )


def expected(times: int) -> dict[str, list[int]]:
    return {f"word-{number}": [*range(1, times + 1)] for number in range(WORDS)}


def test_a_killed_worker_that_restarts_gets_its_partitions_back_and_the_other_does_not_notice(
    kafka_of_its_own: RunningKafka, pair: tuple[Worker, Worker]
) -> None:
    kafka, (first, second) = kafka_of_its_own, pair
    say(kafka, 20)
    second.end(signal.SIGKILL)
    second.start()
    second.wait_until_it_runs(2, "owns partitions 2, 3, standby for 0, 1")
    say(kafka, 20)
    wait_until_told(kafka, 40)

    assert told(kafka) == expected(40)
    assert len(first.times_running()) == 2


def test_a_stopped_worker_has_committed_what_it_handled_and_the_other_takes_over_in_time(
    kafka_of_its_own: RunningKafka, pair: tuple[Worker, Worker]
) -> None:
    kafka, (first, second) = kafka_of_its_own, pair
    say(kafka, 20)
    ended = second.end(signal.SIGTERM)
    first.wait_until_it_runs(3, "owns partitions 0, 1, 2, 3, standby for none")
    say(kafka, 20)
    wait_until_told(kafka, 40)

    assert ended == 0
    assert told(kafka) == expected(40)


def test_a_worker_that_was_frozen_while_others_took_over_is_refused_by_the_broker_or_joins_again(
    kafka_of_its_own: RunningKafka, pair: tuple[Worker, Worker]
) -> None:
    kafka, (first, second) = kafka_of_its_own, pair
    say(kafka, 20)
    second.process.send_signal(signal.SIGSTOP)
    say(kafka, 20)
    first.wait_until_it_runs(3, "owns partitions 0, 1, 2, 3, standby for none")
    second.process.send_signal(signal.SIGCONT)
    say(kafka, 20)
    wait_until_told(kafka, 60)

    assert told(kafka) == expected(60)


def test_every_changelog_partition_ends_with_a_marker_and_holds_every_word(
    kafka_of_its_own: RunningKafka, pair: tuple[Worker, Worker]
) -> None:
    kafka, _ = kafka_of_its_own, pair
    say(kafka, 5)
    wait_until_told(kafka, 5)

    records = read_topics(kafka.bootstrap, [CHANGELOG])[CHANGELOG]
    last = {record.partition: record.key for record in records}
    words = Counter(record.key for record in records if record.key != b"\0positions").keys()
    assert set(last.values()) == {b"\0positions"}
    assert len(last) == PARTITIONS
    assert len(words) == WORDS
