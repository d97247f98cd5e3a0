"""Parts with a start and a stop, run by Faust."""

import asyncio

import pytest

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import BrokerError, PortError, TopicsError
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.topic_plans import topic_plan
from tests.stream.small_app import topic

READINGS = topic("readings")


class Part:
    """Notes what becomes of it."""

    def __init__(self) -> None:
        self.happened: list[str] = []

    async def start(self) -> None:
        self.happened.append("start")

    async def stop(self) -> None:
        self.happened.append("stop")


class TakenPort(Part):
    """Cannot start."""

    async def start(self) -> None:
        raise PortError("port 80 is taken")


def test_a_part_is_started_and_stopped_once_with_its_service() -> None:
    part = Part()

    async def live() -> None:
        service = ServiceOf(part)
        await service.start()
        await service.maybe_start()
        await service.stop()
        await service.stop()

    asyncio.run(live())
    assert part.happened == ["start", "stop"]


def test_a_part_that_cannot_start_says_why_to_whoever_starts_it() -> None:
    with pytest.raises(PortError, match="port 80 is taken"):
        asyncio.run(ServiceOf(TakenPort()).start())


def topics_ready(bootstrap: str, *, partitions: int, wait_s: float) -> TopicsReady:
    plans = [topic_plan(READINGS, partitions, 1)]
    return TopicsReady({"bootstrap_servers": bootstrap}, plans, group_id="small", wait_s=wait_s)


def test_without_a_kafka_the_topics_are_not_ready() -> None:
    with pytest.raises(BrokerError, match=r"Kafka at 127\.0\.0\.1:1 did not answer within 0 s"):
        asyncio.run(topics_ready("127.0.0.1:1", partitions=2, wait_s=0).start())


def test_topics_that_were_never_made_ready_are_stopped_without_harm() -> None:
    asyncio.run(topics_ready("127.0.0.1:1", partitions=2, wait_s=0).stop())


@pytest.mark.kafka
def test_topics_are_made_once_and_told_once(kafka: RunningKafka, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="fleet_app")
    for _ in range(2):
        asyncio.run(topics_ready(kafka.bootstrap, partitions=2, wait_s=10).start())

    assert [record.getMessage() for record in caplog.records if record.name.startswith("fleet_app")] == [
        "created readings"
    ]


@pytest.mark.kafka
def test_topics_that_do_not_fit_stop_the_start(kafka: RunningKafka) -> None:
    asyncio.run(topics_ready(kafka.bootstrap, partitions=2, wait_s=10).start())

    with pytest.raises(TopicsError, match="readings: has 2 partitions, the app is set to 3"):
        asyncio.run(topics_ready(kafka.bootstrap, partitions=3, wait_s=10).start())
