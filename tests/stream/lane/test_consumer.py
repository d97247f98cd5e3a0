"""Faust's consumer delivers batches and commits nothing; offsets are the tasks' business."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from faust.types import TP

from fleet_app.stream.engine.ports import Fetched, Log
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.lane.consumer import PlainCommitError, TaskConsumer
from tests.stream.small_app import LINES, make_app

LINE_0 = TP(LINES.name, 0)
FETCHED = Fetched(Log(LINES.name, 0), 5, 9, [])


class FakeTasks:
    """Tasks that note what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def final_commit(self) -> None:
        self.asked.append("final commit")


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that Faust's services are made for."""
    with asyncio.Runner() as runner:
        asyncio.set_event_loop(runner.get_loop())
        yield runner.get_loop()
        asyncio.set_event_loop(None)


@pytest.fixture
def app(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> StreamApp:
    app = make_app(tmp_path)
    app.loop = loop
    app.tasks = cast(Any, FakeTasks())
    return app


@pytest.fixture
def consumer(app: StreamApp) -> Iterator[TaskConsumer]:
    consumer = cast(TaskConsumer, app.consumer)
    yield consumer
    consumer.thread.thread_loop.close()


def test_fausts_commit_timer_forgets_what_streams_acknowledged_and_commits_nothing(
    app: StreamApp, consumer: TaskConsumer
) -> None:
    consumer._acked[LINE_0].append(7)
    consumer._acked_index[LINE_0].add(7)
    app.loop.run_until_complete(consumer.force_commit())

    assert (dict(consumer._acked), dict(consumer._acked_index)) == ({}, {})
    assert cast(FakeTasks, app.tasks).asked == []


def test_a_revoke_and_a_stop_let_the_tasks_commit(app: StreamApp, consumer: TaskConsumer) -> None:
    app.loop.run_until_complete(consumer.wait_empty())
    app.loop.run_until_complete(consumer.commit_and_end_transactions())

    assert cast(FakeTasks, app.tasks).asked == ["final commit", "final commit"]


def test_a_commit_by_faust_itself_is_an_error(app: StreamApp, consumer: TaskConsumer) -> None:
    with pytest.raises(PlainCommitError):
        app.loop.run_until_complete(consumer._commit({LINE_0: 7}))
    with pytest.raises(PlainCommitError):
        app.loop.run_until_complete(consumer._commit_tps([LINE_0]))
    with pytest.raises(PlainCommitError):
        app.loop.run_until_complete(consumer.perform_seek())


def test_a_fetch_is_one_message_that_ends_where_the_fetch_ended(
    app: StreamApp, consumer: TaskConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[Any] = []

    async def take(message: Any) -> None:  # noqa: ANN401 - Faust's message
        delivered.append(message)

    monkeypatch.setattr(consumer, "callback", take)
    app.consumer_generation_id = 3
    app.loop.run_until_complete(consumer._deliver([FETCHED]))

    assert [(one.tp, one.offset, one.value, one.generation_id) for one in delivered] == [(LINE_0, 8, FETCHED, 3)]


def test_nothing_is_delivered_once_a_rebalance_has_begun(
    app: StreamApp, consumer: TaskConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[Any] = []
    monkeypatch.setattr(consumer, "callback", delivered.append)
    consumer.stop_flow()
    app.loop.run_until_complete(consumer._deliver([FETCHED]))

    assert delivered == []


def test_a_rebalance_ends_the_wait_for_a_full_stream(
    app: StreamApp, consumer: TaskConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_message: object) -> None:
        await asyncio.Event().wait()

    async def deliver_into_a_full_stream() -> None:
        delivery = asyncio.ensure_future(consumer._deliver([FETCHED]))
        await asyncio.sleep(0)
        consumer.stop_flow()
        async with asyncio.timeout(10):
            await delivery

    monkeypatch.setattr(consumer, "callback", never)
    app.loop.run_until_complete(deliver_into_a_full_stream())

    assert not consumer.flow_active
