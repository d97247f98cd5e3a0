"""The agents of the counter, two in a row, and a third that its next release adds."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from fleet_app.stream.declarations import Agent, AgentTask, Handler, Record, Undecodable
from tests.reliability.counter_app.declarations import (
    CLOSED,
    CLOSINGS,
    COUNTS,
    DEAD_LETTERS,
    EXTRA_COUNTS,
    EXTRAS,
    LETTERS,
    QUIET,
    QUIET_MS,
    SUMS,
    TALLIED,
    TALLIES,
    WORDS,
    Closed,
    Closing,
    Count,
    Letter,
    Sum,
    Tally,
    TallyLine,
    Word,
)

S = TypeVar("S", bound=msgspec.Struct)

_word = msgspec.json.Decoder(Word).decode
_letter = msgspec.json.Decoder(Letter).decode


class PoisonedError(Exception):
    """A record that asked for it."""


def mix(checksum: int, number: int) -> int:
    """Return a checksum that differs for any other numbers, and for the same ones in another order."""
    return (checksum * 1_000_003 + number + 1) % 2_147_483_647


class CountWords:
    """Counts words, sends each on to its letter, and closes those that go quiet."""

    def __init__(self, task: AgentTask) -> None:
        self._task = task
        self._counts = task.table(COUNTS)
        self._closed = task.rows(CLOSED)
        self._timers = task.timers(QUIET, self.close)

    def handle(self, record: Record) -> None:
        """Take a word in, or send it on to where it belongs."""
        word = _read(_word, record)
        old = self._counts.get(word.word)
        if old is None and not self._task.is_home(word.word):
            self._task.rekey(record, word.word)
            return
        new = self._forget(word, old) if word.forget else self._count(word, old, record)
        letter = Letter(
            cause=f"{self._task.partition}-{record.offset}",
            word=word.word,
            letter=word.letter,
            number=word.number,
            seen=new.seen,
            checksum=new.checksum,
            poison=word.poison,
        )
        self._task.send(LETTERS, word.letter, letter)
        if word.poison == "count_words":
            self._closed[word.word, record.offset] = Closed(-1, -1)
            raise PoisonedError(word.word)

    def _count(self, word: Word, old: Count | None, record: Record) -> Count:
        old = old or Count(0, 0, 0, 0, 0)
        new = self._counts[word.word] = Count(
            old.seen + 1,
            old.total + word.number,
            mix(old.checksum, word.number),
            record.offset,
            record.timestamp,
            old.closed,
        )
        self._timers.arm(word.word, record.timestamp + QUIET_MS)
        return new

    def _forget(self, word: Word, old: Count | None) -> Count:
        if old is not None:
            del self._counts[word.word]
            if old.closed is not None:
                del self._closed[word.word, old.closed]
        return Count(0, 0, 0, 0, 0)

    def close(self, word: str, now_ms: int) -> None:
        """Close a word that has gone quiet; look again later at one that has not."""
        count = self._counts.get(word)
        if count is None or count.closed == count.last:
            return
        if now_ms < count.last_ms + QUIET_MS:
            self._timers.arm(word, count.last_ms + QUIET_MS)
            return
        self._counts[word] = msgspec.structs.replace(count, closed=count.last)
        self._closed[word, count.last] = Closed(count.seen, count.checksum)
        closing = Closing(word=word, revision=count.last, seen=count.seen, checksum=count.checksum)
        self._task.send(CLOSINGS, word, closing)


def count_words(task: AgentTask) -> Handler:
    """Bind `CountWords` to a task."""
    return CountWords(task).handle


def count_letters(task: AgentTask) -> Handler:
    """Count letters, add up their numbers by tens, and send each on to where its word is."""
    tallied, sums, send = task.table(TALLIED), task.rows(SUMS), task.send

    def handle(record: Record) -> None:
        letter = _read(_letter, record)
        old = tallied.get(letter.letter) or Tally(0, 0)
        new = tallied[letter.letter] = Tally(old.seen + 1, mix(old.checksum, letter.number))
        row = letter.letter, letter.number // 10
        tens = sums.get(row) or Sum(0, 0)
        sums[row] = Sum(tens.seen + 1, tens.total + letter.number)
        line = TallyLine(
            cause=f"{task.partition}-{record.offset}",
            letter=letter.letter,
            word=letter.word,
            seen=new.seen,
            checksum=new.checksum,
        )
        send(TALLIES, letter.word, line)
        if letter.poison == "count_letters":
            raise PoisonedError(letter.letter)

    return handle


def count_extras(task: AgentTask) -> Handler:
    """Count what only the next release reads."""
    extras = task.table(EXTRA_COUNTS)

    def handle(record: Record) -> None:
        seen = _read(_word, record)
        old = extras.get(seen.word) or Tally(0, 0)
        extras[seen.word] = Tally(old.seen + 1, mix(old.checksum, seen.number))

    return handle


def _read(decode: Callable[[bytes], S], record: Record) -> S:
    try:
        return decode(record.value or b"")
    except msgspec.DecodeError as error:
        raise Undecodable(str(error)) from error


FIRST_RELEASE: Final = (
    Agent(
        name="count_words",
        reads=WORDS,
        owns=(COUNTS, CLOSED, QUIET),
        sends=(LETTERS, CLOSINGS),
        dead_letters=DEAD_LETTERS,
        bind=count_words,
    ),
    Agent(
        name="count_letters",
        reads=LETTERS,
        owns=(TALLIED, SUMS),
        sends=(TALLIES,),
        dead_letters=DEAD_LETTERS,
        bind=count_letters,
    ),
)
NEXT_RELEASE: Final = (
    *FIRST_RELEASE,
    Agent(
        name="count_extras",
        reads=EXTRAS,
        owns=(EXTRA_COUNTS,),
        sends=(),
        dead_letters=DEAD_LETTERS,
        bind=count_extras,
    ),
)
