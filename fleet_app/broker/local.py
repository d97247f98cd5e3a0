"""One real Kafka broker on this machine, run out of one directory.

What the directory holds: `data` (Kafka's logs), `broker.log` (what Kafka says), `console.log` (what Java says),
`broker.json` (the ports), and `broker.pid`, locked by the broker for as long as it lives. That lock, which the
kernel lets go however the broker ends, decides whether it runs; an id left behind in the file means nothing.
"""

import asyncio
import base64
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, StrEnum
from pathlib import Path
from typing import IO, Final

import msgspec
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from fleet_app.broker import config, launch
from fleet_app.broker.fetch import fetch_jars
from fleet_app.broker.java import java
from fleet_app.broker.lock import read_lock
from fleet_app.errors import BrokerError

USUAL_PORT: Final = 9092

_START_S: Final = 60.0
_STOP_S: Final = 20.0
_ANSWER_S: Final = 2.0
_POLL_S: Final = 0.05
_PORT_TRIES: Final = 3
_TAIL_LINES: Final = 5

_STOPPED_BY_SIGTERM: Final = 128 + signal.SIGTERM
"""Java's exit status after an orderly stop."""

# A variable meant for another Java must not change this one.
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}


class Lifetime(Enum):
    """When a broker ends, other than by `stop`."""

    PARENT = "parent"
    """When the process that started it ends, however it ends."""
    DETACHED = "detached"
    """Never."""


class State(StrEnum):
    """What a broker is doing."""

    STOPPED = "stopped"
    NOT_ANSWERING = "not answering"
    """It has a process that does not answer: it is starting, stopping, or hung."""
    RUNNING = "running"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a broker.

    Attributes:
        state: What it is doing.
        pid: Its process, while it has one.
        port: The port it listens on, or last listened on; None before the first start.
    """

    state: State
    pid: int | None
    port: int | None

    @property
    def bootstrap(self) -> str:
        """Where clients connect, `host:port`; the value for `FLEET_BROKER`."""
        return f"{config.HOST}:{self.port}"


class _Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The ports of the last start, kept in `broker.json`, so that clients find the broker again.

    Attributes:
        wanted: The port that was asked for; 0 for any.
        port: The one that clients use.
        controller_port: The one the broker uses to talk to itself.
    """

    wanted: int
    port: int
    controller_port: int


class LocalBroker:
    """An Apache Kafka broker in its own process. Blocking; objects for the same directory are the same broker.

    Args:
        directory: Where it keeps everything; created on start.
        cache_dir: Where the fetched jars are kept; shared by all brokers (`Settings.cache_dir`).
        port: The port to listen on, on the loopback address; 0 for any. Where it is taken another one is used and
            remembered.
        properties: Kafka broker settings on top of `config.server_properties`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        cache_dir: Path,
        port: int = USUAL_PORT,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self._cache_dir = cache_dir.absolute()
        self._port = port
        self._properties = dict(properties or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: IO[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect, `host:port`. Known from the first start on; it can change with a start."""
        return self.status().bootstrap

    @property
    def _lock_file(self) -> Path:
        return self.directory / "broker.pid"

    def status(self) -> Status:
        """Return what the broker is doing now. Asks it a question, for up to two seconds."""
        ports = self._ports()
        port = None if ports is None else ports.port
        if not self._has_process():
            return Status(state=State.STOPPED, pid=None, port=port)
        state = State.RUNNING if port is not None and _answers(port) else State.NOT_ANSWERING
        return Status(state=state, pid=self._pid(), port=port)

    def start(self, lifetime: Lifetime = Lifetime.PARENT) -> Status:
        """Start the broker and return once it answers; where it runs already, leave it as it is.

        The first start on a machine fetches Kafka, the first in a directory formats the storage. A start after a
        kill -9 recovers the logs.

        Raises:
            BrokerError: It cannot be fetched or written, it ended while starting, or it does not answer in time.
        """
        deadline = time.monotonic() + _START_S
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            while (lock_fd := self._lock()) is None:
                status = self.status()
                if status.state is State.RUNNING:
                    return status
                self._pause(deadline, f"process {status.pid} holds {self.directory} but does not answer")
            try:
                return self._start(lock_fd, lifetime)
            finally:
                os.close(lock_fd)
        except OSError as error:
            raise BrokerError(
                f"the local broker cannot use {self.directory}: {error.strerror or error}. "
                "Make it writable, or choose another directory."
            ) from error

    def wait(self) -> None:
        """Return once the broker is stopped, by whoever stops it; only for a broker that this object started.

        Raises:
            BrokerError: It ended by itself.
        """
        if self._process is not None and self._process.wait() != _STOPPED_BY_SIGTERM:
            raise BrokerError(f"the local broker in {self.directory} ended by itself:\n{self._last_words()}")

    def stop(self) -> None:
        """End the broker and return once it is gone; where it does not run, do nothing.

        Raises:
            BrokerError: It cannot be ended.
        """
        for signals in ((signal.SIGTERM, signal.SIGCONT), (signal.SIGKILL,)):
            if self._end(signals):
                return
        raise BrokerError(f"the local broker in {self.directory} (process {self._pid()}) cannot be ended")

    def _end(self, signals: tuple[signal.Signals, ...]) -> bool:
        """Send `signals` and return whether the broker was gone in time."""
        deadline = time.monotonic() + _STOP_S
        pid = None
        while self._has_process():
            if pid is None and (pid := self._pid()) is not None:
                _send(pid, signals)
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        self._forget_process()
        return True

    def _start(self, lock_fd: int, lifetime: Lifetime) -> Status:
        """Start with the lock in hand; try again if somebody took a port between choosing and using it."""
        os.ftruncate(lock_fd, 0)
        self._forget_process()
        command = self._java()
        for _ in range(_PORT_TRIES):
            ports = self._choose_ports()
            properties = config.server_properties(ports.port, ports.controller_port, self._properties)
            self._format(command, properties)
            config.write_properties(self.directory / "server.properties", properties)
            self._write("broker.json", msgspec.json.encode(ports))
            process = self._launch([*command, "kafka.Kafka", "server.properties"], lock_fd, lifetime)
            try:
                if self._wait_until_answering(process, ports.port):
                    return Status(state=State.RUNNING, pid=process.pid, port=ports.port)
            except BaseException:
                process.kill()
                self._forget_process()
                raise
            if _is_free(ports.port) and _is_free(ports.controller_port):
                break
        raise BrokerError(f"the local broker ended while starting:\n{self._last_words()}")

    def _java(self) -> list[str]:
        """Return the command up to the class that is to run."""
        lock = read_lock()
        jars = fetch_jars(self._cache_dir / f"kafka-{lock.kafka}", lock)
        temporary = self.directory / "tmp"
        temporary.mkdir(exist_ok=True)
        self._write("log4j2.properties", config.LOGGING.encode())
        class_path = os.pathsep.join(map(str, jars))
        return [str(java()), *config.JVM_OPTIONS, f"-Djava.io.tmpdir={temporary}", "-cp", class_path]

    def _choose_ports(self) -> _Ports:
        last = self._ports()
        remembered = last if last is not None and last.wanted == self._port else None
        usual = [self._port] if remembered is None else [remembered.port, self._port]
        port = _first_free(usual)
        controller_port = _first_free([] if remembered is None else [remembered.controller_port], other_than=port)
        return _Ports(wanted=self._port, port=port, controller_port=controller_port)

    def _format(self, command: list[str], properties: Mapping[str, str]) -> None:
        """Prepare the storage on the first start, beside its place, so that it is whole or not there."""
        if (self.directory / config.DATA).exists():
            return
        unformatted = self.directory / config.UNFORMATTED
        shutil.rmtree(unformatted, ignore_errors=True)
        settings = self.directory / "format.properties"
        config.write_properties(settings, {**properties, "log.dirs": unformatted.name})
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", _cluster_id()]
        console = self.directory / "console.log"
        with console.open("wb") as output:
            done = subprocess.run(  # noqa: S603 - the command is made above
                [*command, *tool, "--config", settings.name],
                cwd=self.directory,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise BrokerError(f"Kafka cannot format {self.directory}:\n{_tail(console)}")
        settings.unlink()
        unformatted.replace(self.directory / config.DATA)

    def _launch(self, command: list[str], lock_fd: int, lifetime: Lifetime) -> subprocess.Popen[bytes]:
        """Start the process, with its lock and, unless it is to outlive this one, on a leash: a pipe held open."""
        passed = [lock_fd]
        parent_fd = -1
        if lifetime is Lifetime.PARENT:
            parent_fd, leash_fd = os.pipe()
            self._leash = os.fdopen(leash_fd, "wb")
            passed.append(parent_fd)
        launcher = [sys.executable, "-I", "-S", launch.__file__, str(lock_fd), str(parent_fd)]
        try:
            with (self.directory / "console.log").open("wb") as console:
                self._process = subprocess.Popen(  # noqa: S603 - the command is made by this class
                    [*launcher, *command],
                    cwd=self.directory,
                    env=_ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    pass_fds=passed,
                    start_new_session=True,  # Ctrl-C is for the parent, which then stops the broker
                )
        finally:
            if parent_fd >= 0:
                os.close(parent_fd)
        return self._process

    def _wait_until_answering(self, process: subprocess.Popen[bytes], port: int) -> bool:
        """Return True once it answers, False if it ended instead."""
        deadline = time.monotonic() + _START_S
        while process.poll() is None:
            if _answers(port):
                return True
            self._pause(deadline, f"the local broker does not answer on port {port}:\n{self._last_words()}")
        return False

    def _pause(self, deadline: float, complaint: str) -> None:
        if time.monotonic() > deadline:
            raise BrokerError(f"{complaint}. Waited {_START_S:g} s; see {self.directory / config.LOG}.")
        time.sleep(_POLL_S)

    def _forget_process(self) -> None:
        """Let go of a process of ours that has ended."""
        if self._leash is not None:
            self._leash.close()
            self._leash = None
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _lock(self) -> int | None:
        """Return a descriptor with the lock, or None where somebody else has it."""
        lock_fd = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock_fd)
            return None
        return lock_fd

    def _has_process(self) -> bool:
        """Return whether the broker, or somebody starting it, has the lock. Shared, so that askers see no askers."""
        try:
            with self._lock_file.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def _pid(self) -> int | None:
        """Return the broker's process; to be believed only while the lock is held by another."""
        text = self._lock_file.read_text()
        return int(text) if text else None

    def _ports(self) -> _Ports | None:
        try:
            return msgspec.json.decode((self.directory / "broker.json").read_bytes(), type=_Ports)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole, whatever interrupts it."""
        part = self.directory / f"{name}.new"
        part.write_bytes(content)
        part.replace(self.directory / name)

    def _last_words(self) -> str:
        texts = (_tail(self.directory / name) for name in (config.LOG, "console.log"))
        return "\n".join(text for text in texts if text)


def _send(pid: int, signals: tuple[signal.Signals, ...]) -> None:
    try:
        for each in signals:
            os.kill(pid, each)
    except ProcessLookupError:
        return  # it ended by itself, which is what was wanted
    except PermissionError as error:
        raise BrokerError(f"the local broker (process {pid}) belongs to another user, who has to stop it") from error


def _answers(port: int) -> bool:
    """Return whether a broker answers a question about its cluster: an open port alone means little."""
    if not _accepts(port):
        return False
    # A thread of its own, because the caller may have an event loop that runs.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _describes_its_cluster(port)).result()


async def _describes_its_cluster(port: int) -> bool:
    """Ask on a bare connection: aiokafka's clients report a broker that is not there yet as an error in the log."""
    try:
        connection = await create_conn(config.HOST, port, request_timeout_ms=int(_ANSWER_S * 1000))
        try:
            metadata = await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    except (KafkaError, OSError):
        return False
    return bool(metadata.brokers)


def _accepts(port: int) -> bool:
    """Return whether anything listens on `port`, at any address that `localhost` stands for."""
    try:
        with socket.create_connection(("localhost", port), timeout=_ANSWER_S):
            return True
    except OSError:
        return False


def _is_free(port: int) -> bool:
    """Return whether a server could listen on `port` and clients of `localhost` would reach it and no other."""
    if _accepts(port):
        return False
    with socket.socket() as probe:
        # As Java does: connections of a broker that is gone do not keep its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.HOST, port))
        except OSError:
            return False
    return True


def _first_free(candidates: list[int], *, other_than: int = 0) -> int:
    """Return the first free port of `candidates`, else any free one."""
    for port in candidates:
        if port not in (0, other_than) and _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((config.HOST, 0))
        chosen: int = probe.getsockname()[1]
    return chosen if chosen != other_than else _first_free([], other_than=other_than)


def _cluster_id() -> str:
    """Return a random id in Kafka's notation, which must not look like an option."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return _cluster_id() if text.startswith("-") else text


def _tail(log: Path) -> str:
    """Return the last lines that say something; the frames of a stack trace do not, to an operator."""
    text = log.read_text(errors="replace") if log.exists() else ""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
    return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
