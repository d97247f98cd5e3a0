"""A worker of the counter: `python -m tests.reliability.counter_app first|next STATUS_FILE`, settings as `fleet`'s."""

import sys
from pathlib import Path

from fleet_app.app import stream_options
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.worker import StreamWorker
from tests.reliability.campaign.status import StatusFile
from tests.reliability.counter_app.agents import FIRST_RELEASE, NEXT_RELEASE


def main() -> None:
    """Run one worker until a signal or a failure."""
    release, status = sys.argv[1:]
    settings = Settings.load()
    app = StreamApp(stream_options(settings), NEXT_RELEASE if release == "next" else FIRST_RELEASE)
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    app.services_before_kafka = [ServiceOf(topics), ServiceOf(StatusFile(app.membership, Path(status)))]
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    main()
