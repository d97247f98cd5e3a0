"""The engine with its clients starts and stops against a real Kafka."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.broker.testing import RunningKafka
from fleet_app.stream.engine.fail_points import Step
from fleet_app.stream.lane.engine import SystemClock
from fleet_app.stream.topic_plans import ensure_topics
from tests.stream.small_app import TOTALS, make_app


@pytest.mark.kafka
def test_it_starts_with_nothing_to_do_and_stops(kafka: RunningKafka, tmp_path: Path) -> None:
    app = make_app(tmp_path, app_id="engine-test", broker=kafka.bootstrap)

    async def start_and_stop() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await client.start()
        await ensure_topics(client, app.topic_plans())
        await client.close()
        await app.start_engine()
        await app.stop_engine()

    asyncio.run(start_and_stop())

    assert app.tasks.failure is None
    assert app.tasks.tables == (TOTALS,)


def test_an_engine_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    asyncio.run(app.stop_engine())

    assert app.tasks.failure is None


def test_a_fail_point_goes_to_the_tasks(tmp_path: Path) -> None:
    app = make_app(tmp_path, fail_at=f"{Step.FENCE}:1")

    assert app.tasks._around.fail_points.watches(Step.FENCE)


def test_the_clock_runs_on() -> None:
    clock = SystemClock()
    before_s, before_ms = clock.monotonic_s(), clock.wall_ms()
    asyncio.run(clock.sleep(0))

    assert clock.monotonic_s() >= before_s
    assert clock.wall_ms() >= before_ms > 1_700_000_000_000
