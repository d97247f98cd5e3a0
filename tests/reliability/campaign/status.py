"""How the campaign learns who owns what: each worker tells, ten times a second, in a file that is replaced whole."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from fleet_app.stream.reads import Membership, Phase, TaskReport

_EVERY_S: Final = 0.1


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells: its process, when it wrote this (ms since 1970), and what it does."""

    pid: int
    written_ms: int
    phase: Phase
    owned: list[int]
    tasks: list[TaskReport]


class StatusFile:
    """Writes a worker's status for as long as it runs."""

    def __init__(self, membership: Membership, path: Path) -> None:
        self._membership = membership
        self._path = path
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._writing = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write no more."""
        if self._writing is not None:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing

    async def _write_on(self) -> None:
        part = self._path.with_suffix(".part")
        while True:
            part.write_bytes(msgspec.json.encode(self._status()))
            part.replace(self._path)
            await asyncio.sleep(_EVERY_S)

    def _status(self) -> Status:
        membership = self._membership
        return Status(
            pid=os.getpid(),
            written_ms=time.time_ns() // 1_000_000,
            phase=membership.phase(),
            owned=sorted(membership.owned()),
            tasks=membership.tasks(),
        )


def read_status(path: Path) -> Status | None:
    """Return what a worker told last, or None before the first time."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Status)
    except FileNotFoundError:
        return None
