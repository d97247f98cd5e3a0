"""The engine's tests run on asyncio, as the engine does."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
