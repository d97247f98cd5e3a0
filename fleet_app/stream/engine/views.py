"""The global views of a worker: their topics read whole before any task runs, and followed from then on."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fleet_app.stream.declarations import Agent, GlobalView, S
from fleet_app.stream.engine.ports import Changelogs, Clock, Log
from fleet_app.stream.engine.view_copy import ViewCopy
from fleet_app.stream.reads import ViewReport

logger = logging.getLogger(__name__)

ViewPositions = Mapping[str, Sequence[int]]
"""How far views are read: the next offset of each partition, in order, by topic."""


class Snapshots(msgspec.Struct, frozen=True):
    """All views at one moment. Never changed: a newer moment is another one.

    Attributes:
        by_topic: The snapshot of each view.
        positions: How far each was read for it.
    """

    by_topic: Mapping[str, Any]
    positions: ViewPositions


def views_of(agents: Iterable[Agent], further: Iterable[GlobalView[Any, Any]] = ()) -> tuple[GlobalView[Any, Any], ...]:
    """Return every view that agents look at, and further ones, each once."""
    looked_at = (view for agent in agents for view in agent.looks_at)
    return tuple({view.topic.name: view for view in (*looked_at, *further)}.values())


class GlobalViews:
    """The worker's copies.

    Args:
        views: The views, of a topic each.
        partitions: Partitions of every topic.
        reader: Reads the topics; nobody else uses it.
        clock: Time.

    Attributes:
        newest: The views as they are known now; at first empty, and then never less than whole.
    """

    def __init__(
        self, views: Sequence[GlobalView[Any, Any]], *, partitions: int, reader: Changelogs, clock: Clock
    ) -> None:
        self.newest = Snapshots(
            {view.topic.name: view.empty for view in views}, {view.topic.name: [0] * partitions for view in views}
        )
        self._views = views
        self._partitions = partitions
        self._reader = reader
        self._clock = clock
        self._copies: dict[str, ViewCopy] = {}
        self._shown = asyncio.Event()
        self._whole: set[str] = set()

    # --- reading

    async def load(self) -> None:
        """Read every view whole, up to where its topic ends now."""
        if not self._views:
            return
        await self._begin(self._views)
        while not all(copy.is_whole() for copy in self._copies.values()):
            await self._read_on()

    async def follow(self) -> None:
        """Read on for ever, once loaded."""
        while self._views:
            await self._read_on()

    async def _begin(self, views: Iterable[GlobalView[Any, Any]]) -> None:
        """Read views from the start of their topics; what is shown of them stays until they are whole again."""
        logs = {view.topic.name: self._logs(view.topic.name) for view in views}
        bounds = await self._reader.bounds([log for named in logs.values() for log in named])
        for view in views:
            copy = ViewCopy(view, {log: bounds[log] for log in logs[view.topic.name]}, self._clock)
            self._copies[view.topic.name] = copy
            self._show(copy)
        self._reader.follow({log: at for copy in self._copies.values() for log, at in copy.positions.items()})

    def _logs(self, topic: str) -> list[Log]:
        return [Log(topic, partition) for partition in range(self._partitions)]

    async def _read_on(self) -> None:
        """Apply what one fetch brings, giving way between steps."""
        for fetched in await self._reader.fetch():
            copy = self._copies[fetched.log.topic]
            reason = copy.why_not_to_follow_on(fetched)
            if reason is not None:
                # What else was fetched comes again: of other topics from where they stand.
                await self._begin_anew(copy, reason)
                return
            for _ in copy.take(fetched):
                self._show(copy)
                await asyncio.sleep(0)
        for copy in list(self._copies.values()):
            reason = self._hear_of(copy)
            if reason is not None:
                await self._begin_anew(copy, reason)

    def _hear_of(self, copy: ViewCopy) -> str | None:
        told = ((log, self._reader.end(log)) for log in copy.positions)
        reasons = (copy.hear(log, end) for log, end in told if end is not None)
        return next((reason for reason in reasons if reason is not None), None)

    async def _begin_anew(self, copy: ViewCopy, reason: str) -> None:
        logger.warning(
            "%s: %s; it is read again from its start, until then the old copy counts", copy.view.topic.name, reason
        )
        await self._begin([copy.view])

    def _show(self, copy: ViewCopy) -> None:
        """Let everyone see how far a copy is, unless it is still behind what was shown before."""
        if not copy.is_whole():
            return
        positions = [copy.positions[log] for log in self._logs(copy.view.topic.name)]
        self.newest = Snapshots(
            {**self.newest.by_topic, copy.view.topic.name: copy.snapshot},
            {**self.newest.positions, copy.view.topic.name: positions},
        )
        self._whole.add(copy.view.topic.name)
        shown, self._shown = self._shown, asyncio.Event()
        shown.set()

    # --- what others may ask

    async def reach(self, positions: ViewPositions) -> None:
        """Return once the views are not older than `positions`; a topic that ends before these is another one now."""
        goals = {
            Log(topic, partition): offset
            for topic, offsets in positions.items()
            if topic in self.newest.positions
            for partition, offset in enumerate(offsets)
        }
        while behind := self._behind(goals):
            shown = self._shown
            bounds = await self._reader.bounds(behind)
            for log in behind:
                if bounds[log].end < goals[log]:
                    logger.warning(
                        "%s partition %d ends at offset %d, and was read up to %d before: it has been made anew",
                        log.topic, log.partition, bounds[log].end, goals[log],
                    )  # fmt: skip
                    goals[log] = bounds[log].end
            if self._behind(goals):
                await shown.wait()

    def _behind(self, goals: Mapping[Log, int]) -> list[Log]:
        return [log for log, goal in goals.items() if self.newest.positions[log.topic][log.partition] < goal]

    def is_whole(self, view: GlobalView[Any, Any]) -> bool:
        """Return whether a view has been read up to where its topic ended once."""
        return view.topic.name in self._whole

    def now(self, view: GlobalView[Any, S]) -> S:
        """Return the newest snapshot.

        Raises:
            LookupError: No agent looks at it.
        """
        if view.topic.name not in self.newest.by_topic:
            raise LookupError(f"topic {view.topic.name} is read by no worker; name its view in `looks_at` of an agent")
        snapshot: S = self.newest.by_topic[view.topic.name]
        return snapshot

    def reports(self) -> list[ViewReport]:
        """Return how far each view is read; nothing before Kafka has told where they end."""
        return [copy.report() for copy in self._copies.values()]
