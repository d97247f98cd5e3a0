"""One worker process."""

from typing import NoReturn

from fleet_app.app import create_app
from fleet_app.settings import Settings
from fleet_app.stream.worker import StreamWorker


def run_worker(settings: Settings) -> NoReturn:
    """Run a worker until a signal or a failure, then leave the process with its exit code."""
    StreamWorker(create_app(settings)).execute_from_commandline()
