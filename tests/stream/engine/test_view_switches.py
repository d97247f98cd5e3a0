"""A task switches to newer views at a record that its changelogs tell, and never back, whoever runs it."""

import asyncio
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_by
from hypothesis import strategies as st

from fleet_app.errors import EngineError
from fleet_app.stream.reads import TaskState
from tests.stream.engine.cluster import Cluster, Step, follow
from tests.stream.engine.counting import AGENTS, PARTITIONS
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.looking import NAME_WORDS, NAMELESS, Span, given, name, oracle, spans, spoil
from tests.stream.engine.world import Worker, say

pytestmark = pytest.mark.anyio


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


def worker_of(kafka: FakeKafka, *, interval_s: float = 0.5) -> Worker:
    return Worker(kafka, agents=[NAME_WORDS], commit_interval_s=interval_s)


async def handle(kafka: FakeKafka, worker: Worker, words: str, order: str = "") -> None:
    """Let words be handled, without letting time pass."""
    for word in words:
        say(kafka, word, order)
    await worker.poll()


async def commit(kafka: FakeKafka) -> None:
    await kafka.clock.advance(1.0)


async def test_the_first_record_of_a_new_worker_finds_the_views_whole(kafka: FakeKafka) -> None:
    kafka.batches_per_fetch = 1
    for number in range(9):
        name(kafka, "a", f"name {number}")
    say(kafka, "a")
    worker = await worker_of(kafka).start(0, 1)
    await worker.drain()

    assert given(kafka) == {"1-0": ["name 8"]}


async def test_no_task_is_restored_before_the_views_are_whole(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    worker = worker_of(kafka)
    worker.views_reader.pause()
    starting = asyncio.create_task(worker.begin())
    await turn()
    before = starting.done()
    worker.views_reader.resume()
    await starting

    assert (before, kafka.faults.calls["fence"]) == (False, 0)


async def test_a_change_counts_from_the_first_record_after_a_commit_on(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    name(kafka, "a", "Amy")
    await turn()
    await handle(kafka, worker, "a")
    await commit(kafka)
    await handle(kafka, worker, "a")
    await commit(kafka)

    assert given(kafka) == {"1-0": ["Ann"], "1-1": ["Ann"], "1-2": ["Amy"]}
    assert spans(kafka) == [Span(1, 0, 2, [0, 1]), Span(1, 2, 3, [0, 2])]


async def test_what_is_handled_while_a_commit_is_under_way_has_the_newer_views(kafka: FakeKafka) -> None:
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    name(kafka, "a", "Ann")
    await turn()
    kafka.gate.close()
    await kafka.clock.advance(0.6)
    (task,) = (task for task in worker.tasks.readable_tasks() if task.partition == 1)
    cut_is_done = not task.has_changes()
    await handle(kafka, worker, "a")
    kafka.gate.open()
    await commit(kafka)

    assert cut_is_done
    assert given(kafka) == oracle(kafka) == {"1-0": [NAMELESS], "1-1": ["Ann"]}


async def test_a_deletion_counts_too(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    await commit(kafka)
    name(kafka, "a", None)
    await turn()
    await handle(kafka, worker, "a")
    await commit(kafka)

    assert given(kafka) == {"1-0": ["Ann"], "1-1": [NAMELESS]}


async def test_a_timer_that_goes_off_first_takes_the_newest_and_the_records_after_it_see_the_same(
    kafka: FakeKafka,
) -> None:
    worker = await worker_of(kafka).start(0, 1)
    due_ms = kafka.clock.wall_ms() + 5_000
    await handle(kafka, worker, "a", f"arm {due_ms}")
    await commit(kafka)
    name(kafka, "a", "Ann")
    await kafka.clock.advance(3.0)
    while "timer" not in given(kafka):
        await worker.poll()
        await kafka.clock.advance(1.0)

    assert given(kafka) == {"timer": ["Ann"]}


async def test_a_task_without_input_writes_nothing_when_a_view_changes(kafka: FakeKafka) -> None:
    worker = await worker_of(kafka).start(0, 1)
    name(kafka, "a", "Ann")
    await worker.drain()

    assert spans(kafka) == []


async def test_tasks_of_one_worker_switch_each_at_its_own_commit(kafka: FakeKafka) -> None:
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    name(kafka, "a", "Ann")
    name(kafka, "b", "Bob")
    await turn()
    await handle(kafka, worker, "ab")
    await commit(kafka)

    assert given(kafka) == oracle(kafka) == {"1-0": [NAMELESS], "1-1": [NAMELESS], "0-0": ["Bob"]}


async def test_what_a_crash_takes_back_is_handled_again_with_the_newest_views(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    name(kafka, "a", "Amy")
    await worker.crash()
    successor = await worker_of(kafka).start(0, 1)
    await successor.drain()

    assert given(kafka) == oracle(kafka) == {"1-0": ["Amy"]}


async def test_a_successor_whose_copy_lags_waits_until_it_knows_what_the_task_has_seen(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    owner, other = await worker_of(kafka).start(0, 1), await worker_of(kafka).start(standby=(0, 1))
    other.views_reader.pause()
    await turn()
    name(kafka, "a", "Amy")
    await turn()
    await handle(kafka, owner, "a")
    await commit(kafka)
    await owner.crash()
    await other.share(0, 1)
    say(kafka, "a")
    await turn()
    before = other.report(1).state, other.report(0).state
    other.views_reader.resume()
    await turn()
    await other.drain()

    assert before == (TaskState.RESTORING, TaskState.RUNNING)
    assert given(kafka) == {"1-0": ["Amy"], "1-1": ["Amy"]}


async def test_a_topic_made_anew_holds_nobody_up(kafka: FakeKafka, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        name(kafka, "a", "Ann")
    worker = await worker_of(kafka).start(0, 1)
    await handle(kafka, worker, "a")
    await commit(kafka)
    await worker.crash()
    kafka.recreate("names")
    name(kafka, "a", "Amy")
    successor = await worker_of(kafka).start(0, 1)
    await handle(kafka, successor, "a")
    await commit(kafka)

    assert given(kafka) == {"1-0": ["Ann"], "1-1": ["Amy"]}
    assert "it has been made anew" in caplog.text


async def test_an_app_that_begins_to_look_at_a_view_goes_on_where_it_was(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    before = await Worker(kafka, agents=[AGENTS[0]]).start(0, 1)
    say(kafka, "a")
    await before.drain()
    await before.crash()
    after = await worker_of(kafka).start(0, 1)
    say(kafka, "a")
    await after.drain()

    assert after.failures == []
    assert given(kafka)["1-1"] == ["Ann"]


async def test_a_bad_record_of_a_view_stops_nobody(kafka: FakeKafka) -> None:
    name(kafka, "a", "Ann")
    spoil(kafka, "a", "{")
    worker = await worker_of(kafka).start(0, 1)
    spoil(kafka, "a", '{"name":"!"}')
    await handle(kafka, worker, "a")
    await worker.drain()

    assert (given(kafka), worker.failures) == ({"1-0": ["Ann"]}, [])
    assert [report.refused for report in worker.views.reports()] == [2]


async def test_a_view_that_cannot_be_followed_any_more_stops_the_worker(kafka: FakeKafka) -> None:
    worker = await worker_of(kafka).start()
    error = EngineError("the topic may not be read")
    kafka.faults.fail("fetch", error=error)
    await turn()
    await worker.tasks.stop()

    assert worker.failures == [error]


async def test_a_worker_that_stops_follows_no_longer(kafka: FakeKafka) -> None:
    worker = await worker_of(kafka).start(0, 1)
    await worker.tasks.stop()
    before = kafka.faults.calls["fetch"]
    await turn()

    assert kafka.faults.calls["fetch"] == before


class Looking(Cluster):
    """Workers that look at names, which change, and whose copies may lag."""

    def __init__(self) -> None:
        super().__init__([NAME_WORDS])

    async def work(self, word: str) -> None:
        await self.say(word, "")
        await self.handle()

    async def name(self, word: str, given_name: str | None) -> None:
        name(self.kafka, word, given_name)
        await turn()

    async def spoil(self, word: str) -> None:
        spoil(self.kafka, word, "{")

    async def lag(self, place: int) -> None:
        worker = self.workers[place]
        if worker is not None:
            worker.views_reader.pause()
        await turn()

    async def catch_up(self) -> None:
        for worker in self.living():
            worker.views_reader.resume()
        await turn()


WORDS: Final = ["a", "b", "ab"]
steps = st.one_of(
    st.tuples(st.just("work"), st.sampled_from(WORDS)),
    st.tuples(st.just("name"), st.sampled_from(WORDS), st.sampled_from(["Ann", "Bob", None])),
    st.tuples(st.just("spoil"), st.sampled_from(WORDS)),
    st.sampled_from([("handle",), ("settle",), ("wake",), ("catch_up",)]),
    st.tuples(st.just("lag"), st.integers(0, 1)),
    st.tuples(st.just("pass_time"), st.integers(1, 12)),
    st.tuples(st.just("share"), st.integers(0, PARTITIONS)),
    st.tuples(st.just("kill"), st.integers(0, 1), st.sampled_from(["kept", "wiped"])),
    st.tuples(st.just("freeze"), st.integers(0, 1)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given_by(st.lists(steps, min_size=5, max_size=60))
def test_every_record_has_the_views_that_the_markers_tell_and_no_task_goes_back(schedule: list[Step]) -> None:
    kafka = asyncio.run(follow(Looking(), [("share", 1), *schedule])).kafka

    assert given(kafka) == oracle(kafka)
    for partition in range(PARTITIONS):
        seen = [span.views for span in spans(kafka) if span.partition == partition]
        assert all(before[log] <= after[log] for before, after in pairwise(seen) for log in (0, 1))
