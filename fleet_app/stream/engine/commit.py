"""How a task's progress becomes durable: changelogs, outputs and offsets together, or not at all."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, Final

from fleet_app.stream.declarations import Table
from fleet_app.stream.engine.fail_points import FailPoints, Step
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.marker import MARKER_KEY, Marker, encode_marker
from fleet_app.stream.engine.ports import Appended, Log, Meta, Outgoing, Producer, StoreMark, TableChanges
from fleet_app.stream.engine.task import Cut, Task
from fleet_app.stream.keys import LOWEST, ROWS

_ENCODED_AT_ONCE: Final = 2_000
"""Values encoded before other work has its turn."""


class Committer:
    """Commits tasks.

    Args:
        layout: The topics.
        fail_points: Told of every step.
    """

    def __init__(self, layout: Layout, fail_points: FailPoints) -> None:
        self._layout = layout
        self._points = fail_points

    async def commit(self, task: Task, producer: Producer, now_ms: int) -> None:
        """Make everything that a task has handled durable. The caller holds the task's lock; processing goes on.

        1. *cut*: note the positions, swap what is dirty and what waits in the outbox for empty ones, and encode each
           dirty value once.
        2. *begin* the transaction.
        3. *changelog*: those values into the tables' changelogs, each closed by a marker.
        4. *outputs*: the outbox, by topic and partition.
        5. *offsets*: the positions of all sources, into the same transaction.
        6. *commit* the transaction. From here the effects exist, all of them, once.
        7. *store*: values, changelog offsets and positions in one write.

        If any step fails, the task must not be committed again: what was cut is neither in Kafka nor in the store.
        A restore finds out which.

        Args:
            task: What is committed.
            producer: The task's own, fenced.
            now_ms: Wall clock, noted in the store.
        """
        reach = self._points.reach
        # 1 cut
        cut = task.cut()
        views = {topic: list(positions) for topic, positions in cut.views.items()}
        marker = encode_marker(
            Marker(cut.positions, cut.time_ms, sorted(cut.tables), dict(self._layout.source_origins), views)
        )
        encoded = {name: await _encode(task.states[name].table, changed) for name, (changed, _) in cut.tables.items()}
        reach(Step.CUT)
        # 2 begin
        await producer.begin()
        reach(Step.BEGIN)
        # 3 changelog
        acks: dict[str, Awaitable[int]] = {}
        for name, log in self._layout.logs(task.partition).items():
            acks[name] = await producer.append(log, _closed(encoded[name], marker))
        reach(Step.CHANGELOG)
        # 4 outputs
        output_acks = [await producer.append(log, records) for log, records in (await _outputs(task, cut)).items()]
        next_offsets = {name: await ack for name, ack in acks.items()}
        for ack in output_acks:
            await ack
        reach(Step.OUTPUTS)
        # 5 offsets
        await producer.send_positions({Log(topic, task.partition): cut.positions[topic] for topic in cut.positions})
        reach(Step.OFFSETS)
        # 6 commit
        await self._commit_transaction(producer)
        reach(Step.COMMIT)
        # 7 store
        origins = self._layout.changelog_origins
        marks = {name: StoreMark(origins[name], next_offset, marker) for name, next_offset in next_offsets.items()}
        task.store.write(_store_changes(cut, encoded), Meta(marks, now_ms))
        for name, changes in encoded.items():
            size_bytes = sum(len(value) for _, value, _ in changes if value is not None)
            task.states[name].landed(next_offsets[name], marker, size_bytes)
        task.landed()
        reach(Step.STORE)

    async def _commit_transaction(self, producer: Producer) -> None:
        if not self._points.watches(Step.COMMIT_SENT):
            await producer.commit()
            return
        sent = asyncio.ensure_future(producer.commit())
        await asyncio.sleep(0.002)
        self._points.reach(Step.COMMIT_SENT)
        await sent


async def _encode(table: Table[Any, Any], changed: list[tuple[Any, Any]]) -> list[Appended]:
    """Return the changelog's records: values as they are stored, and tombstones."""
    encode_key, encode = table.keys.encode, table.encode
    records: list[Appended] = []
    for start in range(0, len(changed), _ENCODED_AT_ONCE):
        records += [
            (encode_key(key), None if value is None else encode(value), ())
            for key, value in changed[start : start + _ENCODED_AT_ONCE]
        ]
        await asyncio.sleep(0)
    return records


def _closed(records: list[Appended], marker: bytes) -> Iterator[Appended]:
    yield from records
    yield MARKER_KEY, marker, ()


async def _outputs(task: Task, cut: Cut) -> dict[Log, list[Outgoing]]:
    """Return everything that is sent, by where it goes."""
    outputs = defaultdict(list, cut.parcel.appended)
    for count, (log, outgoing) in enumerate(task.outbox.encode_latest(cut.parcel.latest), 1):
        outputs[log].append(outgoing)
        if count % _ENCODED_AT_ONCE == 0:
            await asyncio.sleep(0)
    return outputs


def _store_changes(cut: Cut, encoded: Mapping[str, list[Appended]]) -> dict[str, TableChanges]:
    return {
        name: TableChanges(
            values=((key, value) for key, value, _ in encoded[name]),
            ranges=[(ROWS.before(text, LOWEST), ROWS.before(text, before)) for text, before in ranges],
        )
        for name, (_, ranges) in cut.tables.items()
    }
