"""The one listening socket of a worker: uvicorn inside the worker's own event loop."""

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import time
from collections.abc import Iterator
from typing import Final

import msgspec
import uvicorn
from litestar import Litestar

from fleet_app.errors import PortError
from fleet_app.http.connection import Connection, LimitedConfig, Limits
from fleet_app.settings import Settings

STOP_WITHIN_S: Final = 2
"""How long answers under way may take after a stop was asked for."""
KEEP_ALIVE_S: Final = 30
"""How long an idle connection is kept: longer than other workers keep theirs, so that none closes under a request."""
WS_MESSAGE_BYTES: Final = 65_536
"""What a WebSocket client may send at once; subscriptions are short."""
_BACKLOG: Final = 512
_TICKS_PER_SECOND: Final = 10
"""Uvicorn's."""
_CLIENTS_FAULTS: Final = frozenset(
    {
        "Invalid HTTP request received.",
        "Unsupported upgrade request.",
        "ASGI callable returned without completing handshake.",
    }
)
_FILES_PER_CONNECTION: Final = 2
"""Of the files that the process may open, tables and Kafka keep their share."""


class WebServer:
    """Serves an application on exactly one socket.

    Args:
        app: What is served.
        settings: The address and port to bind.
        limits: How long clients may take, and how many there may be; None for the defaults.
    """

    def __init__(self, app: Litestar, settings: Settings, limits: Limits | None = None) -> None:
        self._app = app
        self._host = settings.host
        self._port = settings.port
        self._server = _Server(app, limits or _default_limits())
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind the socket and serve; requests are answered once this returns.

        Raises:
            PortError: The port is taken, or the address is not this machine's.
        """
        listener = _bind(self._host, self._port)
        serving = asyncio.create_task(self._serve(listener), name="web")
        answering = asyncio.create_task(self._server.answering.wait())
        self._serving = serving
        await asyncio.wait({serving, answering}, return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        if serving.done():
            self._serving = None
            serving.result()

    async def stop(self) -> None:
        """Take no more requests, let those under way end for two seconds at most, close the socket."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving

    async def _serve(self, listener: socket.socket) -> None:
        """Serve until asked to stop. The application's lifespan begins and ends in one task, as it must."""
        with contextlib.closing(listener):
            async with self._app.lifespan():
                await self._server.serve(sockets=[listener])


class _NoFaultOfClients(logging.Filter):
    """Drops what uvicorn warns of when a client sends nonsense or is refused: anybody could fill the log with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record stays."""
        return record.msg not in _CLIENTS_FAULTS


class _Server(uvicorn.Server):
    """Uvicorn, leaving signals to the worker, telling when it answers, and closing on clients that take too long."""

    def __init__(self, app: Litestar, limits: Limits) -> None:
        config = LimitedConfig(
            app,
            http=Connection,
            # Entered by its owner: uvicorn would end the process where it fails.
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=WS_MESSAGE_BYTES,
            # Frames are packed already, and compressing would be paid for every client anew.
            ws_per_message_deflate=False,
            access_log=False,
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        config.limits = limits
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell."""
        logging.getLogger("uvicorn.error").addFilter(_CLIENTS_FAULT_FILTER)
        await super().startup(sockets)
        self.answering.set()

    async def on_tick(self, counter: int) -> bool:
        """Look after connections once a second."""
        if counter % _TICKS_PER_SECOND == 0:
            now_s = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.close_if_overdue(now_s)
        return await super().on_tick(counter)


_CLIENTS_FAULT_FILTER: Final = _NoFaultOfClients()


def _default_limits() -> Limits:
    """Return the limits, with no more connections than the process may have open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    defaults = Limits()
    connections = min(defaults.connections, files // _FILES_PER_CONNECTION)
    return msgspec.structs.replace(
        defaults,
        connections=connections,
        connections_per_address=min(defaults.connections_per_address, connections // 2),
    )


def _bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortError: Naming address and port, and what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortError(f"FLEET_HOST {host!r} is not an address of this machine: {error.strerror}") from error
    try:
        # A port whose last owner has just gone can be bound again at once; one that is listened on cannot.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortError(_why(host, port, error)) from error
    listener.setblocking(False)  # noqa: FBT003 - the socket's own method
    return listener


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program: stop it, or choose another port with FLEET_PORT "
            f"(`ss -ltnp 'sport = :{port}'` shows who has it)"
        )
    if error.errno == errno.EACCES:
        return f"port {port} on {host} may not be bound by this user: choose one from 1024 up with FLEET_PORT"
    return f"port {port} on {host} cannot be bound: {error.strerror}; check FLEET_HOST and FLEET_PORT"
