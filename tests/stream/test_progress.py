"""How far a source is read, from what was handled, committed, and last said by the brokers."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

import faust
import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from fleet_app.stream.declarations import Record
from fleet_app.stream.progress import Progress
from fleet_app.stream.reads import PartitionProgress


class Consumer:
    """What a broker says about the ends of its logs, or that it does not answer."""

    def __init__(self, ends: Mapping[int, int], committed: Mapping[int, int]) -> None:
        self.ends = ends
        self.silent = False
        self._committed_offset = {TP("lines", number): committed.get(number) for number in range(4)}

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        if self.silent:
            raise KafkaConnectionError
        return {partition: self.ends[partition.partition] for partition in partitions}


class App:
    """An app that has a consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer


@pytest.fixture
def consumer() -> Consumer:
    return Consumer(ends={0: 10, 1: 20}, committed={1: 5})


@pytest.fixture
def progress(consumer: Consumer) -> Progress:
    return Progress(cast(faust.App, App(consumer)), ["lines"])


def refresh(progress: Progress, *owned: int) -> None:
    asyncio.run(progress.refresh(owned))


def row(partition: int, position: int, end: int | None) -> PartitionProgress:
    return PartitionProgress(topic="lines", partition=partition, position=position, end=end)


def handled(partition: int, offset: int) -> Record:
    return Record("lines", partition, offset, 0, None, None)


def test_before_anything_is_handled_a_position_is_the_last_commit_or_the_start(progress: Progress) -> None:
    assert progress.rows([1, 0]) == [row(0, 0, None), row(1, 5, None)]


def test_after_a_record_the_position_is_the_next_offset(progress: Progress) -> None:
    progress.note(handled(1, 7))

    assert progress.rows([1]) == [row(1, 8, None)]


def test_the_ends_are_those_of_the_owned_partitions(progress: Progress) -> None:
    refresh(progress, 0)

    assert progress.rows([0, 1]) == [row(0, 0, 10), row(1, 5, None)]


def test_after_partitions_moved_nothing_old_is_told(progress: Progress) -> None:
    refresh(progress, 1)
    progress.note(handled(1, 7))
    progress.forget()

    assert progress.rows([1]) == [row(1, 5, None)]


def test_who_owns_nothing_asks_nothing(
    consumer: Consumer, progress: Progress, caplog: pytest.LogCaptureFixture
) -> None:
    consumer.silent = True
    refresh(progress)

    assert (progress.rows([]), caplog.records) == ([], [])


def test_while_kafka_is_away_the_ends_stay_what_they_were(consumer: Consumer, progress: Progress) -> None:
    refresh(progress, 0)
    consumer.silent = True
    refresh(progress, 0)

    assert progress.rows([0]) == [row(0, 0, 10)]


def test_an_outage_is_told_once_and_so_is_its_end(
    consumer: Consumer, progress: Progress, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for consumer.silent in (False, True, True, True, False, False):
        refresh(progress, 0)

    said: list[Any] = [record.getMessage().partition(",")[0].partition(";")[0] for record in caplog.records]
    assert said == ["Kafka does not answer", "Kafka answers again"]
