"""Processes that do the same at the same time: all get ready first, and none begins before the last one is."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

import msgspec

from fleet_app.errors import WorkerError

_READY_WITHIN_S: Final = 60.0
_ENDS_WITHIN_S: Final = 60.0

S = TypeVar("S")
T = TypeVar("T")


class Between(msgspec.Struct, frozen=True):
    """Two moments by the wall clock, s since 1970."""

    begins_s: float
    until_s: float

    def wait(self) -> None:
        """Return at the first of them."""
        time.sleep(max(0.0, self.begins_s - time.time()))


Work = Callable[[S, Callable[[], Between]], T]
"""Gets ready for its share, asks when to begin, does it, and returns what came of it."""


def _member(work: Work[S, T], share: S, line: Connection) -> None:
    def wait_for_times() -> Between:
        line.send_bytes(b"ready")
        return msgspec.msgpack.decode(line.recv_bytes(), type=Between)

    line.send_bytes(msgspec.msgpack.encode(work(share, wait_for_times)))


class Crew(Generic[S, T]):
    """Processes, one for each share of the work.

    Args:
        work: What each does. Shares and results go to and from other processes.
        shares: Of the work.
        result: What comes of it.
    """

    def __init__(self, work: Work[S, T], shares: Sequence[S], result: type[T]) -> None:
        self._result = result
        self._lines: list[Connection] = []
        self._processes: list[Any] = []
        context = multiprocessing.get_context("spawn")
        for share in shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_member, args=(work, share, theirs), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def wait_until_ready(self) -> None:
        """Return once each is ready to begin.

        Raises:
            WorkerError: One is not within a minute, or has ended.
        """
        for line in self._lines:
            self._hear(line, _READY_WITHIN_S)

    def begin(self, between: Between) -> None:
        """Have all begin, and end, at the same moment."""
        for line in self._lines:
            line.send_bytes(msgspec.msgpack.encode(between))

    def results(self, *, within_s: float) -> list[T]:
        """Return what came of each share, once all have ended.

        Raises:
            WorkerError: One takes longer, or has ended without a result.
        """
        return [msgspec.msgpack.decode(self._hear(line, within_s), type=self._result) for line in self._lines]

    def end(self) -> None:
        """End them if they still run."""
        for process, line in zip(self._processes, self._lines, strict=True):
            process.kill()
            process.join(_ENDS_WITHIN_S)
            line.close()

    def _hear(self, line: Connection, within_s: float) -> bytes:
        if not line.poll(within_s):
            raise WorkerError(f"a process of clients is not heard of for {within_s:g} s")
        try:
            return line.recv_bytes()
        except EOFError as error:
            raise WorkerError("a process of clients ended without its figures; its log is above") from error


@contextmanager
def crew(work: Work[S, T], shares: Sequence[S], result: type[T]) -> Iterator[Crew[S, T]]:
    """Give processes, and end them if the benchmark does not."""
    working = Crew(work, shares, result)
    try:
        yield working
    finally:
        working.end()
