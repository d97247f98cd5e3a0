"""A worker of the counter: `python -m tests.reliability.counter_app first|next STATUS_FILE`, settings as `fleet`'s."""

import sys
from pathlib import Path

from fleet_app.kafka_connection import client_options
from fleet_app.logs import configure_logging
from fleet_app.settings import Settings
from fleet_app.stream.faust_app import Options, StreamApp
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.stream.worker import StreamWorker
from tests.reliability.campaign.status import StatusFile
from tests.reliability.counter_app.agents import FIRST_RELEASE, NEXT_RELEASE


def main() -> None:
    """Run one worker until a signal or a failure."""
    release, status = sys.argv[1:]
    settings = Settings.load()
    options = Options(
        app_id=settings.app_id,
        broker=settings.broker,
        credentials=None,
        partitions=settings.partitions,
        replication=1,
        standbys=settings.standbys,
        url=settings.url,
        state_dir=settings.worker_dir,
        session_timeout_s=settings.session_timeout_s,
        heartbeat_s=settings.heartbeat_s,
        commit_interval_s=settings.commit_interval_s,
        configure_logging=lambda: configure_logging(settings),
    )
    app = StreamApp(options, NEXT_RELEASE if release == "next" else FIRST_RELEASE)
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    app.services_before_kafka = [ServiceOf(topics), ServiceOf(StatusFile(app.membership, Path(status)))]
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    main()
