"""One failure ends all tasks of a worker, once and for good; silence of Kafka is none."""

import pytest

from fleet_app.errors import EngineError
from fleet_app.stream.engine.ports import Log
from fleet_app.stream.engine.tasks import CommitTooLongError
from fleet_app.stream.reads import TaskState
from tests.stream.engine.counting import LINES
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.world import Worker, counted, say, until

pytestmark = pytest.mark.anyio

A_LINES = Log(LINES.name, 1)
"""Where `a` stands; `b` stands in partition 0."""


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


@pytest.mark.parametrize("call", ["begin", "append", "send_positions", "commit"])
async def test_a_commit_that_fails_ends_everything_once_and_for_good(kafka: FakeKafka, call: str) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    say(kafka, "b")
    await worker.poll()
    kafka.faults.fail(call)
    await kafka.clock.advance(5.0)
    offsets = [kafka.group_offset(Log(LINES.name, partition)) for partition in (0, 1)]
    await worker.tasks.final_commit()
    await worker.tasks.stop()

    assert (len(worker.failures), worker.tasks.failure, worker.tasks.running()) == (
        1,
        worker.failures[0],
        frozenset(),
    )
    assert [kafka.group_offset(Log(LINES.name, partition)) for partition in (0, 1)] == offsets


async def test_after_a_failure_nothing_is_handled_any_more(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    say(kafka, "a")
    await worker.drain()

    assert (counted(kafka), len(worker.failures), worker.report(1).state) == ({}, 1, TaskState.STOPPED)


async def test_after_a_failure_a_task_that_was_still_restored_does_not_begin(kafka: FakeKafka) -> None:
    writer = await Worker(kafka).start(0, 1)
    for _ in range(8):
        say(kafka, "a")
        await writer.drain()
    await writer.crash()
    kafka.batches_per_fetch = 1
    worker = Worker(kafka)
    await worker.begin()
    await worker.share(0, 1)
    await until(lambda: worker.tasks.running() == {0})
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    for _ in range(10):
        await turn()

    assert (worker.tasks.running(), worker.times_running) == (frozenset(), 0)


async def test_after_a_failure_no_assignment_is_taken_up(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "b", "fatal")
    with pytest.raises(EngineError):
        await worker.poll()
    fences = kafka.faults.calls["fence"]
    await worker.share(0, 1)
    await turn()

    assert (worker.tasks.running(), kafka.faults.calls["fence"], worker.times_running) == (frozenset(), fences, 1)


async def test_a_fence_that_fails_ends_the_worker(kafka: FakeKafka) -> None:
    kafka.faults.fail("fence", nth=2)
    worker = await Worker(kafka).start(0, 1)

    assert (len(worker.failures), worker.tasks.running()) == (1, frozenset())


async def test_a_store_that_cannot_be_written_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.stores.faults.fail("write")
    await kafka.clock.advance(1.0)
    successor = await Worker(kafka).start(0, 1)
    await successor.drain()

    assert (len(worker.failures), counted(kafka)) == (1, {"a": 1})


async def test_a_timer_that_may_not_be_gone_on_with_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "doom", f"arm {kafka.clock.wall_ms() + 500}")
    for _ in range(10):
        await worker.poll()
        await kafka.clock.advance(0.1)

    assert [type(failure) for failure in worker.failures] == [EngineError]


async def test_a_commit_that_outlives_its_transaction_ends_the_worker(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.freeze()
    for _ in range(22):
        await kafka.clock.advance(0.5)
        worker.sources.fetch()

    assert [type(failure) for failure in worker.failures] == [CommitTooLongError]


async def test_a_commit_may_last_as_long_as_kafka_is_silent(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    kafka.gate.close()
    await kafka.clock.advance(30.0)
    before = worker.failures[:]
    kafka.gate.open()
    await kafka.clock.advance(1.0)

    assert (before, worker.failures, kafka.group_offset(A_LINES)) == ([], [], 1)


async def test_silence_of_kafka_does_not_count_once_it_is_over(kafka: FakeKafka) -> None:
    worker = await Worker(kafka).start(0, 1)
    say(kafka, "a")
    await worker.poll()
    worker.freeze()
    await kafka.clock.advance(30.0)
    for _ in range(18):
        worker.sources.fetch()
        await kafka.clock.advance(0.5)

    assert worker.failures == []
