"""A batch goes through Faust's topics untouched."""

import asyncio
from pathlib import Path
from typing import cast

from faust.types import Message

from fleet_app.stream.engine.ports import Fetched, Log
from fleet_app.stream.lane.consumer import TaskConsumer, _message
from fleet_app.stream.lane.transport import BatchTopic, TaskTransport
from tests.stream.small_app import LINES, make_app


def test_a_batch_is_the_value_of_its_event(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    fetched = Fetched(Log(LINES.name, 0), 5, 9, [])
    topic = cast(BatchTopic, app.topic(LINES.name))
    event = asyncio.run(topic.decode(cast(Message, _message(fetched, app))))

    assert event.value is fetched


def test_the_consumer_is_that_of_the_tasks() -> None:
    assert TaskTransport.Consumer is TaskConsumer
