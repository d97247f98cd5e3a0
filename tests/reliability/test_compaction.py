"""Changelogs that Kafka compacts and expires for real: what is left of them is enough, or the worker makes do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from rocksdict import Options, Rdict

from fleet_app.broker.testing import RunningKafka, start_kafka
from fleet_app.stream.engine.catch_up import TOMBSTONES_KEPT_MS
from fleet_app.stream.engine.ports import Meta
from tests.reliability.campaign.counter import Counter
from tests.reliability.campaign.evidence import Evidence, read_store
from tests.reliability.campaign.fleet import Fleet
from tests.reliability.campaign.subject import Subject
from tests.support.groups import alter_topics
from tests.support.kafka import end_offsets, forget_topics, is_empty, read_topics
from tests.support.lone_worker import PARTITIONS, LoneWorker
from tests.support.processes import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RESTLESS_BROKER: Final = {
    "log.cleaner.backoff.ms": "100",
    "log.initial.task.delay.ms": "100",
    "log.retention.check.interval.ms": "200",
}
COMPACTED: Final = {
    "cleanup.policy": "compact",
    "message.timestamp.type": "CreateTime",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
}
KEPT_DELETIONS: Final = {**COMPACTED, "delete.retention.ms": str(TOMBSTONES_KEPT_MS)}
"""What a worker asks for when it starts; what has been compacted by then stays gone."""
KEPT_BY_AGE: Final = {**KEPT_DELETIONS, "cleanup.policy": "compact,delete"}
EMPTIED: Final = {**KEPT_BY_AGE, "retention.ms": "1"}
EIGHT_DAYS_MS: Final = 8 * 86_400_000


@pytest.fixture(scope="module")
def kafka(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """A broker that looks for something to compact or to delete several times a second."""
    running = start_kafka(tmp_path_factory.mktemp("kafka"), kafka_cache, RESTLESS_BROKER)
    yield running
    running.broker.stop()


def a_worker(kafka: RunningKafka, folder: Path, subject: Subject) -> Iterator[LoneWorker]:
    forget_topics(kafka.bootstrap, prefix=subject.name)
    subject.make_topics(kafka.bootstrap, PARTITIONS)
    worker = LoneWorker(subject, kafka.bootstrap, folder, app_id=f"{subject.name}-{folder.name}")
    yield worker
    worker.end()


@pytest.fixture
def counter(kafka: RunningKafka, tmp_path: Path) -> Iterator[LoneWorker]:
    """A worker of the counter, not started yet."""
    yield from a_worker(kafka, tmp_path, Counter())


@pytest.fixture
def fleet(kafka: RunningKafka, tmp_path: Path) -> Iterator[LoneWorker]:
    """A worker of the fleet, not started yet."""
    yield from a_worker(kafka, tmp_path, Fleet())


def compact(kafka: RunningKafka, worker: LoneWorker, and_until: Callable[[], object] = lambda: True) -> None:
    """Return once of most that the changelogs were sent nothing is left, not even tombstones, and `and_until` holds."""
    alter_topics(kafka.bootstrap, dict.fromkeys(worker.changelogs, COMPACTED))

    def is_compacted() -> bool:
        worker.send(40)
        worker.settle()
        kept = sum(map(len, read_topics(kafka.bootstrap, worker.changelogs).values()))
        shrunk = kept * 2 < sum(end_offsets(kafka.bootstrap, worker.changelogs).values())
        return shrunk and bool(and_until())

    eventually(is_compacted, within_s=60, what="the changelogs have shrunk")
    alter_topics(kafka.bootstrap, dict.fromkeys(worker.changelogs, KEPT_DELETIONS))


def keys_of_changelog(kafka: RunningKafka, worker: LoneWorker, table: str) -> dict[int, set[bytes | None]]:
    records = read_topics(kafka.bootstrap, [f"{worker.app_id}-{table}-changelog"]).popitem()[1]
    return {
        partition: {record.key for record in records if record.partition == partition}
        for partition in range(PARTITIONS)
    }


def age(store: Path, by_ms: int) -> None:
    """Let a store say that it was written earlier."""
    families = {name: Options(raw_mode=True) for name in Rdict.list_cf(str(store))}
    database = Rdict(str(store), Options(raw_mode=True), column_families=families)
    meta = msgspec.msgpack.decode(database[b"meta"] or b"", type=Meta)
    database[b"meta"] = msgspec.msgpack.encode(msgspec.structs.replace(meta, written_ms=meta.written_ms - by_ms))
    database.close()


def test_an_empty_disk_is_filled_from_changelogs_that_are_compacted(kafka: RunningKafka, counter: LoneWorker) -> None:
    counter.run()
    counter.send(1_500)
    counter.settle()
    compact(kafka, counter)
    counter.kill()
    counter.empty_disk()

    counter.run()
    counter.send(300)

    assert counter.settle_and_judge() == []
    assert counter.ends == []


def test_what_was_deleted_while_a_worker_was_away_too_long_does_not_come_back(
    kafka: RunningKafka, counter: LoneWorker, tmp_path: Path
) -> None:
    counter.run()
    counter.send(1_500)
    counter.settle()
    counter.kill()
    shutil.copytree(counter.state, tmp_path / "away")
    kept = {number: set(read_store(store, ["counts"])["counts"]) for number, store in counter.stores.items()}
    counter.run()
    counter.send(2_000)
    counter.settle()

    def forgotten() -> set[bytes]:
        there = keys_of_changelog(kafka, counter, "counts")
        return {key for partition, keys in kept.items() for key in keys - there[partition]}

    # Without it, whether the log of this table had shrunk too was a matter of which table was compacted first.
    compact(kafka, counter, and_until=forgotten)
    counter.kill()
    counter.empty_disk()
    shutil.copytree(tmp_path / "away", counter.state)
    gone = forgotten()
    for store in counter.stores.values():
        age(store, EIGHT_DAYS_MS)

    counter.run()
    counter.send(300)

    assert counter.settle_and_judge() == []
    assert counter.ends == []
    assert gone
    assert counter.log().count("deletions are kept for 168 h") == PARTITIONS


def test_a_worker_starts_though_all_rows_of_a_table_have_gone_by_age(kafka: RunningKafka, fleet: LoneWorker) -> None:
    fleet.run()
    fleet.send(1_500)
    fleet.settle()
    fleet.stop()
    before = fleet.evidence()
    name = f"{fleet.app_id}-windows_1m-changelog"
    alter_topics(kafka.bootstrap, {name: EMPTIED})
    eventually(lambda: is_empty(kafka.bootstrap, name), what="the changelog is empty")
    alter_topics(kafka.bootstrap, {name: KEPT_BY_AGE})
    fleet.empty_disk()

    fleet.run()
    fleet.settle()
    fleet.kill()
    after = fleet.evidence()

    assert before.changelogs["windows_1m"]
    assert Fleet().judge(without_minutes(after, before), "first").sentences == []
    assert [after.stores["windows_1m", number] for number in range(PARTITIONS)] == [{}] * PARTITIONS
    assert fleet.ends == []


def without_minutes(after: Evidence, before: Evidence) -> Evidence:
    """Return what is left as if the minutes had stayed in the changelog; they need not be in the stores."""
    minutes = [*before.changelogs["windows_1m"], *after.changelogs["windows_1m"]]
    return after._replace(
        changelogs={**after.changelogs, "windows_1m": minutes},
        stores={place: rows for place, rows in after.stores.items() if place[0] != "windows_1m"},
    )
