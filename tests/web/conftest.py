"""Two real workers that the tests of a module share, and one way to run coroutines."""

from collections.abc import AsyncIterator

import pytest

from tests.web.fakes import DEPOTS, VEHICLES, Pair, two_workers


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def pair() -> AsyncIterator[Pair]:
    async with two_workers({"vehicles": VEHICLES, "depots": DEPOTS}) as workers:
        yield workers
