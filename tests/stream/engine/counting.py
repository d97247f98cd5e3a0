"""A small application for the engine's tests: words are counted, sent on, and counted again by their first letter.

What a word's record says besides: `twice` counts twice, `forget` deletes, `poison` raises when all is done,
`garbage` cannot be read, `fatal` may not be gone on with, `arm 1700` sets the word's timer to 1,700 ms. The timer of
`bomb` raises; that of `doom` may not be gone on with.
"""

from typing import Final

import msgspec

from fleet_app.errors import EngineError
from fleet_app.stream.declarations import (
    Agent,
    AgentTask,
    Cleanup,
    DeadLetters,
    FailedRecord,
    Handler,
    Record,
    Table,
    Timers,
    Topic,
    Undecodable,
    timers_table,
)
from fleet_app.stream.keys import ROWS, TEXT

PARTITIONS: Final = 2


def partition_of(key: bytes) -> int:
    """Return the partition of a key: a sum that a reader can do in the head."""
    return sum(key) % PARTITIONS


class Total(msgspec.Struct, frozen=True, array_like=True):
    """A value of every table: how often something was seen."""

    seen: int


class Copy(msgspec.Struct, frozen=True):
    """A value of every output. `cause` is partition and offset of the record that led to it."""

    cause: str
    word: str
    seen: int


class Dead(msgspec.Struct, frozen=True):
    """A value of `dead`."""

    topic: str
    offset: int
    detail: str


def topic(name: str, cleanup: Cleanup = Cleanup.DELETE) -> Topic:
    """Return a topic."""
    return Topic(
        name=name, key="a word", value=Copy, cleanup=cleanup, retention_s=60, written_by="a test", read_by="a test"
    )


LINES: Final = topic("lines")
COPIES: Final = topic("copies")
LETTERS: Final = topic("letters")
NEWEST: Final = topic("newest", Cleanup.COMPACT)
DEAD: Final = topic("dead")

TOTALS: Final = Table(
    name="totals",
    key="a word",
    keys=TEXT,
    value=Total,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Total).decode},
    written_by="count_words",
    cached_entries=2,
)
SEEN: Final = Table(
    name="seen",
    key="a word and how often it was seen",
    keys=ROWS,
    value=Total,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Total).decode},
    written_by="count_words",
)
QUIET: Final = timers_table("quiet", key="a word", written_by="count_words")
INITIALS: Final = Table(
    name="initials",
    key="a letter",
    keys=TEXT,
    value=Total,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Total).decode},
    written_by="count_letters",
)


class PoisonedError(Exception):
    """What a poisoned record causes."""


TIMERS_RAISE: Final[dict[str, type[Exception]]] = {"bomb": PoisonedError, "doom": EngineError}


def count_words(task: AgentTask) -> Handler:
    """Count words, keep a row for each time, and send every count on."""
    totals, seen, send = task.table(TOTALS), task.rows(SEEN), task.send

    def on_quiet(word: str, now_ms: int) -> None:
        send(COPIES, word[:1], Copy("timer", word, now_ms))
        if word in TIMERS_RAISE:
            raise TIMERS_RAISE[word](word)

    def handle(record: Record) -> None:
        word, order = (record.key or b"").decode(), (record.value or b"").decode()
        if order == "garbage":
            raise Undecodable("it cannot be read")
        if order == "forget":
            del totals[word]
            return
        if order.startswith("arm "):
            timers.arm(word, int(order.removeprefix("arm ")))
            return
        count = (totals.get(word) or Total(0)).seen
        for _ in range(2 if order == "twice" else 1):
            count += 1
            totals[word] = seen[word, count] = Total(count)
        copy = Copy(f"{task.partition}-{record.offset}", word, count)
        send(COPIES, word[:1], copy)
        send(NEWEST, word, copy)
        if order == "poison":
            raise PoisonedError(word)
        if order == "fatal":
            raise EngineError(word)

    timers: Timers = task.timers(QUIET, on_quiet)
    return handle


def count_letters(task: AgentTask) -> Handler:
    """Count the letters that words were sent on to, and send that on."""
    initials, send = task.table(INITIALS), task.send

    def handle(record: Record) -> None:
        initial = (record.key or b"").decode()
        count = (initials.get(initial) or Total(0)).seen + 1
        initials[initial] = Total(count)
        send(LETTERS, initial, Copy(f"{task.partition}-{record.offset}", initial, count))

    return handle


def bury(failed: FailedRecord) -> tuple[str, Dead]:
    """Return the dead letter of a record."""
    return failed.topic, Dead(failed.topic, failed.record.offset, failed.detail)


DEAD_LETTERS: Final = DeadLetters(topic=DEAD, write=bury)
COUNT_WORDS: Final = Agent(
    name="count_words",
    reads=LINES,
    owns=(TOTALS, SEEN, QUIET),
    sends=(COPIES, NEWEST),
    dead_letters=DEAD_LETTERS,
    bind=count_words,
)
COUNT_LETTERS: Final = Agent(
    name="count_letters",
    reads=COPIES,
    owns=(INITIALS,),
    sends=(LETTERS,),
    dead_letters=DEAD_LETTERS,
    bind=count_letters,
)
AGENTS: Final = (COUNT_WORDS, COUNT_LETTERS)
