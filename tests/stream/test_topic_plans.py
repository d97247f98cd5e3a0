"""Topics made and checked in a real Kafka."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.stream.declarations import Cleanup, Table, Topic
from fleet_app.stream.keys import ROWS, TEXT
from fleet_app.stream.topic_plans import (
    TopicPlan,
    changelog_plan,
    connect,
    ensure_topics,
    find_problems,
    topic_plan,
    wait_for_coordinator,
)
from tests.support.kafka import forget_topics

pytestmark = pytest.mark.kafka

T = TypeVar("T")


class Value(msgspec.Struct):
    pass


TOPIC = Topic(
    name="fleet.test",
    key="anything",
    value=Value,
    cleanup=Cleanup.DELETE,
    retention_s=3600,
    log_append_time=True,
    written_by="this test",
    read_by="this test",
)
TABLE = Table(name="test", key="anything", keys=TEXT, value=Value, version=1, decoders={}, written_by="this test")
PLANS = (topic_plan(TOPIC, 3, 1), changelog_plan("fleet", TABLE, 3, 1))


@pytest.fixture
def ask(kafka: RunningKafka) -> Callable[[Callable[[AIOKafkaAdminClient], Awaitable[T]]], T]:
    forget_topics(kafka.bootstrap)

    def ask_kafka(question: Callable[[AIOKafkaAdminClient], Awaitable[T]]) -> T:
        async def connected() -> T:
            client = await connect({"bootstrap_servers": kafka.bootstrap}, wait_s=10)
            try:
                return await question(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    return ask_kafka


Ask = Callable[[Callable[[AIOKafkaAdminClient], Awaitable[T]]], T]


def test_missing_topics_are_created_once(ask: Ask[list[str]]) -> None:
    first = ask(lambda client: ensure_topics(client, PLANS))
    second = ask(lambda client: ensure_topics(client, PLANS))

    assert (first, second) == (["fleet.test", "fleet-test-changelog"], [])


def test_of_workers_that_create_them_at_the_same_time_one_says_so(ask: Ask[list[list[str]]]) -> None:
    async def race(client: AIOKafkaAdminClient) -> list[list[str]]:
        return list(await asyncio.gather(*(ensure_topics(client, PLANS) for _ in range(3))))

    told = [name for names in ask(race) for name in names]

    assert sorted(told) == ["fleet-test-changelog", "fleet.test"]


def test_what_was_created_has_no_problems(ask: Ask[list[str]]) -> None:
    async def create_and_look(client: AIOKafkaAdminClient) -> list[str]:
        await ensure_topics(client, PLANS)
        return await find_problems(client, PLANS)

    assert ask(create_and_look) == []


def test_a_missing_topic_is_named_with_what_to_do(ask: Ask[list[str]]) -> None:
    problems = ask(lambda client: find_problems(client, PLANS[:1]))

    assert problems == ["fleet.test: missing; create it with `fleet topics create`"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (topic_plan(TOPIC, 4, 1), "has 3 partitions, the app is set to 4"),
        (
            msgspec.structs.replace(PLANS[0], config={**PLANS[0].config, "cleanup.policy": "compact"}),
            "cleanup.policy is 'delete', it must be 'compact'",
        ),
        (
            msgspec.structs.replace(PLANS[0], config={**PLANS[0].config, "message.timestamp.type": "CreateTime"}),
            "message.timestamp.type is 'LogAppendTime', it must be 'CreateTime'",
        ),
        (
            msgspec.structs.replace(PLANS[0], config={**PLANS[0].config, "delete.retention.ms": "604800000"}),
            "delete.retention.ms is 86400000, it must be 604800000 at least",
        ),
    ],
)
def test_a_topic_that_does_not_fit_stops_the_start(ask: Ask[list[str]], other: TopicPlan, said: str) -> None:
    ask(lambda client: ensure_topics(client, PLANS))

    with pytest.raises(TopicsError, match=said):
        ask(lambda client: ensure_topics(client, [other]))


def test_a_topic_that_kafka_refuses_is_named(ask: Ask[list[str]]) -> None:
    with pytest.raises(TopicsError, match=r"topic fleet.test cannot be created: InvalidReplicationFactorError"):
        ask(lambda client: ensure_topics(client, [topic_plan(TOPIC, 3, 9)]))


def test_a_group_has_a_coordinator_after_the_wait(ask: Ask[int]) -> None:
    async def coordinator(client: AIOKafkaAdminClient) -> int:
        await wait_for_coordinator(client, "fleet-new-group")
        coordinator_id: int = await client.find_coordinator("fleet-new-group")
        return coordinator_id

    assert ask(coordinator) >= 0


def test_an_absent_kafka_is_named_with_what_to_do() -> None:
    with pytest.raises(BrokerError, match=r"Kafka at 127\.0\.0\.1:1 did not answer within 0\.2 s .*set FLEET_BROKER"):
        asyncio.run(connect({"bootstrap_servers": "127.0.0.1:1"}, wait_s=0.2))


def test_the_changelog_of_a_table_that_keeps_all_is_compacted_only() -> None:
    plan = changelog_plan("fleet", TABLE, 3, 1)

    assert (plan.name, plan.config["cleanup.policy"]) == ("fleet-test-changelog", "compact")


def test_the_changelog_of_a_table_whose_rows_expire_forgets_by_age_too() -> None:
    plan = changelog_plan("fleet", msgspec.structs.replace(TABLE, keys=ROWS, retention_s=3600), 3, 1)

    assert (plan.config["cleanup.policy"], plan.config["retention.ms"]) == ("compact,delete", "3600000")
