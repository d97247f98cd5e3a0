"""A worker as `fleet worker` starts it, which also writes a status file: `… fleet_worker STATUS_FILE`."""

import sys
from pathlib import Path

from fleet_app.app import create_app
from fleet_app.settings import Settings
from fleet_app.stream.services import ServiceOf
from fleet_app.stream.worker import StreamWorker
from tests.reliability.campaign.status import StatusFile


def main() -> None:
    """Run one worker until a signal or a failure."""
    app = create_app(Settings.load())
    app.services_before_kafka.append(ServiceOf(StatusFile(app.membership, Path(sys.argv[1]))))
    StreamWorker(app).execute_from_commandline()


if __name__ == "__main__":
    main()
