"""What goes wrong when a test says so: calls that fail, and gates that stop who comes by."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class InjectedError(Exception):
    """What a planned fault raises."""


class Faults:
    """What is planned to go wrong, by the name of a call: `fence`, `commit`, `fetch`, `write`..."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._before: dict[tuple[str, int], Exception] = {}
        self._after: dict[tuple[str, int], Exception] = {}

    def fail(self, call: str, *, nth: int = 1, error: Exception | None = None) -> None:
        """Let the n-th call from now fail, without any effect."""
        self._before[call, self.calls[call] + nth] = error or InjectedError(call)

    def fail_after(self, call: str, *, nth: int = 1, error: Exception | None = None) -> None:
        """Let the n-th call from now take effect and fail all the same, as when its answer is lost."""
        self._after[call, self.calls[call] + nth] = error or InjectedError(call)

    def clear(self) -> None:
        """Let nothing of what is planned happen any more."""
        self._before.clear()
        self._after.clear()

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Count a call, and let it fail as planned."""
        self.calls[name] += 1
        number = self.calls[name]
        if (name, number) in self._before:
            raise self._before[name, number]
        yield
        if (name, number) in self._after:
            raise self._after[name, number]


class Gate:
    """Stops who comes by while it is closed."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._opened.set()

    def close(self) -> None:
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    async def passed(self) -> None:
        await asyncio.sleep(0)
        await self._opened.wait()
