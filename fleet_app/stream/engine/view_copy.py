"""A worker's copy of one global view: what the records of its topic come to, applied a few at a time."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from fleet_app.metrics import VIEW_RECORDS_REFUSED
from fleet_app.stream.declarations import GlobalView, Record
from fleet_app.stream.engine.ports import Bounds, Clock, Fetched, Log, LogEnd
from fleet_app.stream.reads import ViewReport

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 32
"""Records applied before other work has its turn, if they are quick to apply."""
_HOLD_S: Final = 0.005
"""What a step may take before the next one is made smaller: half of the 10 ms that nothing may exceed."""
_TRUSTED_MS: Final = 60_000
"""A longer silence of Kafka may hide that the topic was made anew, or that a tombstone came and went."""


class _Change(NamedTuple):
    """What a record says: a key's new value, or None if it is deleted."""

    offset: int
    key: str
    value: Any


class _Refusal(NamedTuple):
    """A record that is passed over, and why."""

    offset: int
    error: Exception


class ViewCopy:
    """One view as it is read, from the start of its topic on.

    Args:
        view: The view.
        bounds: Where each partition of its topic starts and ends now.
        clock: Time.

    Attributes:
        view: The view.
        snapshot: What the records before `positions` come to; both change in the same step.
        positions: The next offset of each partition.
    """

    def __init__(self, view: GlobalView[Any, Any], bounds: Mapping[Log, Bounds], clock: Clock) -> None:
        self.view = view
        self.snapshot = view.empty
        self.positions = {log: start for log, (start, _) in bounds.items()}
        now_s, now_ms = clock.monotonic_s(), clock.wall_ms()
        self._goals = {log: end for log, (_, end) in bounds.items()}
        self._ends = {log: LogEnd(end, now_s) for log, end in self._goals.items()}
        self._heard_ms = dict.fromkeys(bounds, now_ms)
        self._clock = clock
        self._decode = msgspec.json.Decoder(view.topic.value).decode
        self._keys: set[str] = set()
        self._refused = 0
        self._at_once = MOST_AT_ONCE

    def is_whole(self) -> bool:
        """Return whether everything that the topic held at first has been applied."""
        return all(self.positions[log] >= goal for log, goal in self._goals.items())

    def why_not_to_follow_on(self, fetched: Fetched) -> str | None:
        """Return why what was fetched cannot be applied, or None if it can."""
        position = self.positions[fetched.log]
        if fetched.start == position:
            return None
        return f"partition {fetched.log.partition} was read up to offset {position}, and {fetched.start} came next"

    def hear(self, log: Log, end: LogEnd) -> str | None:
        """Take note of where a partition ends, as Kafka last told; return why the copy is worth nothing, if it is."""
        if end == self._ends[log]:
            return None
        now_ms, heard_ms, position = self._clock.wall_ms(), self._heard_ms[log], self.positions[log]
        self._ends[log], self._heard_ms[log] = end, now_ms
        if end.offset < position:
            return f"partition {log.partition} was read up to offset {position}, and ends at {end.offset}"
        if now_ms - heard_ms > _TRUSTED_MS:
            return f"nothing was heard of partition {log.partition} for {(now_ms - heard_ms) // 1000} s"
        return None

    def take(self, fetched: Fetched) -> Iterator[None]:
        """Apply what was fetched; yields after each step, for other work to have its turn."""
        records = (record for batch in fetched.batches for record in batch if record.offset >= fetched.start)
        while step := list(islice(records, self._at_once)):
            began_s = self._clock.monotonic_s()
            self._apply(fetched.log, step)
            self.positions[fetched.log] = step[-1].offset + 1
            self._pace(self._clock.monotonic_s() - began_s)
            yield
        self.positions[fetched.log] = fetched.end
        yield

    def _pace(self, took_s: float) -> None:
        """Make the next step smaller after a long one, and larger after a short one."""
        if took_s > _HOLD_S:
            self._at_once = max(1, self._at_once // 2)
        elif took_s < _HOLD_S / 4:
            self._at_once = min(MOST_AT_ONCE, self._at_once * 2)

    def _apply(self, log: Log, step: Sequence[Record]) -> None:
        changes: list[_Change] = []
        refusals: list[_Refusal] = []
        for record in step:
            try:
                changes.append(self._read(record))
            except (ValueError, msgspec.MsgspecError, RecursionError) as error:
                refusals.append(_Refusal(record.offset, error))
        self._change(changes, refusals)
        if refusals:
            self._tell(log, refusals)

    def _read(self, record: Record) -> _Change:
        if record.key is None:
            raise ValueError("the record has no key")
        value = None if record.value is None else self._decode(record.value)
        return _Change(record.offset, record.key.decode(), value)

    def _change(self, changes: Sequence[_Change], refusals: list[_Refusal]) -> None:
        """Apply changes, of each key the newest; if that fails, one by one, to find out which of them is to blame."""
        if not changes:
            return
        try:
            self.snapshot = self.view.changed(self.snapshot, {change.key: change.value for change in changes})
        except Exception as error:  # noqa: BLE001 - one bad record must not stop the worker: it is told and counted
            if len(changes) == 1:
                refusals.append(_Refusal(changes[0].offset, error))
                return
            for change in changes:
                self._change([change], refusals)
            return
        for change in changes:
            count = self._keys.discard if change.value is None else self._keys.add
            count(change.key)

    def _tell(self, log: Log, refusals: Sequence[_Refusal]) -> None:
        self._refused += len(refusals)
        VIEW_RECORDS_REFUSED.labels(log.topic).inc(len(refusals))
        first = min(refusals)
        logger.error(
            "%s partition %d: %d records from offset %d on cannot be read and are passed over, the values before them "
            "stay; the first: %s: %s",
            log.topic, log.partition, len(refusals), first.offset, type(first.error).__name__, first.error,
        )  # fmt: skip

    def report(self) -> ViewReport:
        """Return how far it is."""
        lags = (max(0, end.offset - self.positions[log]) for log, end in self._ends.items())
        oldest_s = min(end.told_at_s for end in self._ends.values())
        return ViewReport(
            topic=self.view.topic.name,
            keys=len(self._keys),
            lag=sum(lags),
            told_age_s=max(0.0, self._clock.monotonic_s() - oldest_s),
            refused=self._refused,
        )
