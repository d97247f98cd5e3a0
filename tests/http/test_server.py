"""The one listening socket of a worker."""

import asyncio
import signal
import socket
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler

from fleet_app.errors import PortError
from fleet_app.http.server import WebServer
from tests.web.fakes import Group, closed, free_port, settings, worker

pytestmark = pytest.mark.anyio
LISTEN = "0A"


def bare(*handlers: HTTPRouteHandler, **given: Any) -> Litestar:
    return Litestar(list(handlers), openapi_config=None, logging_config=None, **given)


def listening_ports() -> list[int]:
    """Return the TCP ports this process listens on."""
    own = {entry.readlink().name for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    ]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTEN and f"socket:[{row[9]}]" in own]


async def test_a_started_worker_listens_on_exactly_one_socket_and_a_stopped_one_on_none() -> None:
    async with worker(Group(), [], {}) as alone:
        during = listening_ports()

    assert during == [int(alone.url.rpartition(":")[2])]
    assert listening_ports() == []


async def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"port {port} on 127\.0\.0\.1 is taken.*FLEET_PORT"):
            await WebServer(bare(), settings(port=port)).start()


async def test_an_address_of_another_machine_is_refused() -> None:
    given = closed(port=free_port(), host="192.0.2.1")

    with pytest.raises(PortError, match="FLEET_HOST"):
        await WebServer(bare(), given).start()


async def test_a_host_that_does_not_exist_is_refused() -> None:
    given = closed(port=free_port(), host="no-such-host.invalid")

    with pytest.raises(PortError, match=r"'no-such-host\.invalid'"):
        await WebServer(bare(), given).start()


async def test_a_port_can_be_bound_again_as_soon_as_it_was_closed() -> None:
    given = settings(port=free_port())
    answers = []
    for _ in range(2):
        server = WebServer(bare(), given)
        await server.start()
        async with httpx.AsyncClient(base_url=given.url, trust_env=False) as client:
            answers.append((await client.get("/")).status_code)
            await server.stop()

    assert answers[0] == answers[1]


async def test_signals_stay_with_the_worker() -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    async with worker(Group(), [], {}):
        assert {each: signal.getsignal(each) for each in before} == before


async def test_an_application_that_cannot_start_raises_and_leaves_no_socket() -> None:
    def broken(_app: Litestar) -> AbstractAsyncContextManager[None]:
        raise LookupError("no such thing")

    with pytest.RaisesGroup(LookupError):
        await WebServer(bare(lifespan=[broken]), settings(port=free_port())).start()

    assert listening_ports() == []


async def test_a_request_under_way_is_answered_before_the_socket_closes() -> None:
    asked, told = asyncio.Event(), asyncio.Event()

    @get("/slow")
    async def slow() -> str:
        asked.set()
        await told.wait()
        return "done"

    given = settings(port=free_port())
    server = WebServer(bare(slow), given)
    await server.start()
    async with httpx.AsyncClient(base_url=given.url, trust_env=False) as client:
        answer = asyncio.create_task(client.get("/slow"))
        await asked.wait()
        # Another task than the one that started it, as a supervisor of services does.
        stopping = asyncio.create_task(server.stop())
        told.set()

        assert (await answer).text == "done"
        await stopping


async def test_a_request_that_does_not_end_holds_up_the_stop_for_two_seconds_at_most() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    @get("/endless")
    async def endless() -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    given = settings(port=free_port())
    server = WebServer(bare(endless), given)
    await server.start()
    async with httpx.AsyncClient(base_url=given.url, trust_env=False, timeout=60) as client:
        answer = asyncio.create_task(client.get("/endless"))
        await asked.wait()
        await server.stop()

        assert (await answer).status_code == 500

    assert ended.is_set()


async def test_a_server_that_never_started_can_be_stopped() -> None:
    await WebServer(bare(), settings(port=free_port())).stop()
