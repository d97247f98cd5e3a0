import asyncio
import contextlib
import time

import pytest

from fleet_app.bench.crew import Between
from fleet_app.bench.readers import Asking, read_between, readers, status_of
from fleet_app.errors import WorkerError

WHILE_S = 0.5
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def for_a_while() -> Between:
    now_s = time.time()
    return Between(now_s, now_s + WHILE_S)


@pytest.mark.parametrize("received", range(len(ANSWER)))
def test_a_part_of_an_answer_is_none(received: int) -> None:
    assert status_of(ANSWER[:received]) is None


def test_an_answer_that_is_there_says_its_status() -> None:
    assert status_of(ANSWER) == b"HTTP/1.1 200 OK"
    assert status_of(b"HTTP/1.1 204 No Content\r\n\r\n") == b"HTTP/1.1 204 No Content"


async def against(answer: bytes) -> tuple[list[str], int, int]:
    """Return what a server that always says the same was asked for, and how many answers and refusals were seen."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                asked.append(request.decode().split()[1])
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        askings = [Asking(url=url, paths=("/a", "/b")), Asking(url=url, paths=("/c",))]
        reads = await asyncio.to_thread(read_between, askings, for_a_while)
    return asked, len(reads.took_ms), reads.refused


@pytest.mark.anyio
async def test_each_connection_asks_for_one_thing_after_another() -> None:
    asked, answers, refused = await against(ANSWER)
    first = [path for path in asked if path != "/c"]

    assert first[:4] == ["/a", "/b", "/a", "/b"]
    assert "/c" in asked
    assert 4 <= answers <= len(asked)
    assert refused == 0


@pytest.mark.anyio
async def test_what_is_not_answered_with_200_is_counted() -> None:
    _, answers, refused = await against(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    assert refused == answers > 0


@pytest.mark.anyio
async def test_a_connection_that_is_closed_is_said() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises((WorkerError, ConnectionError)):
            await asyncio.to_thread(read_between, [Asking(url=url, paths=("/",))], for_a_while)


def test_readers_that_cannot_read_are_not_passed_over() -> None:
    share = [Asking(url="http://127.0.0.1:1", paths=("/",))]
    with readers([share]) as reading:
        reading.wait_until_ready()
        reading.begin(Between(0.0, 0.0))
        with pytest.raises(WorkerError, match="ended without its figures"):
            reading.results(within_s=60)
