"""Time in memory: nothing here waits for real time, and nothing is left to chance."""

import asyncio
import heapq

_TURNS_PER_STEP = 50
"""How often the loop turns while time stands still: more than any chain of calls that one timer sets off."""


class FakeClock:
    """Time that stands still until a test advances it."""

    def __init__(self, wall_ms: int = 1_700_000_000_000) -> None:
        self._start_ms = wall_ms
        self._now_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = 0

    def monotonic_s(self) -> float:
        return self._now_s

    def wall_ms(self) -> int:
        return self._start_ms + round(self._now_s * 1000)

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleepers, (self._now_s + seconds, self._slept, sleeper))
        await sleeper

    async def advance(self, seconds: float) -> None:
        """Let time pass: everyone who sleeps wakes in turn, and gets to work before the next one wakes."""
        end_s = self._now_s + seconds
        await turn()
        while self._sleepers and self._sleepers[0][0] <= end_s:
            self._now_s, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)
                await turn()
        self._now_s = end_s


async def turn() -> None:
    """Let every task go on until it waits for time, or for something that does not happen."""
    for _ in range(_TURNS_PER_STEP):
        await asyncio.sleep(0)
