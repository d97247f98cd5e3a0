import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from click.testing import CliRunner

from fleet_app.demo.commands import demo
from fleet_app.errors import PortError
from tests.support.processes import FLEET, eventually, free_ports, listening_sockets

VANS = {f"van-{number:02}" for number in range(1, 28)}


class Terminal:
    """A terminal in which the demo runs, in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        (folder / "tmp").mkdir()
        self.first, self.second = free_ports(2)
        self.said = ""
        with (folder / "errors").open("w") as errors:
            self.process = subprocess.Popen(
                [FLEET, "demo", "--port", str(self.first), "--broker-port", "0", "--no-browser", *options],
                cwd=folder,
                env={**os.environ, "TMPDIR": str(folder / "tmp")},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                process_group=0,
            )

    def wait_for(self, words: str) -> None:
        """Read until a line contains `words`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return
        pytest.fail(f"{words!r} was not said, but:\n{self.said}\n{self.errors()}")

    def interrupt(self) -> None:
        """Press Ctrl-C: everyone in the foreground gets it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Return the exit code once it has ended by itself."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait(timeout=40)

    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    def left_over(self) -> list[str]:
        """Return what still runs in the folder, and what is left in it."""
        running = [" ".join(process.cmdline()) for process in psutil.process_iter() if self._is_ours(process)]
        return running + [path.name for path in (self.folder / "tmp").iterdir()]

    def _is_ours(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return Path(process.cwd()).is_relative_to(self.folder)
        return False

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> Terminal:
            return stack.enter_context(contextlib.closing(Terminal(tmp_path, *options)))

        yield start


def vans_at(port: int) -> set[str]:
    answer = httpx.get(f"http://127.0.0.1:{port}/api/vehicles", params={"limit": 1_000}, timeout=10)
    names = {vehicle["vehicle_id"] for vehicle in answer.json().get("items", [])}
    return {name for name in names if name.startswith("van-")}


@pytest.mark.kafka
def test_the_demo_shows_the_whole_fleet_on_both_workers_and_leaves_nothing(terminal: Callable[..., Terminal]) -> None:
    running = terminal("--seconds", "20")
    running.wait_for("Ready")
    eventually(lambda: vans_at(running.first) == vans_at(running.second) == VANS, within_s=15, what="all vans on both")
    listening = listening_sockets(running.process.pid)

    # Besides the workers' ports, Kafka's two: for clients, and for itself.
    assert {address for address, _ in listening} <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert {running.first, running.second} < {port for _, port in listening}
    assert len(listening) == 4
    assert running.end() == 0, running.errors()
    assert running.said.endswith("Stopped. Nothing is left running.\n")
    assert "Traceback" not in running.errors()
    assert running.left_over() == []


@pytest.mark.kafka
def test_ctrl_c_while_the_workers_start_ends_the_demo_quietly(terminal: Callable[..., Terminal]) -> None:
    running = terminal()
    running.wait_for("worker 2 of 2")

    running.interrupt()

    assert running.end() == 0, running.errors()
    assert running.said.endswith("Stopped. Nothing is left running.\n")
    assert "Traceback" not in running.errors()
    assert running.left_over() == []


@pytest.mark.kafka
def test_ctrl_c_while_kafka_starts_ends_the_demo_quietly(terminal: Callable[..., Terminal]) -> None:
    running = terminal()
    running.wait_for("Starting Kafka")

    running.interrupt()

    assert running.end() == 0, running.errors()
    assert running.said.endswith("Stopped. Nothing is left running.\n")
    assert "Traceback" not in running.errors()
    assert running.left_over() == []


def test_a_port_that_is_taken_ends_it_before_anything_is_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(demo, ["--workers", "1", "--port", str(port), "--no-browser"])

    assert isinstance(result.exception, PortError)
    assert f"port {port}, for worker 1, is taken" in str(result.exception)
    assert "Kafka" not in result.output
