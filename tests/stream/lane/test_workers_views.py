"""Workers on a real Kafka look at a global view: whole from the first record on, switched at known ones, never back."""

import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.stream.engine.marker import MARKER_KEY, decode_marker
from tests.stream.looking_app import NAME_LINES, NAMELESS, NAMES_TOPIC
from tests.stream.small_app import CHANGELOG, COPIES, LINES, PARTITIONS, Line, make_app
from tests.stream.small_workers import Worker, create_topics
from tests.support.kafka import produce, read_topics
from tests.support.processes import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WORDS: Final = [f"word-{number}" for number in range(40)]
MANY: Final = 10_000
APP: Final = "tests.stream.looking_app"
ALL: Final = "owns partitions 0, 1, 2, 3, standby for none"


@pytest.fixture
def kafka_of_its_own(make_kafka: MakeKafka, tmp_path: Path) -> RunningKafka:
    """A broker with the app's topics."""
    running = make_kafka()
    create_topics(running.bootstrap, make_app(tmp_path / "unused", NAME_LINES))
    return running


@pytest.fixture(name="workers")
def pair(kafka_of_its_own: RunningKafka, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    """Two workers that share the partitions."""
    first = Worker(kafka_of_its_own.bootstrap, tmp_path, 1, APP)
    first.wait_until_it_runs(1, ALL)
    second = Worker(kafka_of_its_own.bootstrap, tmp_path, 2, APP)
    second.wait_until_it_runs(1, "owns partitions 2, 3, standby for 0, 1")
    first.wait_until_it_runs(2, "owns partitions 0, 1, standby for 2, 3")
    yield first, second
    for worker in (first, second):
        worker.process.kill()
        worker.process.wait()


def name(kafka: RunningKafka, names: Mapping[str, str | None]) -> None:
    """Give words names; None takes a name away."""
    encoded = {word: None if text is None else msgspec.json.encode(Line(text)) for word, text in names.items()}
    produce(kafka.bootstrap, NAMES_TOPIC.name, [(word.encode(), value) for word, value in encoded.items()])


def say(kafka: RunningKafka, times: int = 1) -> None:
    """Say every word so many times."""
    produce(kafka.bootstrap, LINES.name, [(word.encode(), b"{}") for _ in range(times) for word in WORDS])


def told(kafka: RunningKafka) -> dict[str, list[str]]:
    """Return the names that each record was told with, by its partition and offset: one, if nothing was doubled."""
    found = defaultdict(list)
    for record in read_topics(kafka.bootstrap, [COPIES.name])[COPIES.name]:
        cause, text = msgspec.json.decode(record.value or b"", type=Line).text.split(" ", 1)
        found[cause].append(text)
    return found


def wait_until_told(kafka: RunningKafka, records: int) -> None:
    eventually(lambda: len(told(kafka)) >= records, within_s=60, what=f"{records} records told")


def markers(kafka: RunningKafka) -> dict[int, list[tuple[int, list[int]]]]:
    """Return by partition, for each commit, up to where the source was read, and how far the view for it."""
    found = defaultdict(list)
    for record in read_topics(kafka.bootstrap, [CHANGELOG])[CHANGELOG]:
        if record.key == MARKER_KEY:
            marker = decode_marker(record.value or b"")
            found[record.partition].append((marker.positions[LINES.name], marker.views[NAMES_TOPIC.name]))
    return found


def expected(kafka: RunningKafka) -> dict[str, list[str]]:
    """Return which name each record must have been told with, by the markers and the view's log."""
    logs = read_topics(kafka.bootstrap, [LINES.name, NAMES_TOPIC.name])
    commits = markers(kafka)
    names = {}
    for record in logs[LINES.name]:
        views = next(views for position, views in commits[record.partition] if position > record.offset)
        names[f"{record.partition}-{record.offset}"] = [_name_by(logs[NAMES_TOPIC.name], record.key, views)]
    return names


def _name_by(records: list[Any], word: bytes | None, views: list[int]) -> str:
    """Return a word's name as of a position; what cannot be read changes nothing."""
    found = NAMELESS
    for record in records:
        if record.key == word and record.offset < views[record.partition] and record.value != b"{":
            found = NAMELESS if record.value is None else msgspec.json.decode(record.value, type=Line).text
    return found


def never_goes_back(kafka: RunningKafka) -> bool:
    """Return whether no commit had older views than the one before it."""
    commits = [views for partition in markers(kafka).values() for views in pairwise(views for _, views in partition)]
    return all(before[log] <= after[log] for before, after in commits for log in range(PARTITIONS))


def test_the_view_is_whole_before_any_record_is_handled(kafka_of_its_own: RunningKafka, tmp_path: Path) -> None:
    kafka = kafka_of_its_own
    produce(
        kafka.bootstrap,
        NAMES_TOPIC.name,
        [(f"other-{number}".encode(), msgspec.json.encode(Line("x" * 100))) for number in range(MANY)],
    )
    name(kafka, dict.fromkeys(WORDS, "old"))
    name(kafka, {**dict.fromkeys(WORDS, "new"), WORDS[0]: None})
    produce(kafka.bootstrap, NAMES_TOPIC.name, [(WORDS[1].encode(), b"{")])
    say(kafka)
    worker = Worker(kafka.bootstrap, tmp_path, 1, APP)
    try:
        wait_until_told(kafka, len(WORDS))

        assert sorted(told(kafka).values()) == [[NAMELESS], *[["new"]] * (len(WORDS) - 1)]
        assert "cannot be read and are passed over" in worker.log.read_text()
    finally:
        worker.process.kill()
        worker.process.wait()


@pytest.mark.usefixtures("workers")
def test_changes_while_records_stream_count_from_a_record_that_the_markers_tell(kafka_of_its_own: RunningKafka) -> None:
    kafka = kafka_of_its_own
    rounds = 12
    for number in range(rounds):
        say(kafka, 5)
        name(kafka, dict.fromkeys(WORDS[::2], f"name {number}"))
        name(kafka, dict.fromkeys(WORDS[:5]))
    wait_until_told(kafka, 5 * rounds * len(WORDS))
    switches = {tuple(views) for commits in markers(kafka).values() for _, views in commits}

    assert told(kafka) == expected(kafka)
    assert never_goes_back(kafka)
    assert len(switches) > rounds / 3


def test_a_successor_whose_copy_lags_does_not_go_back(
    kafka_of_its_own: RunningKafka, workers: tuple[Worker, Worker]
) -> None:
    """The successor sleeps while the view changes, and is given everything the moment it wakes up.

    What it may still do for its old partitions before it learns that they were taken is refused by the broker.
    """
    kafka, (first, second) = kafka_of_its_own, workers
    name(kafka, dict.fromkeys(WORDS, "old"))
    say(kafka)
    wait_until_told(kafka, len(WORDS))
    second.process.send_signal(signal.SIGSTOP)
    first.wait_until_it_runs(3, ALL)
    for number in range(20):
        name(kafka, dict.fromkeys(WORDS, f"name {number}"))
        say(kafka)
    wait_until_told(kafka, 21 * len(WORDS))
    first.end(signal.SIGKILL)
    second.process.send_signal(signal.SIGCONT)
    say(kafka)
    second.supervise_until_it_runs(2, ALL)
    wait_until_told(kafka, 22 * len(WORDS))

    assert told(kafka) == expected(kafka)
    assert never_goes_back(kafka)
