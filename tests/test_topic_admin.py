"""The app's topics, made and checked without a worker."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.settings import Settings
from fleet_app.topic_admin import check_topics, create_topics
from tests.support.kafka import forget_topics
from tests.support.topics import changelogs_of, topics_of

NAMES = topics_of("fleet-vans")


@pytest.fixture
def settings(kafka: RunningKafka) -> Settings:
    forget_topics(kafka.bootstrap)
    return Settings.load(broker=kafka.bootstrap, app_id="fleet-vans", partitions=3)


@pytest.mark.parametrize("ask", [create_topics, check_topics])
def test_a_kafka_that_is_away_is_named(ask: Callable[[Settings], Coroutine[Any, Any, object]]) -> None:
    away = Settings.load(broker="127.0.0.1:1", broker_wait_s=0)

    with pytest.raises(BrokerError, match=r"Kafka at 127\.0\.0\.1:1 did not answer"):
        asyncio.run(ask(away))


@pytest.mark.kafka
def test_a_check_names_all_that_is_missing_and_creates_nothing(settings: Settings) -> None:
    for _ in range(2):
        with pytest.raises(TopicsError) as failure:
            asyncio.run(check_topics(settings))

        title, *lines = str(failure.value).splitlines()
        assert title == "topics do not fit:"
        assert sorted(lines) == sorted(f"  {name}: missing; create it with `fleet topics create`" for name in NAMES)


@pytest.mark.kafka
def test_what_was_created_passes_the_check(settings: Settings) -> None:
    assert sorted(asyncio.run(create_topics(settings))) == sorted(NAMES)
    asyncio.run(check_topics(settings))
    assert asyncio.run(create_topics(settings)) == []


@pytest.mark.kafka
def test_another_app_shares_the_topics_and_has_changelogs_of_its_own(settings: Settings) -> None:
    asyncio.run(create_topics(settings))
    other = settings.model_copy(update={"app_id": "fleet-lorries"})

    assert sorted(asyncio.run(create_topics(other))) == sorted(changelogs_of("fleet-lorries"))
