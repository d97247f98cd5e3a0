"""How far each owned source partition is read, and how much waits in it."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Final, cast

import faust
from aiokafka.errors import KafkaError
from faust.transport.consumer import Consumer
from faust.types import TP

from fleet_app.stream.declarations import Record
from fleet_app.stream.reads import PartitionProgress

logger = logging.getLogger(__name__)

REFRESH_S: Final = 1.0
"""How often the ends of the logs are asked for."""
_ANSWER_WITHIN_S: Final = 5.0


class Progress:
    """Positions as records are handled, ends as the brokers last told."""

    def __init__(self, app: faust.App, sources: Sequence[str]) -> None:
        self._app = app
        self._sources = sources
        self._next_offset: dict[tuple[str, int], int] = {}
        self._ends: dict[TP, int] = {}
        self._silent_since: float | None = None

    def note(self, record: Record) -> None:
        """Remember that a record has been handled."""
        self._next_offset[record.topic, record.partition] = record.offset + 1

    def forget(self) -> None:
        """Start anew: partitions have moved, and those that come back are read from their last commit."""
        self._next_offset.clear()
        self._ends.clear()

    async def refresh(self, owned: Iterable[int]) -> None:
        """Ask the brokers where the logs end. While they do not answer, what is known stays, and the log says so."""
        partitions = self._partitions(owned)
        if not partitions:
            return
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                self._ends.update(await self._app.consumer.highwaters(*partitions))
        except (KafkaError, TimeoutError):
            self._note_silence()
        else:
            self._note_answer()

    def _note_silence(self) -> None:
        if self._silent_since is None:
            self._silent_since = monotonic()
            logger.warning("Kafka does not answer; reads go on with what is known, positions wait until it is back")

    def _note_answer(self) -> None:
        if self._silent_since is not None:
            logger.warning("Kafka answers again, after %.0f s", monotonic() - self._silent_since)
            self._silent_since = None

    def rows(self, owned: Iterable[int]) -> list[PartitionProgress]:
        """Return the progress of each owned source partition."""
        return [
            PartitionProgress(
                topic=topic, partition=partition, position=self._position(topic, partition), end=self._ends.get(tp)
            )
            for tp in self._partitions(owned)
            for topic, partition in [tp]
        ]

    def _partitions(self, owned: Iterable[int]) -> list[TP]:
        return [TP(topic, partition) for topic in self._sources for partition in sorted(owned)]

    def _position(self, topic: str, partition: int) -> int | None:
        handled = self._next_offset.get((topic, partition))
        if handled is not None:
            return handled
        consumer = cast(Consumer, self._app.consumer)
        committed = consumer._committed_offset  # noqa: SLF001 - public calls ask the broker, this one must not wait
        # A partition without a commit is read from its start, and topics of ours start at 0 when they are new.
        return committed[TP(topic, partition)] or 0
