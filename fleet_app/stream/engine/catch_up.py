"""Bringing a task's store up to its changelogs: what a restore does once, and a standby for ever."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from fleet_app.errors import EngineError
from fleet_app.metrics import RESTORED_RECORDS
from fleet_app.stream.declarations import UnknownVersionError
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.engine.ports import Bounds, Changelogs, Clock, Fetched, Log, Meta, StoreMark, TableChanges
from fleet_app.stream.engine.table_state import TableState
from fleet_app.stream.engine.task import Task
from fleet_app.stream.keys import LOWEST, ROWS
from fleet_app.stream.reads import RestoreProgress

TOMBSTONES_KEPT_MS: Final = 7 * 86_400_000
"""A changelog's `delete.retention.ms`: a store that is older may have missed a tombstone, and is rebuilt."""
_TEXTS_REMEMBERED: Final = 100_000
"""A standby reads for ever, and need not know of every text."""
_ALL: Final = 1 << 62


class ChangelogHoleError(EngineError):
    """Records of a changelog between the store's offset and what was fetched are missing."""


class CatchUp:
    """Reads the changelogs of one task into its store.

    Args:
        task: The task; nothing else touches its store meanwhile.
        layout: The topics.
        bounds: Where each changelog starts and ends.
    """

    def __init__(self, task: Task, layout: Layout, bounds: Mapping[Log, Bounds]) -> None:
        self._task = task
        self._origins = layout.changelog_origins
        self._states = {log: task.states[name] for name, log in layout.logs(task.partition).items()}
        self.bounds = {log: bounds[log] for log in self._states}
        for log, state in self._states.items():
            if state.next_offset is None:
                state.next_offset = bounds[log].start
        self._began = self.positions()
        self._newest_row: dict[tuple[str, str], int] = {}

    def positions(self) -> dict[Log, int]:
        """Return the next offset of each changelog that is not in the store."""
        return {log: _known(state) for log, state in self._states.items()}

    def is_done(self) -> bool:
        """Return whether everything up to the ends is in the store."""
        return all(position >= self.bounds[log].end for log, position in self.positions().items())

    def progress(self) -> RestoreProgress:
        """Return how far it is."""
        positions = self.positions()
        return RestoreProgress(
            done=sum(positions[log] - self._began[log] for log in positions),
            total=sum(max(self.bounds[log].end, positions[log]) - self._began[log] for log in positions),
        )

    def take(self, fetched: Fetched, now_ms: int) -> Iterator[None]:
        """Write what was fetched of one of the changelogs; yields wherever other work may have its turn.

        Raises:
            ChangelogHoleError: It does not follow on what is in the store.
            UnknownVersionError: A newer release wrote a value.
        """
        state = self._states[fetched.log]
        if fetched.start != state.next_offset:
            raise ChangelogHoleError(
                f"{fetched.log.topic} partition {fetched.log.partition}: the store has it up to offset "
                f"{state.next_offset}, and {fetched.start} was read next"
            )
        for batch in fetched.batches:
            low = _known(state)
            changes = {record.key: record.value for record in batch if record.offset >= low}
            state.next_offset = max(low, batch.next_offset)
            marker = changes.pop(MARKER_KEY, None)
            state.marker = marker or state.marker
            self._write(state, {key: value for key, value in changes.items() if key is not None}, now_ms)
            yield
        state.next_offset = fetched.end

    def _write(self, state: TableState[Any, Any], changes: dict[bytes, bytes | None], now_ms: int) -> None:
        table = state.table
        for value in changes.values():
            if value is not None and value[0] not in table.decoders:
                raise UnknownVersionError(table.name, value[0], max(table.decoders))
        if table.retention_s is not None:
            changes = self._without_expired(state, changes, table.retention_s * 1000)
        self._task.store.write({table.name: TableChanges(changes.items())}, self.meta(now_ms))
        state.forget(iter(changes))
        RESTORED_RECORDS.inc(len(changes))

    def _without_expired(
        self, state: TableState[Any, Any], changes: dict[bytes, bytes | None], kept: int
    ) -> dict[bytes, bytes | None]:
        """Return changes to rows; those too far behind the newest of their text, as far as it is known, as deletions.

        Deleted, not passed over: an earlier value may be in the store already. Where the newest row of a text is
        deleted, its text was forgotten: what had expired by then, and has no tombstone, goes with it, and what comes
        after that counts anew.
        """
        left: dict[bytes, bytes | None] = {}
        for key, value in changes.items():
            text, number = state.table.keys.decode(key)
            newest = max(number, self._newest_row.get((state.table.name, text), number))
            if value is None and number == newest:
                self._newest_row.pop((state.table.name, text), None)
                left |= dict.fromkeys(self._stored_rows(state, text, number - kept))
            else:
                self._remember(state.table.name, text, newest)
            left[key] = None if number < newest - kept else value
        return left

    def _remember(self, table: str, text: str, newest: int) -> None:
        if len(self._newest_row) > _TEXTS_REMEMBERED:
            self._newest_row.clear()
        self._newest_row[table, text] = newest

    def _stored_rows(self, state: TableState[Any, Any], text: str, before: int) -> list[bytes]:
        """Return the stored keys of the rows of a text that are numbered below `before`."""
        first, last = ROWS.before(text, LOWEST), ROWS.before(text, max(LOWEST, before))
        return [key for key, _ in self._task.store.scan(state.table.name, first, last, _ALL)]

    def settle(self, now_ms: int) -> None:
        """Let the store know that it has caught up."""
        self._task.store.settle(self.meta(now_ms))

    def meta(self, now_ms: int) -> Meta:
        """Return what the store says of itself now."""
        marks = {
            state.table.name: StoreMark(self._origins[state.table.name], _known(state), state.marker)
            for state in self._states.values()
        }
        return Meta(marks, now_ms)


def _known(state: TableState[Any, Any]) -> int:
    assert state.next_offset is not None  # noqa: S101 - set when catching up begins
    return state.next_offset


def catch_ups_of(
    tasks: Sequence[Task], layout: Layout, bounds: Mapping[Log, Bounds], renew_store: Callable[[Task, str], None]
) -> dict[int, CatchUp]:
    """Return the catching up of each task, by partition; a store that does not fit its changelogs is renewed first."""
    for task in tasks:
        reason = why_unusable(task, layout.logs(task.partition), bounds)
        if reason is not None:
            renew_store(task, reason)
    return {task.partition: CatchUp(task, layout, bounds) for task in tasks}


def follow(reader: Changelogs, catch_ups: Mapping[int, CatchUp]) -> None:
    """Let a reader fetch what is not in the stores yet."""
    reader.follow({log: at for each in catch_ups.values() for log, at in each.positions().items()})


async def read_on(reader: Changelogs, catch_ups: Mapping[int, CatchUp], clock: Clock) -> None:
    """Write what one fetch brings, giving way between batches.

    Raises:
        ChangelogHoleError: It does not follow on what is in a store.
        UnknownVersionError: A newer release wrote a value.
    """
    for fetched in await reader.fetch():
        for _ in catch_ups[fetched.log.partition].take(fetched, clock.wall_ms()):
            await asyncio.sleep(0)


def why_unusable(task: Task, logs: Mapping[str, Log], bounds: Mapping[Log, Bounds]) -> str | None:
    """Return why a store does not fit its changelogs, or None if it does. What does not fit is rebuilt."""
    for name, log in logs.items():
        offset, (start, end) = task.states[name].next_offset, bounds[log]
        if offset is not None and offset > end:
            return f"it has {log.topic} up to offset {offset}, the log ends at {end}"
        if offset is not None and offset < start:
            return f"it has {log.topic} up to offset {offset}, the log begins at {start}"
    return None


def why_outdated(meta: Meta, origins: Mapping[str, str], now_ms: int) -> str | None:
    """Return why a store cannot be used whatever the changelogs hold, or None if it can."""
    for name, mark in meta.marks.items():
        if mark.origin != origins.get(name, mark.origin):
            return f"it has {name} of another cluster, or of a changelog that has been deleted and made anew since"
    idle_ms = now_ms - meta.written_ms
    if idle_ms > TOMBSTONES_KEPT_MS:
        idle_h, kept_h = idle_ms // 3_600_000, TOMBSTONES_KEPT_MS // 3_600_000
        return f"it was written {idle_h} h ago, and deletions are kept for {kept_h} h"
    return None
