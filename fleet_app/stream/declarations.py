"""What an application is made of: topics, tables and agents, declared as data.

Declarations open nothing and know no engine. `stream.faust_app` turns them into a running Faust app; tests
run an agent's handler with a dict for each table and a list for what it sends.
"""

from collections.abc import Callable, Mapping, MutableMapping
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import msgspec

V = TypeVar("V", bound=msgspec.Struct)


class Cleanup(StrEnum):
    """How Kafka forgets: by age, by key, or both (`cleanup.policy`)."""

    DELETE = "delete"
    COMPACT = "compact"
    COMPACT_AND_DELETE = "compact,delete"


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A Kafka topic of the application.

    Attributes:
        name: The topic's name in Kafka.
        key: What the raw UTF-8 key of a record says, in words.
        value: The Struct that a value decodes to (JSON).
        cleanup: Kafka's `cleanup.policy`.
        retention_s: Age after which a record may go; None keeps it until compaction.
        log_append_time: Whether the broker's clock stamps the records. True for inputs: it is the receive time.
        max_message_bytes: The largest record batch the topic takes.
        written_by: Who writes it, in words.
        read_by: Who reads it, in words.
    """

    name: str
    key: str
    value: type[msgspec.Struct]
    cleanup: Cleanup
    retention_s: int | None
    written_by: str
    read_by: str
    log_append_time: bool = False
    max_message_bytes: int = 1_048_588


class Table(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """A changelog-backed table: one value per key, partitioned like the topic that feeds it.

    A stored value is one byte of version followed by the Struct as a MessagePack array.

    Attributes:
        name: A plural noun; the changelog's name contains it.
        key: What the key is, in words.
        value: The Struct of a value.
        version: The version written today.
        decoders: One decoder for every version ever released, today's included.
        written_by: The one agent that writes it.
    """

    name: str
    key: str
    value: type[V]
    version: int
    decoders: Mapping[int, Callable[[bytes], V]]
    written_by: str

    def encode(self, value: V) -> bytes:
        """Return the stored form of `value`."""
        return bytes((self.version,)) + _encode_msgpack(value)

    def decode(self, stored: bytes) -> V:
        """Return the value behind a stored form, whichever version wrote it.

        Raises:
            UnknownVersionError: A newer release wrote it.
        """
        decoder = self.decoders.get(stored[0])
        if decoder is None:
            raise UnknownVersionError(self.name, stored[0], max(self.decoders))
        return decoder(stored[1:])


_encode_msgpack = msgspec.msgpack.Encoder().encode


class UnknownVersionError(Exception):
    """A stored value carries a version that this release has no decoder for."""

    def __init__(self, table: str, found: int, newest_known: int) -> None:
        super().__init__(
            f"table {table}: a value has version {found}, this release knows up to {newest_known}; "
            "run the release that wrote it, or a newer one"
        )


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of a source topic, as Kafka holds it. `received_ms` is its Kafka timestamp."""

    topic: str
    partition: int
    offset: int
    received_ms: int
    key: bytes | None
    value: bytes | None


class Send(Protocol):
    """Appends one record to an output topic; `None` as value is a tombstone."""

    def __call__(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        """Append the record; it leaves with the state change that caused it."""


class Task(Protocol):
    """What an agent may touch: its tables and its outputs."""

    def table(self, table: Table[V]) -> MutableMapping[str, V]:
        """Return the values of `table`, by key."""

    @property
    def send(self) -> Send:
        """Where the agent's outputs go."""


Handler = Callable[[Record], None]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent: which topic it reads, which tables it alone writes, where it sends, and what it does per record.

    Attributes:
        name: `verb_object`.
        reads: The source topic.
        owns: The tables that only this agent writes.
        sends: Every topic it may send to.
        bind: Returns the function that handles one record against a task's tables and outputs.
    """

    name: str
    reads: Topic
    owns: tuple[Table[Any], ...]
    sends: tuple[Topic, ...]
    bind: Callable[[Task], Handler]
