"""A worker of the fleet that lives by the times its tape is stamped with: `… fleet_worker STATUS_FILE`.

The agent that looks at views writes its steps down. Every second worker learns late of what changes in them, so that
tasks move from one that knows more to one that knows less.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec

from fleet_app.app import create_agents, stream_options
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent, Topic
from fleet_app.stream.engine.views import GlobalViews
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.lane import engine
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.worker import StreamWorker
from tests.reliability.campaign.status import StatusFile
from tests.reliability.campaign.steps import writing_its_steps_down

_A_CENTURY_S: Final = 100 * 365 * 86_400
LAG_S: Final = 3.0
"""As long as most sessions: whoever takes over from the dead may still know less than they did."""


class LaggingViews(GlobalViews):
    """Views that are whole when the worker starts, and then read now and then only."""

    _pause_s = 0.0

    async def follow(self) -> None:
        self._pause_s = LAG_S
        await super().follow()

    async def _read_on(self) -> None:
        await asyncio.sleep(self._pause_s)
        await super()._read_on()


def stamped_by_its_sender(topic: Topic) -> Topic:
    """Return a source whose records carry the receive times that their sender gives them, however long ago."""
    return msgspec.structs.replace(topic, log_append_time=False, retention_s=_A_CENTURY_S)


def agents_of(settings: Settings) -> tuple[Agent, ...]:
    """Return the fleet's agents as the campaign runs them."""
    agents = (
        msgspec.structs.replace(agent, reads=stamped_by_its_sender(agent.reads)) for agent in create_agents(settings)
    )
    return tuple(writing_its_steps_down(agent) if agent.looks_at else agent for agent in agents)


def main() -> None:
    """Run one worker until a signal or a failure."""
    settings = Settings.load()
    if settings.port % 2:
        setattr(engine, GlobalViews.__name__, LaggingViews)
    app = StreamApp(stream_options(settings), agents_of(settings))
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    app.services_before_kafka = [ServiceOf(topics), ServiceOf(StatusFile(app.membership, Path(sys.argv[1])))]
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    main()
