"""Posts what the vans report through the workers' HTTP door, as any sender would."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from fleet_app.demo.vans import Due
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
                raise WorkerError(f"{url} refused the vans' positions with {answer.status}: {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError):
            return False


class Feed:
    """Sends each position when it is due; what is overdue goes at once, many in a request.

    Args:
        door: Where positions go.
        elapsed_s: Seconds since the day began.
        sleep: Waits so many seconds.
    """

    def __init__(self, door: Door, elapsed_s: Callable[[], float], sleep: Sleep = asyncio.sleep) -> None:
        self._door = door
        self._elapsed_s = elapsed_s
        self._sleep = sleep
        self.sent = 0
        self.caught_up = asyncio.Event()

    async def run(self, dues: Iterator[Due]) -> None:
        """Send `dues` in their order; set `caught_up` when all that was overdue has been taken."""
        batch: list[Position] = []
        for due in dues:
            ahead_s = due.due_s - self._elapsed_s()
            if batch and (ahead_s > 0.0 or len(batch) == MOST_AT_ONCE):
                await self._post(batch)
                batch = []
            if ahead_s > 0.0:
                self.caught_up.set()
                await self._sleep(ahead_s)
            batch.append(due.position)
        await self._post(batch)

    async def _post(self, batch: list[Position]) -> None:
        await self._door.post(batch)
        self.sent += len(batch)
