"""Real worker processes for tests: started by their command, asked over HTTP, ended the hard way if need be."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.support.kafka import committed_offsets

T = TypeVar("T")

BIN = Path(sys.executable).parent
FLEET = str(BIN / "fleet")
FAUST = str(BIN / "faust")
START_WITHIN_S = 60.0
_A_MOMENT = threading.Event()


def eventually(probe: Callable[[], T], *, within_s: float = 30.0, what: str) -> T:
    """Return the probe's first truthy answer; asking again until then, failing with `what` after `within_s`."""
    deadline = time.monotonic() + within_s
    answer = probe()
    while not answer:
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        _A_MOMENT.wait(0.05)
        answer = probe()
    return answer


def free_ports(count: int) -> list[int]:
    """Return ports next to each other that nobody listens on."""
    # Far from where another test looks, and below the ports that Linux gives to connections.
    for first in range(20_000 + os.getpid() * 64 % 10_000, 32_000, count):
        ports = list(range(first, first + count))
        if all(_is_free(port) for port in ports):
            return ports
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def listening_sockets(pid: int) -> list[tuple[str, int]]:
    """Return (address, port) of every TCP socket that a process and its children listen on."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sorted(
        (connection.laddr.ip, connection.laddr.port)
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    )


class WorkerProcess:
    """One `fleet worker` (or another command that starts one) on a port of its own.

    `first_life` are settings that no restart keeps.
    """

    def __init__(
        self,
        settings: dict[str, str],
        port: int,
        log: Path,
        command: Sequence[str] = (FLEET, "worker"),
        first_life: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._command = list(command)
        self._settings = settings
        self._client = self._new_client()
        self.process = self._start(**(first_life or {}))

    def _new_client(self) -> httpx.Client:
        """Return what asks the worker, as its operator where it wants to know who asks."""
        key = self._settings.get("FLEET_API_KEY")
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def _start(self, **settings: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "FLEET_PORT": str(self.port),
            **self._settings,
            **settings,
        }
        with self.log.open("ab") as log:
            # A session of its own: the kernel would let a stopped process of an orphaned group go on.
            return subprocess.Popen(
                self._command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def restart(self, **settings: str) -> None:
        """Start it again, on the same port and state directory; `settings` are for this one life."""
        self._client = self._new_client()
        self.process = self._start(**settings)

    def ask(self, path: str, **params: Any) -> httpx.Response | None:
        """Return the answer to a GET, or None if nobody answers."""
        try:
            return self._client.get(path, params=params)
        except httpx.TransportError:
            return None

    def answers(self, path: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of a GET that must succeed."""
        response = self._client.get(path, params=params)
        assert response.status_code == httpx.codes.OK, (path, response.status_code, response.text)
        return response.json()

    def is_ready(self) -> bool:
        """Return whether it processes and can be read."""
        answer = self.ask("/readyz")
        return answer is not None and answer.status_code == httpx.codes.OK

    def kill(self) -> None:
        """End it as a power cut would."""
        self._client.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        self._client.close()
        self.process.terminate()
        return self.process.wait(timeout=30)

    def end(self) -> None:
        """End it if it still runs."""
        self._client.close()
        if self.process.poll() is None:
            self.kill()


class Cluster:
    """Workers of one app on one Kafka."""

    def __init__(self, bootstrap: str, folder: Path, **settings: str) -> None:
        self.settings = {
            "FLEET_BROKER": bootstrap,
            "FLEET_APP_ID": f"fleet-{folder.name}",
            "FLEET_STATE_DIR": str(folder / "state"),
            "FLEET_SESSION_TIMEOUT_S": "3",
            "FLEET_HEARTBEAT_S": "0.3",
            **settings,
        }
        self._folder = folder
        self.workers: list[WorkerProcess] = []

    def start(self, count: int) -> list[WorkerProcess]:
        """Start workers, and return them once all own partitions and can be read."""
        started = [self._add(port) for port in free_ports(count)]
        self.wait_until_shared()
        return started

    def add(self) -> WorkerProcess:
        """Start one more worker, and return at once."""
        return self._add(free_ports(1)[0])

    def _add(self, port: int) -> WorkerProcess:
        worker = WorkerProcess(self.settings, port, self._folder / f"worker-{port}.log")
        self.workers.append(worker)
        return worker

    def alive(self) -> list[WorkerProcess]:
        """Return the workers that run."""
        return [worker for worker in self.workers if worker.process.poll() is None]

    def wait_until_shared(self) -> None:
        """Return once every running worker is ready and knows of all the others, and of no one else."""
        urls = {worker.url for worker in self.alive()}
        eventually(
            lambda: all(worker.is_ready() and self._members(worker) == urls for worker in self.alive()),
            within_s=START_WITHIN_S,
            what=f"every worker ready and sharing with {urls}; logs in {self._folder}",
        )

    def _members(self, worker: WorkerProcess) -> set[str]:
        answer = worker.ask("/api/cluster")
        if answer is None or answer.status_code != httpx.codes.OK:
            return set()
        cluster = answer.json()
        return set() if cluster["unowned"] else {row["url"] for row in cluster["workers"] if row["owns"]}

    def wait_until_caught_up(self, records: int) -> None:
        """Return once this many records of `fleet.positions` have been handled, and lists show what came of them."""
        eventually(lambda: self._handled() >= records, within_s=180, what=f"{records} records handled")
        self.wait_until_committed(records)

    def wait_until_committed(self, records: int, *, within_s: float = 30.0) -> None:
        """Return once the group has committed this many records of `fleet.positions`."""
        eventually(lambda: self.committed() >= records, within_s=within_s, what=f"{records} records committed")

    def committed(self) -> int:
        """Return how many records of `fleet.positions` the group has committed."""
        return sum(committed_offsets(self.settings["FLEET_BROKER"], self.settings["FLEET_APP_ID"]))

    def _handled(self) -> int:
        answer = self.alive()[0].ask("/api/cluster")
        if answer is None or answer.status_code != httpx.codes.OK:
            return -1
        tasks = [task for worker in answer.json()["workers"] for task in worker["tasks"]]
        sources = [source for task in tasks for source in task["sources"] if source["topic"] == "fleet.positions"]
        return sum(row["position"] or 0 for row in sources)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a `fleet` command against this cluster and return how it ended."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "COLUMNS": "120",
            **self.settings,
            **settings,
        }
        return subprocess.run(
            [FLEET, *command], env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def vehicles(self, worker: WorkerProcess) -> dict[str, Any]:
        """Return every vehicle that a worker lists, page by page."""
        found: dict[str, Any] = {}
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = worker.answers("/api/vehicles", **params)
            found |= {vehicle["vehicle_id"]: vehicle for vehicle in page["items"]}
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]

    def end(self) -> None:
        """End every worker."""
        for worker in self.workers:
            worker.end()


@contextmanager
def cluster_of(bootstrap: str, folder: Path, **settings: str) -> Iterator[Cluster]:
    """Give a cluster without workers yet, and end all of them afterwards."""
    cluster = Cluster(bootstrap, folder, **settings)
    try:
        yield cluster
    finally:
        cluster.end()
