"""Debian's Chromium in front of a real fleet: real workers, a real Kafka, and pages that are watched while in use."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
from playwright.sync_api import BrowserContext, Page

from bench.screen.chromium import FLAGS, on_the_path
from fleet_app.broker.testing import RunningKafka
from tests.browser.screens import Screens
from tests.browser.watched import Watched
from tests.support.kafka import forget_topics
from tests.support.processes import FLEET, Cluster, cluster_of, eventually, free_ports

CHROMIUM: Final = on_the_path()


class Demo:
    """`fleet demo`: two workers under a supervisor, and vans that drive."""

    def __init__(self, folder: Path) -> None:
        self.ports = free_ports(2)
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self._log = (folder / "demo.log").open("w")
        self._process = subprocess.Popen(
            [FLEET, "demo", "--port", str(self.ports[0]), "--broker-port", "0", "--no-browser"],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def is_ready(self) -> bool:
        """Return whether both workers serve the fleet."""
        try:
            answers = [httpx.get(f"{url}/api/vehicles/van-07", timeout=5) for url in self.urls]
        except httpx.HTTPError:
            return False
        return all(answer.status_code == httpx.codes.OK for answer in answers)

    def trip_of(self, vehicle_id: str) -> str:
        """Return the id of a vehicle's newest trip; wait until it has one."""
        url = f"{self.urls[0]}/api/vehicles/{vehicle_id}/trips"
        legs = eventually(
            lambda: [leg for leg in httpx.get(url, timeout=5).json()["items"] if leg["kind"] == "trip"],
            within_s=120,
            what=f"{vehicle_id} has made a trip",
        )
        return str(legs[-1]["id"])

    def kill_worker(self, url: str) -> None:
        """Kill the worker that serves a URL, as a machine that loses power would."""
        port = int(url.rpartition(":")[2])
        (listener,) = {
            each.pid
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and each.laddr[1:] == (port,) and each.pid is not None
        }
        os.kill(listener, signal.SIGKILL)

    def end(self) -> None:
        """Press Ctrl-C, and wait until all of it is gone."""
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(timeout=60)
        self._log.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, which all tests of the session look at."""
    running = Demo(tmp_path_factory.mktemp("demo"))
    try:
        eventually(running.is_ready, within_s=120, what="the demo is ready")
        yield running
    finally:
        running.end()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own, whose form pytest 9.2 warns of; every test names its worker."""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How the plugin starts the browser: the machine's own, never one that it downloads."""
    assert CHROMIUM is not None, "browser tests need Chromium: apt-get install chromium"
    return {"executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture
def empty(kafka: RunningKafka, tmp_path: Path) -> Iterator[Cluster]:
    """Workers to be started by the test, without a vehicle."""
    # In a thread of its own: while a browser is open, this one has an event loop that runs.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(forget_topics, kafka.bootstrap).result()
    with cluster_of(kafka.bootstrap, tmp_path) as cluster:
        yield cluster


@pytest.fixture
def watched(context: BrowserContext, page: Page) -> Iterator[Watched]:
    """A page of which every error and every question to another host fails the test."""
    watching = Watched(context, page)
    yield watching
    assert watching.problems() == []


@pytest.fixture(scope="session")
def screens() -> Screens:
    """Where screenshots are kept: an artefact of the run."""
    return Screens(Path(os.environ.get("FLEET_SCREENSHOTS", "build/screenshots")))
