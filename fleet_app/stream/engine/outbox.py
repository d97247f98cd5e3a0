"""What a task's agents have sent since the last commit."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from fleet_app.stream.declarations import REKEYED, Cleanup, Record, RekeyedTwiceError, Topic
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.ports import Log, Outgoing

_RECORD_BYTES: Final = 100
"""What a waiting record takes beside its key and value, roughly."""
_UNKNOWN: Final[Any] = object()
"""Stands in the journal for a key that nothing waited for."""
_encode = msgspec.json.Encoder().encode

Latest = dict[str, dict[str, msgspec.Struct | None]]


class Parcel(msgspec.Struct, frozen=True):
    """What one commit sends: records by log, and for compacted topics the newest value by topic and key."""

    appended: dict[Log, list[Outgoing]]
    latest: Latest


class Outbox:
    """Outputs in waiting.

    Args:
        journal: Where each change is noted.
        partition_of: The partition of a raw key, in every topic.
    """

    def __init__(self, journal: Journal, partition_of: Callable[[bytes], int]) -> None:
        self._journal = journal
        self._partition_of = partition_of
        self._appended: dict[Log, list[Outgoing]] = defaultdict(list)
        self._latest: Latest = defaultdict(dict)
        self._bytes = 0

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        """Append a record. Of a compacted topic, it takes the place of the key's record that still waits."""
        if topic.cleanup is Cleanup.COMPACT:
            latest = self._latest[topic.name]
            self._journal.append((self, (topic.name, key), latest.get(key, _UNKNOWN)))
            latest[key] = value
        else:
            raw_key = key.encode()
            log = Log(topic.name, self._partition_of(raw_key))
            self._append(log, Outgoing(raw_key, None if value is None else _encode(value)))

    def rekey(self, topic: Topic, record: Record, key: str, partition: int) -> None:
        """Send a record of the partition on to where `key` belongs.

        Raises:
            RekeyedTwiceError: It has come that way already.
        """
        if any(name == REKEYED for name, _ in record.headers):
            raise RekeyedTwiceError(key, partition)
        raw_key = key.encode()
        headers = (*record.headers, (REKEYED, str(partition).encode()))
        self._append(Log(topic.name, self._partition_of(raw_key)), Outgoing(raw_key, record.value, headers))

    def _append(self, log: Log, outgoing: Outgoing) -> None:
        self._journal.append((self, log, None))
        self._appended[log].append(outgoing)
        self._bytes += _size(outgoing)

    def undo(self, key: Any, old: Any) -> None:  # noqa: ANN401 - what the two kinds of change have noted
        """Take back the newest change."""
        if isinstance(key, Log):
            self._bytes -= _size(self._appended[key].pop())
            return
        topic, text = key
        if old is _UNKNOWN:
            del self._latest[topic][text]
        else:
            self._latest[topic][text] = old

    def waiting_bytes(self) -> int:
        """Return roughly how much waits; what will be encoded with the commit counts as five small fields."""
        return self._bytes + 2 * _RECORD_BYTES * sum(map(len, self._latest.values()))

    def cut(self) -> Parcel:
        """Hand over what waits, and begin anew."""
        parcel = Parcel({log: records for log, records in self._appended.items() if records}, dict(self._latest))
        self.clear()
        return parcel

    def clear(self) -> None:
        """Drop what waits."""
        self._appended, self._latest, self._bytes = defaultdict(list), defaultdict(dict), 0

    def encode_latest(self, latest: Latest) -> Iterator[tuple[Log, Outgoing]]:
        """Yield the records of compacted topics, encoded while they are asked for."""
        for topic, values in latest.items():
            for key, value in values.items():
                raw_key = key.encode()
                encoded = None if value is None else _encode(value)
                yield Log(topic, self._partition_of(raw_key)), Outgoing(raw_key, encoded)


def _size(outgoing: Outgoing) -> int:
    return _RECORD_BYTES + len(outgoing.key) + len(outgoing.value or b"")
