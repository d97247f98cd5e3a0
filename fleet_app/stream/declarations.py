"""What an application is made of: topics, tables and agents, declared as data.

Declarations open nothing and know no engine. `stream.faust_app` turns them into a running Faust app; tests
run an agent's handler with a dict for each table and a list for what it sends.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar, cast

import msgspec

from fleet_app.stream.keys import TEXT, K, Keys, RowKey, RowKeys

V = TypeVar("V", bound=msgspec.Struct)
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
K_contra = TypeVar("K_contra", contravariant=True)


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
        cleanup: Kafka's `cleanup.policy`. Of a compacted topic a commit sends each key's newest value only.
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


class GlobalView(msgspec.Struct, Generic[V, S], frozen=True, kw_only=True):
    """A compacted topic that every worker reads whole, and what its agents look things up in.

    Snapshots are never changed in place: a task goes on with the one it has while a newer one is made.

    Attributes:
        topic: The topic; its keys are text.
        empty: The snapshot before the first record.
        changed: Returns the snapshot after changes, by key; None deletes. Called with few keys at a time, since it
            holds up everything else meanwhile.
    """

    topic: Topic
    empty: S
    changed: Callable[[S, Mapping[str, V | None]], S]


class Table(msgspec.Struct, Generic[K, V], frozen=True, kw_only=True):
    """A changelog-backed table: one value per key, partitioned like the topic that feeds it.

    A stored value is one byte of version followed by the Struct as a MessagePack array. Values are never changed in
    place: a put hands a value over for good, and it is encoded when it is committed.

    Attributes:
        name: A plural noun; the changelog's name contains it.
        key: What the key is, in words.
        keys: How keys are stored: `TEXT` for one value per text, `ROWS` for many rows per text.
        value: The Struct of a value.
        version: The version written today.
        decoders: One decoder for every version ever released, today's included.
        written_by: The one agent that writes it.
        retention_s: Of rows numbered by time in ms: how far a text's rows reach back from its newest. None keeps all.
        cached_entries: How many values a task keeps decoded in memory beside those not yet committed.
    """

    name: str
    key: str
    keys: Keys[K]
    value: type[V]
    version: int
    decoders: Mapping[int, Callable[[bytes], V]]
    written_by: str
    retention_s: int | None = None
    cached_entries: int = 200_000

    def __post_init__(self) -> None:
        if self.retention_s is not None and not isinstance(cast(object, self.keys), RowKeys):
            raise ValueError(f"table {self.name}: only rows expire; declare it with keys=ROWS, or without retention_s")

    def encode(self, value: V) -> bytes:
        """Return the stored form of `value`."""
        return _VERSION_BYTES[self.version] + _encode_msgpack(value)

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
_VERSION_BYTES: Final = tuple(bytes((version,)) for version in range(256))


class UnknownVersionError(Exception):
    """A stored value carries a version that this release has no decoder for."""

    def __init__(self, table: str, found: int, newest_known: int) -> None:
        super().__init__(
            f"table {table}: a value has version {found}, this release knows up to {newest_known}; "
            "run the release that wrote it, or a newer one"
        )


class Due(msgspec.Struct, frozen=True, array_like=True):
    """A value of a table of timers: when the key's timer is due, ms since 1970, in task time."""

    due_ms: int


def timers_table(name: str, *, key: str, written_by: str) -> Table[str, Due]:
    """Return the declaration of a table that keeps an agent's timers, one per key at most."""
    return Table(
        name=name,
        key=key,
        keys=TEXT,
        value=Due,
        version=1,
        decoders={1: msgspec.msgpack.Decoder(Due).decode},
        written_by=written_by,
    )


class Record(Protocol):
    """One record of a source topic, as Kafka holds it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Its Kafka timestamp, ms since 1970: the receive time, on a topic that the broker's clock stamps."""

    @property
    def key(self) -> bytes | None:
        """Its raw key."""

    @property
    def value(self) -> bytes | None:
        """Its raw value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its headers, in order."""


class PlainRecord(msgspec.Struct, frozen=True, gc=False):
    """A record made by hand."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


REKEYED: Final = "fleet-rekeyed"
"""Header of a record that was sent on to the partition where its key belongs."""


class State(Protocol, Generic[K_contra, V]):
    """A table as its agent sees it, in one task. A dict will do in a test.

    What a handler has put, deleted and sent counts when it returns; if it raises, all of it is undone.
    """

    def get(self, key: K_contra, /) -> V | None:
        """Return the key's value, or None."""

    def __setitem__(self, key: K_contra, value: V, /) -> None:
        """Put a value; it must not be changed any more."""

    def __delitem__(self, key: K_contra, /) -> None:
        """Delete the key: a tombstone in the changelog, and gone from the store, in the same commit."""


class Rows(State[RowKey, V], Protocol):
    """A table of rows as its agent sees it, in one task."""

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, V]]:
        """Return the rows of `text` numbered in [start, stop), in order."""

    def expire(self, text: str, before: int) -> None:
        """Forget the rows of `text` numbered below `before`, here; the changelog forgets them by their age."""


class Timers(Protocol):
    """The timers of an agent in one task: one per key at most, in task time, kept through any restart."""

    def arm(self, key: str, due_ms: int) -> None:
        """Make sure that the key's timer goes off at `due_ms` or before; one that is due earlier stays.

        Cheap when there is one already. A timer that goes off is gone; arm it again if it came too early.
        """

    def disarm(self, key: str) -> None:
        """Let the key's timer not go off, if there is one."""


OnDue = Callable[[str, int], None]
"""What is done when a timer goes off: called with its key and the task time, ms since 1970."""


class Send(Protocol):
    """Appends one record to an output topic; `None` as value is a tombstone."""

    def __call__(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        """Append the record; it leaves with the state change that caused it."""


class Seen(Protocol, Generic[S_co]):
    """A global view as a task sees it.

    It changes between two records only, and never goes back, whoever runs the task: the first record or timer after a
    commit takes the newest snapshot, and every marker in the changelogs tells which one was in force up to it.
    """

    @property
    def now(self) -> S_co:
        """The snapshot in force."""


class AgentTask(Protocol):
    """What an agent may touch in one task: its tables, its timers, its outputs."""

    @property
    def partition(self) -> int:
        """The task's partition of every topic and table."""

    def table(self, table: Table[K, V]) -> State[K, V]:
        """Return the state of a table that the agent owns."""

    def rows(self, table: Table[RowKey, V]) -> Rows[V]:
        """Return the state of a table of rows that the agent owns."""

    def timers(self, table: Table[str, Due], on_due: OnDue) -> Timers:
        """Return the agent's timers, kept in a table that it owns; `on_due` is called for each that goes off."""

    def view(self, view: GlobalView[Any, S]) -> Seen[S]:
        """Return a global view that the agent looks at."""

    @property
    def send(self) -> Send:
        """Where the agent's outputs go."""

    def is_home(self, key: str) -> bool:
        """Return whether `key` belongs to this task's partition."""

    def rekey(self, record: Record, key: str) -> None:
        """Send a record of the source topic on to the partition where `key` belongs, marked with `REKEYED`.

        Raises:
            RekeyedTwiceError: It has come that way already.
        """


class Undecodable(Exception):  # noqa: N818 - names what the record is, as StopIteration names what happened
    """Raised by a handler that cannot read its record: it becomes a dead letter, without a traceback in the log."""


class RekeyedTwiceError(Undecodable):
    """A record was sent on to where its key belongs, and yet it is elsewhere."""

    def __init__(self, key: str, partition: int) -> None:
        super().__init__(
            f"the record was sent on to the partition of {key!r} before, and came out at partition {partition}"
        )


class FailedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that its handler raised on. `detail` is a sentence; of a bug, with the traceback's last line."""

    topic: str
    partition: int
    record: Record
    error: Exception
    detail: str


Handler = Callable[[Record], None]


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Where records go that their handler raises on. `write` makes the dead letter's key and value."""

    topic: Topic
    write: Callable[[FailedRecord], tuple[str, msgspec.Struct]]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent: which topic it reads, which tables it alone writes, where it sends, and what it does per record.

    Attributes:
        name: `verb_object`.
        reads: The source topic; no other agent reads it.
        owns: The tables that only this agent writes, those of its timers included.
        sends: Every topic it may send to, beside that of its dead letters.
        looks_at: The global views that it looks things up in.
        dead_letters: What becomes of records it raises on.
        bind: Returns the function that handles one record, bound to one task's tables and outputs.
    """

    name: str
    reads: Topic
    owns: tuple[Table[Any, Any], ...]
    sends: tuple[Topic, ...]
    dead_letters: DeadLetters
    bind: Callable[[AgentTask], Handler]
    looks_at: tuple[GlobalView[Any, Any], ...] = ()
