"""Talking to a worker byte by byte, as no HTTP library would."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

WITHIN_S = 30.0


class RawConnection:
    """One TCP connection to a worker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_without_end(self, data: bytes) -> None:
        """Send the same again and again, which only a closed connection ends."""
        while True:
            await self.send(data)

    async def status(self) -> int:
        """Return the status of the next answer, leaving the rest of it unread."""
        async with asyncio.timeout(WITHIN_S):
            line = await self._reader.readline()
        return int(line.split()[1])

    async def until(self, part: bytes) -> bytes:
        """Return what is sent up to and with a part of it."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.readuntil(part)

    async def until_closed(self) -> bytes:
        """Return everything that is still sent, once the worker has closed the connection."""
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RawConnection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.close()


async def exchange(url: str, request: bytes) -> bytes:
    """Send bytes and return what comes back until the worker closes the connection, or the client says so."""
    async with connected(url) as connection:
        await connection.send(request)
        return await connection.until_closed()


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of all answers in what came back."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]
