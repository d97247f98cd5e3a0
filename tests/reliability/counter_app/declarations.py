"""Topics and tables of an application that counts: nothing in it but what an engine must not lose or double."""

from typing import Final

import msgspec

from fleet_app.stream.declarations import Cleanup, DeadLetters, FailedRecord, Table, Topic, timers_table
from fleet_app.stream.keys import ROWS, TEXT

QUIET_MS: Final = 700
"""A word that was not seen for so long is closed."""


class Word(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of `counter.words` and `counter.extras`.

    Attributes:
        word: Which word was seen; its record's key too, unless somebody got it wrong.
        letter: Where it is sent on to.
        number: Something to add up.
        forget: Whether to delete the word instead.
        poison: The agent that raises on it, once it has done all there is to do; empty for none.
    """

    word: str
    letter: str = ""
    number: int = 0
    forget: bool = False
    poison: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `counter.letters`: a word sent on. `cause` is partition and offset of its record, as `3-1700`."""

    cause: str
    word: str
    letter: str
    number: int
    seen: int
    checksum: int
    poison: str


class TallyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `counter.tallies`: a letter counted. `cause` is partition and offset of the letter's record."""

    cause: str
    letter: str
    word: str
    seen: int
    checksum: int


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `counter.closings`: a word that went quiet. `revision` is the offset of its newest record."""

    word: str
    revision: int
    seen: int
    checksum: int


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `counter.dead`: a record that its agent raised on."""

    topic: str
    partition: int
    offset: int
    error: str


class Count(msgspec.Struct, frozen=True, array_like=True):
    """A value of `counts`. `last` and `closed` are offsets, of the newest record and of the newest when closed."""

    seen: int
    total: int
    checksum: int
    last: int
    last_ms: int
    closed: int | None = None


class Closed(msgspec.Struct, frozen=True, array_like=True):
    """A row of `closed`, numbered by revision."""

    seen: int
    checksum: int


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """A value of `tallies`."""

    seen: int
    checksum: int


class Sum(msgspec.Struct, frozen=True, array_like=True):
    """A row of `sums`, numbered by tens: how many numbers, and their sum."""

    seen: int
    total: int


def _topic(name: str, key: str, value: type[msgspec.Struct], *, source: bool = False) -> Topic:
    return Topic(
        name=f"counter.{name}",
        key=key,
        value=value,
        cleanup=Cleanup.DELETE,
        retention_s=86_400,
        log_append_time=source,
        written_by="the counter",
        read_by="whoever counts again",
    )


WORDS: Final = _topic("words", "a word", Word, source=True)
EXTRAS: Final = _topic("extras", "a word", Word, source=True)
LETTERS: Final = _topic("letters", "a letter", Letter, source=True)
TALLIES: Final = _topic("tallies", "a word", TallyLine)
CLOSINGS: Final = _topic("closings", "a word", Closing)
DEAD: Final = _topic("dead", "topic and partition", Dead)

COUNTS: Final = Table(
    name="counts",
    key="a word",
    keys=TEXT,
    value=Count,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Count).decode},
    written_by="count_words",
    cached_entries=50,  # fewer than there are words, so that values are read back from the store
)
CLOSED: Final = Table(
    name="closed",
    key="a word and a revision",
    keys=ROWS,
    value=Closed,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Closed).decode},
    written_by="count_words",
)
QUIET: Final = timers_table("quiet", key="a word", written_by="count_words")
TALLIED: Final = Table(
    name="tallied",
    key="a letter",
    keys=TEXT,
    value=Tally,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Tally).decode},
    written_by="count_letters",
)
SUMS: Final = Table(
    name="sums",
    key="a letter and tens",
    keys=ROWS,
    value=Sum,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Sum).decode},
    written_by="count_letters",
    cached_entries=50,
)
EXTRA_COUNTS: Final = Table(
    name="extra_counts",
    key="a word",
    keys=TEXT,
    value=Tally,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Tally).decode},
    written_by="count_extras",
)


def _dead(failed: FailedRecord) -> tuple[str, Dead]:
    return f"{failed.topic}/{failed.partition}", Dead(
        topic=failed.topic,
        partition=failed.partition,
        offset=failed.record.offset,
        error=type(failed.error).__name__,
    )


DEAD_LETTERS: Final = DeadLetters(topic=DEAD, write=_dead)
