"""Posts what the fleet reports through the workers' HTTP door, as any sender would."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from fleet_app.demo.fleet import Due
from fleet_app.domain.position import Position
from fleet_app.errors import WorkerError

MOST_AT_ONCE: Final = 500
_TRY_AGAIN_AFTER_S: Final = 0.5
_ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=10)

Sleep = Callable[[float], Awaitable[None]]


class Door:
    """`POST /api/positions` of the first worker that takes it.

    Args:
        session: The HTTP client.
        urls: The workers' URLs; the worker that answered last is asked first.
        sleep: Waits so many seconds while no worker answers.
    """

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str], sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self._urls = list(urls)
        self._sleep = sleep

    async def post(self, positions: Sequence[Position]) -> None:
        """Return when a worker has taken the positions; wait for one if need be. Repeating a request is safe.

        Raises:
            WorkerError: A worker refused them.
        """
        body = msgspec.json.encode(positions)
        while not await self._post_to_any(body):
            await self._sleep(_TRY_AGAIN_AFTER_S)

    async def _post_to_any(self, body: bytes) -> bool:
        for url in tuple(self._urls):
            if await self._post_to(url, body):
                return True
            self._urls.remove(url)
            self._urls.append(url)
        return False

    async def _post_to(self, url: str, body: bytes) -> bool:
        """Return whether the worker took the body; False when it is down or not ready."""
        try:
            async with self._session.post(f"{url}/api/positions", data=body, timeout=_ANSWER_WITHIN) as answer:
                if answer.status == HTTPStatus.ACCEPTED:
                    return True
                if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    return False
                raise WorkerError(f"{url} refused the fleet's positions with {answer.status}: {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError):
            return False


class Feed:
    """Sends each position when it is due; what is overdue goes at once, many in a request.

    Args:
        door: Where positions go.
        dues: The positions in the order of time, without end.
        elapsed_s: Seconds since the first loop began.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, door: Door, dues: Iterator[Due], elapsed_s: Callable[[], float], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._door = door
        self._dues = dues
        self._next = next(dues)
        self._elapsed_s = elapsed_s
        self._sleep = sleep
        self.sent = 0

    async def catch_up(self) -> None:
        """Send what is overdue."""
        while overdue := self._take_overdue():
            await self._door.post(overdue)
            self.sent += len(overdue)

    async def keep_up(self) -> None:
        """Send each position when it is due, for ever."""
        while True:
            await self._sleep(max(0.0, self._next.due_s - self._elapsed_s()))
            await self.catch_up()

    def _take_overdue(self) -> list[Position]:
        taken: list[Position] = []
        while self._next.due_s <= self._elapsed_s() and len(taken) < MOST_AT_ONCE:
            taken.append(self._next.position)
            self._next = next(self._dues)
        return taken
