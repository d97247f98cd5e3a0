"""The fleet under faults."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from fleet_app import topics
from fleet_app.app import create_agents
from fleet_app.settings import Settings
from fleet_app.stream.topic_plans import connected, ensure_topics, topic_plan
from tests.reliability.campaign.evidence import Evidence
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_oracle import TOPICS, VEHICLES, judge_fleet
from tests.reliability.campaign.fleet_tape import POSITIONS, closing, tape
from tests.reliability.campaign.fleet_worker import stamped_by_its_sender
from tests.reliability.campaign.subject import Progress, Sending


class Fleet:
    """What `Subject` asks for."""

    name = "fleet"
    topics = TOPICS
    still_s = 1.0
    settings: Final[Mapping[str, str]] = {"FLEET_MAX_AGE_S": "off", "FLEET_TIMEZONE": "UTC"}

    def command(self, release: str, status: Path) -> list[str]:
        """Return how a worker is started; there is one release."""
        assert release == "first"
        return [sys.executable, "-m", "tests.reliability.campaign.fleet_worker", str(status)]

    def make_topics(self, bootstrap: str, partitions: int) -> None:
        """Create its topics, its source with the tape's receive times."""
        source, *outputs = topics.TOPICS

        async def make() -> None:
            async with connected({"bootstrap_servers": bootstrap}, wait_s=30) as client:
                plans = [topic_plan(topic, partitions, 1) for topic in (stamped_by_its_sender(source), *outputs)]
                await ensure_topics(client, plans)

        asyncio.run(make())

    def sources(self, release: str) -> Sequence[str]:
        """Return the topics that it reads."""
        assert release == "first"
        return (POSITIONS,)

    def tables(self, release: str) -> Sequence[str]:
        """Return its tables."""
        assert release == "first"
        (agent,) = create_agents(Settings.load())
        return [table.name for table in agent.owns]

    def records(self, seed: int) -> Iterator[Sending]:
        """Yield positions."""
        return tape(seed)

    def closing(self) -> Sequence[Sending]:
        """Return what lets time pass."""
        return closing(time.time_ns() // 1_000_000)

    def judge(self, evidence: Evidence, release: str) -> Findings:
        """Compare with the oracles."""
        assert release == "first"
        return judge_fleet(evidence)

    def progress(self, evidence: Evidence) -> list[Progress]:
        """Return what `fleet.vehicles` tells, which is partitioned as its source."""
        return [Progress(record.partition, record.timestamp_ms) for record in evidence.topics[VEHICLES]]
