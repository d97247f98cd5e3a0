"""Two real workers that ask nobody for a key, shared by the tests of a module, and one way to run coroutines."""

from collections.abc import AsyncIterator

import pytest

from tests.web.fakes import DEPOTS, VEHICLES, VISITS, Pair, two_workers


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def pair() -> AsyncIterator[Pair]:
    async with two_workers({"vehicles": VEHICLES, "depots": DEPOTS, "visits": VISITS}) as workers:
        yield workers
