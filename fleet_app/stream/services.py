"""Things with a start and a stop, as services that Faust starts and stops in order."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mode import Service

from fleet_app.stream.topic_plans import TopicPlan, connected, ensure_topics, wait_for_coordinator

logger = logging.getLogger(__name__)


class StartsAndStops(Protocol):
    """Something that can be started once and stopped once."""

    async def start(self) -> None:
        """Start; raise if it cannot."""

    async def stop(self) -> None:
        """Stop; harmless if it never started."""


class ServiceOf(Service):
    """Runs `part` as a service."""

    logger = logging.getLogger("mode.part")

    def __init__(self, part: StartsAndStops) -> None:
        super().__init__()
        self._part = part

    async def on_start(self) -> None:
        """Start the part."""
        await self._part.start()

    async def on_stop(self) -> None:
        """Stop the part."""
        await self._part.stop()


class TopicsReady:
    """Once started: Kafka answers, every topic exists as planned, and the group can be joined."""

    def __init__(
        self, client_options: Mapping[str, Any], plans: Sequence[TopicPlan], *, group_id: str, wait_s: float
    ) -> None:
        self._client_options = client_options
        self._plans = plans
        self._group_id = group_id
        self._wait_s = wait_s

    async def start(self) -> None:
        """Wait for Kafka, then create and check the topics.

        Raises:
            BrokerError: Kafka did not answer in time.
            TopicsError: A topic does not fit.
        """
        async with connected(self._client_options, wait_s=self._wait_s) as client:
            created = await ensure_topics(client, self._plans)
            await wait_for_coordinator(client, self._group_id)
        if created:
            logger.info("created %s", ", ".join(created))

    async def stop(self) -> None:
        """Nothing is held."""
