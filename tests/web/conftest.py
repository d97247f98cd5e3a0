"""Two real workers that the tests of a module share, and one way to run coroutines."""

from collections.abc import AsyncIterator

import pytest

from tests.web.fakes import DEPOTS, MINUTES, OPEN_TRACK, VEHICLES, VISITS, Contents, Pair, two_workers


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def pair() -> AsyncIterator[Pair]:
    contents: Contents = {
        "vehicles": VEHICLES,
        "open_tracks": {"van-1": OPEN_TRACK},
        "depots": DEPOTS,
        "visits": VISITS,
        "windows_1m": MINUTES,
    }
    async with two_workers(contents) as workers:
        yield workers
