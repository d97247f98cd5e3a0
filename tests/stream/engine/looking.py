"""A small application that looks at a global view: every word is sent on with the name that stands for it.

`oracle` says, from the changelogs' markers and the view's log alone, which name each record must have been given.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from fleet_app.stream.declarations import Agent, AgentTask, Cleanup, GlobalView, Handler, PlainRecord, Record, Timers
from fleet_app.stream.engine.marker import MARKER_KEY, decode_marker
from fleet_app.stream.engine.ports import Log, Outgoing
from tests.stream.engine.counting import (
    COPIES,
    DEAD_LETTERS,
    LINES,
    PARTITIONS,
    QUIET,
    TOTALS,
    Copy,
    Total,
    partition_of,
    topic,
)
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.world import changelog

NAMELESS: Final = "nameless"
Names = Mapping[str, str]


class Name(msgspec.Struct, frozen=True):
    """What a word is called. A name of `!` cannot be applied."""

    name: str


class BadNameError(Exception):
    """A name that can be read and yet not be applied."""


def changed(names: Names, changes: Mapping[str, Name | None]) -> Names:
    """Return the names after changes."""
    after = dict(names)
    for word, name in changes.items():
        after.pop(word, None)
        if name is not None:
            if name.name == "!":
                raise BadNameError(word)
            after[word] = name.name
    return after


NAMES_TOPIC: Final = msgspec.structs.replace(topic("names", Cleanup.COMPACT), value=Name)
NAMES: Final[GlobalView[Name, Names]] = GlobalView(topic=NAMES_TOPIC, empty={}, changed=changed)


def name_words(task: AgentTask) -> Handler:
    """Count words, and send each on with its name; `arm 1700` does that at 1,700 ms."""
    totals, names, send = task.table(TOTALS), task.view(NAMES), task.send

    def on_quiet(word: str, _now_ms: int) -> None:
        send(COPIES, word, Copy("timer", names.now.get(word, NAMELESS), 0))

    def handle(record: Record) -> None:
        word, order = (record.key or b"").decode(), (record.value or b"").decode()
        seen = (totals.get(word) or Total(0)).seen + 1
        totals[word] = Total(seen)
        if order.startswith("arm "):
            timers.arm(word, int(order.removeprefix("arm ")))
            return
        send(COPIES, word, Copy(f"{task.partition}-{record.offset}", names.now.get(word, NAMELESS), seen))

    timers: Timers = task.timers(QUIET, on_quiet)
    return handle


NAME_WORDS: Final = Agent(
    name="name_words",
    reads=LINES,
    owns=(TOTALS, QUIET),
    sends=(COPIES,),
    dead_letters=DEAD_LETTERS,
    bind=name_words,
    looks_at=(NAMES,),
)


def name(kafka: FakeKafka, word: str, name: str | None) -> None:
    """Give a word a name, or none."""
    value = None if name is None else msgspec.json.encode(Name(name)).decode()
    spoil(kafka, word, value)


def spoil(kafka: FakeKafka, word: str, value: str | None) -> None:
    """Append whatever it is to the names."""
    key = word.encode()
    kafka.put(names_log(word), Outgoing(key, None if value is None else value.encode()))


def names_log(word: str) -> Log:
    """Return where a word's name stands."""
    return Log(NAMES_TOPIC.name, partition_of(word.encode()))


def given(kafka: FakeKafka) -> dict[str, list[str]]:
    """Return the names that each record was sent on with, by its partition and offset: one, if nothing was doubled."""
    found: dict[str, list[str]] = {}
    for partition in range(PARTITIONS):
        for record in kafka.records(Log(COPIES.name, partition)):
            copy = msgspec.json.decode(record.value or b"", type=Copy)
            found.setdefault(copy.cause, []).append(copy.word)
    return found


class Span(NamedTuple):
    """Records that were handled between two commits, and how far the view was read for them."""

    partition: int
    start: int
    stop: int
    views: list[int]


def spans(kafka: FakeKafka) -> list[Span]:
    """Return what the markers of all commits tell, partition by partition, in order."""
    found = []
    for partition in range(PARTITIONS):
        start = 0
        for record in kafka.records(changelog(TOTALS, partition)):
            if record.key == MARKER_KEY:
                marker = decode_marker(record.value or b"")
                found.append(Span(partition, start, marker.positions[LINES.name], marker.views[NAMES_TOPIC.name]))
                start = marker.positions[LINES.name]
    return found


def oracle(kafka: FakeKafka) -> dict[str, list[str]]:
    """Return which name each record must have been given."""
    expected = {}
    for span in spans(kafka):
        for record in kafka.records(Log(LINES.name, span.partition)):
            if span.start <= record.offset < span.stop:
                word = (record.key or b"").decode()
                log = names_log(word)
                before = [each for each in kafka.records(log) if each.offset < span.views[log.partition]]
                expected[f"{span.partition}-{record.offset}"] = [_name_after(before, word)]
    return expected


def _name_after(records: Sequence[PlainRecord], word: str) -> str:
    """Return a word's name after records; what cannot be read changes nothing."""
    found = NAMELESS
    for record in records:
        if record.key != word.encode():
            continue
        if record.value is None:
            found = NAMELESS
        elif record.value.startswith(b'{"name":') and b"!" not in record.value:
            found = msgspec.json.decode(record.value, type=Name).name
    return found
