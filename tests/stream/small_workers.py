"""Small apps at work on a real Kafka, each worker in a process of its own."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.topic_plans import ensure_topics
from tests.support.processes import eventually

ROOT: Final = Path(__file__).parents[2]
RUNNING: Final = "running at "


def create_topics(bootstrap: str, app: StreamApp) -> None:
    """Create the topics of an app, as its workers would."""

    async def create() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        await ensure_topics(client, app.topic_plans())
        await client.close()

    asyncio.run(create())


class Worker:
    """A worker of a small app, in a process of its own.

    Args:
        bootstrap: Its Kafka.
        folder: Where its log and its state go.
        number: Which worker it is.
        module: What it runs.
    """

    def __init__(self, bootstrap: str, folder: Path, number: int, module: str = "tests.stream.small_app") -> None:
        self.log = folder / f"worker-{number}.log"
        url = f"http://127.0.0.1:{number}"
        self._command = [sys.executable, "-m", module, bootstrap, str(folder / f"{number}"), url]
        self.start()

    def start(self) -> None:
        """Start, or start again."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def times_running(self) -> list[str]:
        """Return what it has said each time all its tasks ran: which partitions it owns and copies."""
        return [line.split(": ", 1)[1] for line in self.log.read_text().splitlines() if RUNNING in line]

    def wait_until_it_runs(self, times: int, duties: str) -> None:
        """Wait until it has said so `times` times at least, at last of `duties`."""
        eventually(
            lambda: len(self.times_running()) >= times and self.times_running()[-1] == duties,
            within_s=60,
            what=f"{duties}; log in {self.log}",
        )

    def supervise_until_it_runs(self, times: int, duties: str) -> None:
        """Wait for the same, and start the worker again if it ends, as its supervisor would."""

        def runs() -> bool:
            if self.process.poll() is not None:
                self.start()
            return len(self.times_running()) >= times and self.times_running()[-1] == duties

        eventually(runs, within_s=60, what=f"{duties}; log in {self.log}")
