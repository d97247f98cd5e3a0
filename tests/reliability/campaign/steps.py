"""What an agent did, step by step, as it wrote it down: a row for every record and timer, and what views it had then.

The rows stand in the changelog of a table of their own. Each commit closes them with its marker there, in the one
order in which they happened, so whoever reads that changelog knows what was done between which two commits, under which
views, and which timers went off before which record: what nobody could tell from sources and outputs.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final
from zlib import crc32

import msgspec

from fleet_app.stream.declarations import (
    Agent,
    AgentTask,
    Due,
    GlobalView,
    Handler,
    OnDue,
    Record,
    Rows,
    S,
    Seen,
    Send,
    State,
    Table,
    Timers,
    V,
)
from fleet_app.stream.keys import TEXT, K, RowKey


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A record that was handled, or a timer that went off.

    Attributes:
        timer: The timer's key; None of a record.
        number: The record's offset; of a timer, the task time at which it went off, ms.
        views: A checksum of each view that was in force.
    """

    timer: str | None
    number: int
    views: tuple[int, ...]


STEPS: Final[Table[str, Step]] = Table(
    name="steps",
    key="what happened",
    keys=TEXT,
    value=Step,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Step).decode},
    written_by="track_positions",
    cached_entries=100,
)


def writing_its_steps_down(agent: Agent) -> Agent:
    """Return an agent that does the same, and keeps `STEPS`."""
    return msgspec.structs.replace(
        agent, owns=(*agent.owns, STEPS), bind=lambda task: _Writing(task, agent.looks_at).bind(agent)
    )


def checksum(values: Iterable[bytes]) -> int:
    """Return a checksum of what a view's topic holds: each key's newest value, in the order of the keys."""
    return crc32(b"\n".join(values))


class _Writing:
    """An agent's task that writes down when its timers go off and records come."""

    def __init__(self, task: AgentTask, views: Iterable[GlobalView[Any, Any]]) -> None:
        self._task = task
        self._steps = task.table(STEPS)
        self._views = [_Watched(task.view(view)) for view in views]

    def bind(self, agent: Agent) -> Handler:
        handle = agent.bind(self)

        def handle_and_write_down(record: Record) -> None:
            self._write_down(f"record {record.offset}", None, record.offset)
            handle(record)

        return handle_and_write_down

    def _write_down(self, key: str, timer: str | None, number: int) -> None:
        self._steps[key] = Step(timer, number, tuple(view.checksum() for view in self._views))

    @property
    def partition(self) -> int:
        return self._task.partition

    @property
    def send(self) -> Send:
        return self._task.send

    def table(self, table: Table[K, V]) -> State[K, V]:
        return self._task.table(table)

    def rows(self, table: Table[RowKey, V]) -> Rows[V]:
        return self._task.rows(table)

    def timers(self, table: Table[str, Due], on_due: OnDue) -> Timers:
        def write_down_and_go_off(key: str, now_ms: int) -> None:
            self._write_down(f"timer {now_ms} {key}", key, now_ms)
            on_due(key, now_ms)

        return self._task.timers(table, write_down_and_go_off)

    def view(self, view: GlobalView[Any, S]) -> Seen[S]:
        return self._task.view(view)

    def is_home(self, key: str) -> bool:
        return self._task.is_home(key)

    def rekey(self, record: Record, key: str) -> None:
        self._task.rekey(record, key)


class _Watched:
    """The checksum of a view, worked out when it changes."""

    def __init__(self, view: Seen[Iterable[msgspec.Struct]]) -> None:
        self._view = view
        self._snapshot: object = None
        self._checksum = 0

    def checksum(self) -> int:
        snapshot = self._view.now
        if snapshot is not self._snapshot:
            self._snapshot, self._checksum = snapshot, checksum(map(_encode, snapshot))
        return self._checksum


_encode: Final[Callable[[msgspec.Struct], bytes]] = msgspec.json.Encoder().encode
