"""Whatever becomes of a worker's state directory, its answers are right, or it says why it stops."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_app.broker.testing import MakeKafka, RunningKafka
from fleet_app.errors import EngineError, StateError
from tests.reliability.campaign.counter import Counter
from tests.support.damage import DAMAGES
from tests.support.groups import delete_group, move_offsets
from tests.support.kafka import forget_topics, group_offsets
from tests.support.lone_worker import PARTITIONS, LoneWorker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROUNDS = 5


def a_worker(bootstrap: str, folder: Path, *, seed: int = 1) -> LoneWorker:
    forget_topics(bootstrap, prefix="counter")
    subject = Counter()
    subject.make_topics(bootstrap, PARTITIONS)
    return LoneWorker(subject, bootstrap, folder, app_id=f"counter-{folder.name}", seed=seed)


@pytest.fixture
def worker(kafka: RunningKafka, tmp_path: Path) -> Iterator[LoneWorker]:
    """A worker of the counter on the session's broker, not started yet."""
    worker = a_worker(kafka.bootstrap, tmp_path)
    yield worker
    worker.end()


def test_whatever_is_done_to_its_files_a_worker_ends_up_right(worker: LoneWorker) -> None:
    chance = random.Random(1)
    damages = [DAMAGES[number % len(DAMAGES)] for number in range(ROUNDS * PARTITIONS)]
    worker.run()
    worker.send(2_000)
    worker.settle()
    worker.kill()
    found: list[tuple[list[str], list[str]]] = []

    for _ in range(ROUNDS):
        stores = [*worker.stores.values()]
        done = [
            f"{path.name}: {damages.pop()(path, stores[(number + 1) % PARTITIONS], chance)}"
            for number, path in enumerate(stores)
        ]
        worker.run()
        worker.send(400)
        found.append((done, worker.settle_and_judge()))

    assert [wrong for wrong in found if wrong[1]] == []
    assert {end.code for end in worker.ends} <= {StateError.exit_code}, worker.ends


def test_directories_that_have_changed_places_are_noticed(worker: LoneWorker) -> None:
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.kill()
    first, second, third, _ = worker.stores.values()
    away = first.with_name("away")
    first.rename(away)
    second.rename(first)
    third.rename(second)
    away.rename(third)

    worker.run()
    worker.send(300)

    assert worker.settle_and_judge() == []
    assert worker.ends == []


def test_an_older_copy_of_the_state_directory_is_brought_up_to_date(worker: LoneWorker, tmp_path: Path) -> None:
    worker.run()
    worker.send(1_000)
    worker.kill()
    shutil.copytree(worker.state, tmp_path / "copy")
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.kill()
    worker.empty_disk()
    shutil.copytree(tmp_path / "copy", worker.state)

    worker.run()
    worker.send(300)

    assert worker.settle_and_judge() == []
    assert worker.ends == []
    assert "set aside" not in worker.log()


@pytest.mark.parametrize("known", [0, 1_500], ids=["that is empty", "that has seen others"])
def test_the_state_of_another_kafka_is_set_aside(
    worker: LoneWorker, make_kafka: MakeKafka, tmp_path: Path, known: int
) -> None:
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.kill()
    other = make_kafka()
    stranger = a_worker(other.bootstrap, tmp_path / tmp_path.name, seed=2)
    stranger.run()
    stranger.send(known)
    stranger.settle()
    stranger.kill()
    stranger.empty_disk()
    shutil.copytree(worker.state, stranger.state)

    stranger.run()
    stranger.send(300)

    assert stranger.settle_and_judge() == []
    assert stranger.ends == []
    assert stranger.log().count("of another cluster, or of a changelog") == PARTITIONS


def test_offsets_that_somebody_moved_stop_the_worker_until_they_are_put_back(
    kafka: RunningKafka, worker: LoneWorker
) -> None:
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.stop()
    offsets = group_offsets(kafka.bootstrap, worker.app_id)
    place = ("counter.words", 2)
    move_offsets(kafka.bootstrap, worker.app_id, {place: offsets[place] - 7})

    end = worker.end_by_itself()
    move_offsets(kafka.bootstrap, worker.app_id, {place: offsets[place]})
    worker.run()
    worker.send(300)

    assert end.code == EngineError.exit_code
    assert f"up to {offsets[place] - 7}, the changelogs say {offsets[place]}" in end.last_words
    assert worker.settle_and_judge() == []
    assert worker.ends == []


def test_of_a_group_that_was_deleted_the_changelogs_know_where_it_was(kafka: RunningKafka, worker: LoneWorker) -> None:
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.kill()
    delete_group(kafka.bootstrap, worker.app_id)
    shutil.rmtree(worker.stores[1])

    worker.run()
    worker.send(300)

    assert worker.settle_and_judge() == []
    assert worker.ends == []


@pytest.mark.parametrize("records", [10, 3_000], ids=["shorter", "longer"])
def test_a_source_made_anew_under_kept_changelogs_stops_the_worker(
    kafka: RunningKafka, worker: LoneWorker, records: int
) -> None:
    worker.run()
    worker.send(1_000)
    worker.settle()
    worker.kill()
    forget_topics(kafka.bootstrap, prefix="counter.words")
    Counter().make_topics(kafka.bootstrap, PARTITIONS)
    worker.send(records)

    end = worker.end_by_itself()

    assert end.code == EngineError.exit_code
    assert "counter.words" in end.last_words


def test_after_a_roll_back_the_older_release_goes_on_and_the_newer_one_says_why_it_does_not(worker: LoneWorker) -> None:
    worker.release = "next"
    worker.run()
    worker.send(600)
    worker.settle()
    worker.stop()
    worker.release = "first"
    worker.run()
    worker.send(300)
    worker.settle()
    worker.stop()

    worker.release = "next"
    end = worker.end_by_itself()
    worker.release = "first"
    worker.run()
    worker.send(300)

    assert end.code == EngineError.exit_code
    assert "extra_counts" in end.last_words
    assert worker.settle_and_judge() == []
    assert worker.ends == []
