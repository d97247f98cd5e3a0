"""The fleet under faults."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from fleet_app import topics
from fleet_app.stream.topic_plans import connected, ensure_topics, topic_plan
from tests.reliability.campaign.evidence import Evidence
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_dispatcher import GEOFENCE_CHANGES, PROFILE_CHANGES
from tests.reliability.campaign.fleet_oracle import SOURCES, TOPICS, VEHICLES, judge_fleet
from tests.reliability.campaign.fleet_replay import SETTINGS, fleet_settings
from tests.reliability.campaign.fleet_tape import closing, tape
from tests.reliability.campaign.fleet_worker import LAG_S, agents_of, stamped_by_its_sender
from tests.reliability.campaign.subject import Progress, Sending


class Fleet:
    """What `Subject` asks for."""

    name = "fleet"
    topics = TOPICS
    changes = (GEOFENCE_CHANGES, PROFILE_CHANGES)
    still_s = LAG_S + 1.5
    settings: Final[Mapping[str, str]] = {f"FLEET_{name.upper()}": value for name, value in SETTINGS.items()}

    def command(self, release: str, status: Path) -> list[str]:
        """Return how a worker is started; there is one release."""
        assert release == "first"
        return [sys.executable, "-m", "tests.reliability.campaign.fleet_worker", str(status)]

    def make_topics(self, bootstrap: str, partitions: int) -> None:
        """Create its topics, its sources with the tape's receive times."""
        kinds = [stamped_by_its_sender(topic) if topic.name in SOURCES else topic for topic in topics.TOPICS]

        async def make() -> None:
            async with connected({"bootstrap_servers": bootstrap}, wait_s=30) as client:
                await ensure_topics(client, [topic_plan(topic, partitions, 1) for topic in kinds])

        asyncio.run(make())

    def sources(self, release: str) -> Sequence[str]:
        """Return the topics that it reads."""
        assert release == "first"
        return SOURCES

    def tables(self, release: str) -> Sequence[str]:
        """Return its tables."""
        assert release == "first"
        return [table.name for agent in agents_of(fleet_settings()) for table in agent.owns]

    def records(self, seed: int) -> Iterator[Sending]:
        """Yield positions, and what changes meanwhile."""
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
