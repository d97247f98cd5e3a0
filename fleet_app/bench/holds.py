"""How long a worker's event loop is held at a time, and by what.

Each step that the loop runs is timed where the loop calls it, by the wall clock and by the processor time of its
thread: a neighbour that takes the core away makes the first long, not the second.
"""

import asyncio
import time
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any, Final

import msgspec

_KEPT: Final = 2_000
"""The longest ones."""


class Hold(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A step of the event loop.

    Attributes:
        cpu_ms: Processor time of the loop's thread.
        wall_ms: How long it took.
        at_s: When it began, by the wall clock.
        what: What the loop ran: a task's coroutine, or a callback.
    """

    cpu_ms: float
    wall_ms: float
    at_s: float
    what: str


class Holds:
    """Times every step of this process's event loops from `start` to `stop`.

    Args:
        file: Where the longest steps go when it stops.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._longest: list[Hold] = []
        self._run = asyncio.Handle._run  # noqa: SLF001 - the one place that every step passes

    async def start(self) -> None:
        """Begin."""
        run, keep = self._run, self._keep
        wall_ns, cpu_ns = time.perf_counter_ns, time.thread_time_ns

        def timed(handle: asyncio.Handle) -> None:
            began_ns, began_cpu_ns = wall_ns(), cpu_ns()
            what = handle._callback  # type: ignore[attr-defined] # noqa: SLF001 - gone once it has run
            run(handle)
            used_ns = cpu_ns() - began_cpu_ns
            took_ns = wall_ns() - began_ns
            if took_ns > _WORTH_KEEPING_NS:
                keep(what, took_ns, used_ns)

        asyncio.Handle._run = timed  # type: ignore[method-assign, assignment] # noqa: SLF001 - as above

    async def stop(self) -> None:
        """Write the longest."""
        asyncio.Handle._run = self._run  # type: ignore[method-assign] # noqa: SLF001 - as it was
        self._file.write_bytes(msgspec.json.encode(sorted(self._longest, reverse=True)))

    def _keep(self, what: Any, took_ns: int, cpu_ns: int) -> None:  # noqa: ANN401 - any callable
        hold = Hold(cpu_ms=cpu_ns / 1e6, wall_ms=took_ns / 1e6, at_s=time.time() - took_ns / 1e9, what=name_of(what))
        if len(self._longest) < _KEPT:
            heappush(self._longest, hold)
        else:
            heappushpop(self._longest, hold)


_WORTH_KEEPING_NS: Final = 1_000_000


def name_of(what: Any) -> str:  # noqa: ANN401 - any callable
    """Return the name of what the loop runs: of a task's coroutine, else of the callback."""
    owner = getattr(what, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine = owner.get_coro()
        return str(getattr(coroutine, "__qualname__", coroutine))
    return str(getattr(what, "__qualname__", what))
