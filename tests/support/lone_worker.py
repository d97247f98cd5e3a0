"""One worker that has all partitions of an application to itself: fed, killed, started again, and judged."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer

from tests.reliability.campaign.evidence import Evidence, read_evidence
from tests.reliability.campaign.sender import send
from tests.reliability.campaign.status import read_status
from tests.reliability.campaign.subject import Sending, Subject, group_lag
from tests.support.kafka import end_offsets, group_offsets
from tests.support.processes import WorkerProcess, eventually, free_ports

PARTITIONS: Final = 4
_STARTS_WITHIN_S: Final = 90.0
_SETTLES_WITHIN_S: Final = 90.0
_MOST_ENDS: Final = 8
_CONTROL_RECORDS: Final = 3
"""By how many offsets a group may stand before an end that it has reached: ends of transactions take an offset each."""


class End(NamedTuple):
    """How a worker ended by itself."""

    code: int
    last_words: str


class LoneWorker:
    """One worker of an application, and its load. Its topics must be there.

    Args:
        subject: The application.
        bootstrap: Its Kafka.
        folder: Where its state and its logs go.
        seed: Of the load.

    Attributes:
        app_id: The name of its group, and of its changelogs.
        release: The release that the next start runs.
        ends: How it ended by itself, each time.
        state: Its state directory.
    """

    def __init__(self, subject: Subject, bootstrap: str, folder: Path, *, app_id: str, seed: int = 1) -> None:
        folder.mkdir(exist_ok=True)
        self.app_id = app_id
        self.release = "first"
        self.ends: list[End] = []
        self._subject = subject
        self._bootstrap = bootstrap
        self._load = subject.records(seed)
        self._status = folder / "status"
        self._log = folder / "log"
        self._port = free_ports(1)[0]
        self.state = folder / "state" / f"worker-{self._port}"
        self._settings = {
            "FLEET_BROKER": bootstrap,
            "FLEET_APP_ID": app_id,
            "FLEET_STATE_DIR": str(folder / "state"),
            "FLEET_PARTITIONS": str(PARTITIONS),
            "FLEET_SESSION_TIMEOUT_S": "1",
            "FLEET_HEARTBEAT_S": "0.3",
            "FLEET_COMMIT_INTERVAL_S": "0.2",
            **subject.settings,
        }
        self._running: WorkerProcess | None = None

    @property
    def stores(self) -> dict[int, Path]:
        """Where the store of each partition is."""
        return {partition: self.state / "tasks" / str(partition) for partition in range(PARTITIONS)}

    @property
    def changelogs(self) -> list[str]:
        """The topics of its changelogs."""
        return [f"{self.app_id}-{table}-changelog" for table in self._subject.tables(self.release)]

    def log(self) -> str:
        """Return everything it has said, in all its lives."""
        return self._log.read_text(errors="replace")

    # Life

    def run(self) -> None:
        """Start it, again where it ends, and return once it has all partitions."""
        self._start()
        eventually(
            lambda: self._goes_on() and self._has_all(),
            within_s=_STARTS_WITHIN_S,
            what=f"the worker has all partitions; log in {self._log}",
        )

    def end_by_itself(self) -> End:
        """Start it, and return how it ended."""
        self._start()
        eventually(self._has_ended, within_s=_STARTS_WITHIN_S, what=f"the worker ends; log in {self._log}")
        self._note_end()
        return self.ends.pop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()

    def stop(self) -> None:
        """Ask it to end."""
        assert self._process.stop() == 0, self.log()

    def end(self) -> None:
        """End it if it runs."""
        if self._running is not None:
            self._running.end()

    def empty_disk(self) -> None:
        """Delete everything that it keeps."""
        shutil.rmtree(self.state)

    def _start(self) -> None:
        command = self._subject.command(self.release, self._status)
        self._running = WorkerProcess(self._settings, self._port, self._log, command)

    @property
    def _process(self) -> WorkerProcess:
        assert self._running is not None
        return self._running

    def _has_ended(self) -> bool:
        return self._process.process.poll() is not None

    def _has_all(self) -> bool:
        status = read_status(self._status) if self._status.exists() else None
        return (
            status is not None and status.pid == self._process.process.pid and status.owned == list(range(PARTITIONS))
        )

    def _note_end(self) -> None:
        self.ends.append(End(self._process.process.returncode, self.log().splitlines()[-1]))

    def _goes_on(self) -> bool:
        """Start it again if it has ended; return True."""
        if self._has_ended():
            self._note_end()
            assert len(self.ends) < _MOST_ENDS, self.ends
            self._start()
        return True

    # Load

    def send(self, count: int) -> None:
        """Send the next records of the load."""
        self._send(islice(self._load, count))

    def _send(self, sendings: Iterable[Sending]) -> None:
        async def send_all() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, enable_idempotence=True, linger_ms=5)
            await producer.start()
            try:
                for sending in sendings:
                    await send(producer, sending)
                await producer.flush()
            finally:
                await producer.stop()

        asyncio.run(send_all())

    def settle(self) -> None:
        """End the load for now, and return once all of it is handled; the worker is started again where it ends."""
        self._send(self._subject.closing())
        deadline_s = time.monotonic() + _SETTLES_WITHIN_S
        before: object = None
        still_since_s = 0.0
        while True:
            self._goes_on()
            offsets, ends = group_offsets(self._bootstrap, self.app_id), self._ends()
            now_s = time.monotonic()
            if before != (offsets, ends):
                before, still_since_s = (offsets, ends), now_s
            sources = {place: end for place, end in ends.items() if place[0] in self._subject.sources(self.release)}
            lag = group_lag(offsets, sources)
            if now_s - still_since_s > self._subject.still_s and lag <= _CONTROL_RECORDS and self._has_all():
                return
            assert now_s < deadline_s, f"no rest: group {offsets}, ends {sources}; log in {self._log}"
            threading.Event().wait(0.2)

    def _ends(self) -> dict[tuple[str, int], int]:
        return end_offsets(self._bootstrap, [*self._subject.topics, *self.changelogs])

    # Judgement

    def evidence(self) -> Evidence:
        """Return what it has left behind. It must have ended: its stores are looked at."""
        return read_evidence(
            self._bootstrap,
            self.app_id,
            topics=self._subject.topics,
            tables=self._subject.tables(self.release),
            stores=self.stores,
        )

    def settle_and_judge(self) -> list[str]:
        """Let it settle, kill it, and return what is wrong, in sentences."""
        self.settle()
        self.kill()
        return self._subject.judge(self.evidence(), self.release).sentences
