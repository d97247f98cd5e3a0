"""What a process and its children use, as Linux counts it: processor time and memory; and which cores they may use."""

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat behind the name, which may hold anything (proc(5), counted from `state` as 0).
_PARENT: Final = 1
_TIMES: Final = slice(11, 15)


class Memory(NamedTuple):
    """Memory in bytes: resident, and with pages that are shared counted in parts."""

    rss_bytes: int
    pss_bytes: int


def family(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    parents = {int(entry.name): _parent(entry) for entry in _PROC.iterdir() if entry.name.isdigit()}
    found = [pid]
    for each in found:
        found.extend(child for child, parent in parents.items() if parent == each)
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time, user and system, of a process, its children, and those of them that have ended."""
    return sum(_cpu_ticks(member) for member in family(pid)) / _TICKS_PER_S


def waited_s(pid: int) -> float:
    """Return how long the living threads of a process wanted to run and others had the core."""
    waited_ns = 0
    for thread in (_PROC / str(pid) / "task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            waited_ns += int((thread / "schedstat").read_text().split()[1])
    return waited_ns / 1e9


def memory(pid: int) -> Memory:
    """Return what a process and its children hold now."""
    held = [_sizes(_PROC / str(member) / "smaps_rollup") for member in family(pid)]
    return Memory(sum(each.get("Rss", 0) for each in held), sum(each.get("Pss", 0) for each in held))


def peak_rss_bytes(pid: int) -> int:
    """Return the most that a process ever held, by the kernel's own mark."""
    return _sizes(_PROC / str(pid) / "status").get("VmHWM", 0)


@contextlib.contextmanager
def pinned(cores: Collection[int]) -> Iterator[None]:
    """Let this thread, and whatever it starts meanwhile, run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _parent(process: Path) -> int:
    fields = _stat(process)
    return int(fields[_PARENT]) if fields else 0


def _cpu_ticks(pid: int) -> int:
    return sum(map(int, _stat(_PROC / str(pid))[_TIMES]))


def _stat(process: Path) -> list[str]:
    """Return the fields behind the name, none if the process has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _sizes(file: Path) -> dict[str, int]:
    """Return the lines `Name: <n> kB` of a file in bytes, none if the process has ended."""
    try:
        lines = file.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    parts = [line.split() for line in lines if line.endswith(" kB")]
    return {name.rstrip(":"): int(number) * 1024 for name, number, _ in parts}
