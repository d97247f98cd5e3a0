"""Where a worker's main thread spends its processor time, line by line.

A timer of processor time interrupts the process; the main thread's line is credited with the processor time that this
thread has used since the last interrupt. Time of other threads is not credited to any line, but told beside it.
Python takes the interrupt when the C function under way returns, so a call's time stands on the line that makes it.
"""

import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

_EVERY_S: Final = 0.002
_KEPT: Final = 120

_Line = tuple[str, int, str]


class HotLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line and its share of the main thread's processor time."""

    place: str
    function: str
    share: float
    cpu_s: float


class HotFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A function and its share of the main thread's processor time: with what it calls, and its own."""

    place: str
    function: str
    share: float
    own_share: float


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went.

    Attributes:
        main_cpu_s: Processor time of the main thread while the profiler ran.
        others_cpu_s: That of all other threads: the consumer's, RocksDB's.
        samples: How many times it looked.
        lines: The hottest lines by their own time.
        functions: The hottest functions, with what they call.
    """

    main_cpu_s: float
    others_cpu_s: float
    samples: int
    lines: list[HotLine]
    functions: list[HotFunction]


class Profiler:
    """Looks at the main thread from `start` to `stop`; both are called in it."""

    def __init__(self) -> None:
        self._own: Counter[_Line] = Counter()
        self._own_of_functions: Counter[_Line] = Counter()
        self._total: Counter[_Line] = Counter()
        self._samples = 0
        self._last_ns = self._main_began_ns = self._process_began_ns = 0

    def start(self) -> None:
        """Begin to look."""
        self._process_began_ns = time.process_time_ns()
        self._main_began_ns = self._last_ns = time.thread_time_ns()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)

    def stop(self) -> Profile:
        """Stop looking and return what was seen."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        main_ns = time.thread_time_ns() - self._main_began_ns
        whole_ns = self._own.total() or 1
        return Profile(
            main_cpu_s=main_ns / 1e9,
            others_cpu_s=(time.process_time_ns() - self._process_began_ns - main_ns) / 1e9,
            samples=self._samples,
            lines=[
                HotLine(place=f"{_short(file)}:{line}", function=name, share=ns / whole_ns, cpu_s=ns / 1e9)
                for (file, line, name), ns in self._own.most_common(_KEPT)
            ],
            functions=[
                HotFunction(
                    place=f"{_short(place[0])}:{place[1]}",
                    function=place[2],
                    share=ns / whole_ns,
                    own_share=self._own_of_functions[place] / whole_ns,
                )
                for place, ns in self._total.most_common(_KEPT)
            ],
        )

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        now_ns = time.thread_time_ns()
        passed_ns, self._last_ns = now_ns - self._last_ns, now_ns
        if frame is None:
            return
        self._samples += 1
        code = frame.f_code
        self._own[(code.co_filename, frame.f_lineno, code.co_qualname)] += passed_ns
        self._own_of_functions[(code.co_filename, code.co_firstlineno, code.co_qualname)] += passed_ns
        seen = set()
        caller: FrameType | None = frame
        while caller is not None:
            code = caller.f_code
            seen.add((code.co_filename, code.co_firstlineno, code.co_qualname))
            caller = caller.f_back
        for place in seen:
            self._total[place] += passed_ns


def _short(file: str) -> str:
    """Return a file's path below the folder it is imported from."""
    path = Path(file)
    return next((str(path.relative_to(each)) for each in sys.path if each and path.is_relative_to(each)), file)
