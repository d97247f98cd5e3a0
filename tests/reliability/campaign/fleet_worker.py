"""A worker of the fleet that lives by the times its tape is stamped with: `… fleet_worker STATUS_FILE`."""

import sys
from pathlib import Path
from typing import Final

import msgspec

from fleet_app.app import create_agents, stream_options
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent, Topic
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.worker import StreamWorker
from tests.reliability.campaign.status import StatusFile

_A_CENTURY_S: Final = 100 * 365 * 86_400


def stamped_by_its_sender(topic: Topic) -> Topic:
    """Return a source whose records carry the receive times that their sender gives them, however long ago."""
    return msgspec.structs.replace(topic, log_append_time=False, retention_s=_A_CENTURY_S)


def _reading_what_its_sender_stamps(agent: Agent) -> Agent:
    return msgspec.structs.replace(agent, reads=stamped_by_its_sender(agent.reads))


def main() -> None:
    """Run one worker until a signal or a failure."""
    settings = Settings.load()
    app = StreamApp(stream_options(settings), tuple(map(_reading_what_its_sender_stamps, create_agents(settings))))
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    app.services_before_kafka = [ServiceOf(topics), ServiceOf(StatusFile(app.membership, Path(sys.argv[1])))]
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    main()
