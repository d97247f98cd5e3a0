"""What the counter must have made of its sources, worked out in the plainest way. Shares no code with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import msgspec

from tests.reliability.campaign.evidence import Evidence, Seen, check_positions, check_stores
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.rekeying import check_copies, homes_of, was_sent_on

WORDS: Final = "counter.words"
EXTRAS: Final = "counter.extras"
LETTERS: Final = "counter.letters"
TALLIES: Final = "counter.tallies"
CLOSINGS: Final = "counter.closings"
DEAD: Final = "counter.dead"
TOPICS: Final = (WORDS, EXTRAS, LETTERS, TALLIES, CLOSINGS, DEAD)

FIRST_TABLES: Final = ("counts", "closed", "quiet", "tallied", "sums")
NEXT_TABLES: Final = (*FIRST_TABLES, "extra_counts")


def _mix(checksum: int, number: int) -> int:
    return (checksum * 1_000_003 + number + 1) % 2_147_483_647


@dataclass
class _Count:
    """A word as it must be after some of its records."""

    began: int
    seen: int = 0
    total: int = 0
    checksum: int = 0
    last: int = 0
    last_ms: int = 0


@dataclass
class Expected:
    """What must come of the sources.

    Attributes:
        counts: The words that are known at the end, by partition and word.
        letters: What is sent on for every record, by cause.
        closings: What a closing at a revision may say, by partition, word and revision.
        forgotten: When words were forgotten: partition, word, first revision that goes, the offset that forgot.
        copies: What is sent on to where its key belongs: home and value.
        dead: Every dead letter.
    """

    counts: dict[tuple[int, str], _Count] = field(default_factory=dict)
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)
    closings: dict[tuple[int, str, int], tuple[int, int]] = field(default_factory=dict)
    forgotten: list[tuple[int, str, int, int]] = field(default_factory=list)
    copies: list[tuple[int, bytes]] = field(default_factory=list)
    dead: list[tuple[str, int, int, str]] = field(default_factory=list)

    def take(self, record: Seen, homes: Mapping[str, int]) -> None:
        """Take in the next record of the words."""
        word = _word_of(record)
        if word is None:
            self.dead.append((WORDS, record.partition, record.offset, "Undecodable"))
        elif homes[word["word"]] == record.partition:
            self._count(record, word)
        elif was_sent_on(record):
            self.dead.append((WORDS, record.partition, record.offset, "RekeyedTwiceError"))
        else:
            self.copies.append((homes[word["word"]], record.value or b""))

    def _count(self, record: Seen, word: Mapping[str, Any]) -> None:
        if word.get("poison") == "count_words":
            self.dead.append((WORDS, record.partition, record.offset, "PoisonedError"))
            return
        place = record.partition, word["word"]
        number = word.get("number", 0)
        if word.get("forget"):
            old = self.counts.pop(place, None)
            if old is not None:
                self.forgotten.append((*place, old.began, record.offset))
            count = _Count(record.offset)
        else:
            count = self.counts.setdefault(place, _Count(record.offset))
            count.seen += 1
            count.total += number
            count.checksum = _mix(count.checksum, number)
            count.last, count.last_ms = record.offset, record.timestamp_ms
            self.closings[(*place, record.offset)] = count.seen, count.checksum
        cause = f"{record.partition}-{record.offset}"
        self.letters[cause] = {
            "cause": cause,
            "word": word["word"],
            "letter": word.get("letter", ""),
            "number": number,
            "seen": count.seen,
            "checksum": count.checksum,
            "poison": word.get("poison", ""),
        }


def judge_counter(evidence: Evidence, *, next_release: bool) -> Findings:
    """Compare all that the counter has left behind with what its sources say."""
    findings = Findings()
    words = evidence.topics[WORDS]
    expected = Expected()
    homes = homes_of(words, _name_of)
    for record in words:
        expected.take(record, homes)
    check_copies(words, expected.copies, findings)
    _check_counts(evidence, expected, findings)
    _check_letters(evidence, expected, findings)
    _check_closings(evidence, expected, findings)
    dead = [*expected.dead, *_judge_letters(evidence, findings)]
    if next_release:
        _judge_extras(evidence, findings)
    found = [record.json() for record in evidence.topics[DEAD]]
    letters = [(row["topic"], row["partition"], row["offset"], row["error"]) for row in found]
    findings.compare_once("dead letters", dead, letters)
    check_stores(evidence, findings)
    check_positions(evidence, (WORDS, LETTERS, *((EXTRAS,) if next_release else ())), findings)
    return findings


def _word_of(record: Seen) -> dict[str, Any] | None:
    try:
        word: dict[str, Any] = record.json()
    except msgspec.DecodeError:
        return None
    return word


def _name_of(record: Seen) -> str | None:
    word = _word_of(record)
    return None if word is None else str(word["word"])


def _check_counts(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    wanted = {
        (partition, word.encode()): [count.seen, count.total, count.checksum, count.last, count.last_ms, count.last]
        for (partition, word), count in expected.counts.items()
    }
    findings.compare_values("counts", wanted, evidence.table("counts"), amount=lambda value: value[0])
    findings.compare_values("quiet", {}, evidence.table("quiet"))


def _check_letters(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    records = evidence.topics[LETTERS]
    found = {row["cause"]: row for row in (record.json() for record in records)}
    findings.compare_once("letters", expected.letters, (record.json()["cause"] for record in records))
    both = expected.letters.keys() & found.keys()
    findings.compare_values(
        "letters", {cause: expected.letters[cause] for cause in both}, {cause: found[cause] for cause in both}
    )
    _check_order(LETTERS, records, findings)
    _check_places(LETTERS, records, "letter", findings)


def _check_order(topic: str, records: Iterable[Seen], findings: Findings) -> None:
    """Records that one partition caused stand in each partition in the order of their causes."""
    causes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for record in records:
        source, _, offset = record.json()["cause"].partition("-")
        causes[int(source), record.partition].append(int(offset))
    for (source, partition), offsets in causes.items():
        for earlier, later in pairwise(offsets):
            if earlier > later:
                findings.note_wrong(
                    f"{topic}[{partition}]: what {source}-{later} caused stands after {source}-{earlier}"
                )


def _check_places(topic: str, records: Iterable[Seen], key: str, findings: Findings) -> None:
    """Records are keyed by what their value says, and a key has one partition."""
    partitions: dict[bytes | None, int] = {}
    for record in records:
        if record.key != record.json()[key].encode():
            findings.note_wrong(f"{topic}[{record.partition}] {record.offset}: key {record.key!r}, {record.json()}")
        if partitions.setdefault(record.key, record.partition) != record.partition:
            findings.note_wrong(f"{topic}: {record.key!r} stands in {record.partition} and {partitions[record.key]}")


def _check_closings(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """A word is closed when it is quiet, whenever that is; what a closing says is not a matter of when."""
    records = evidence.topics[CLOSINGS]
    closed = [(record.partition, row["word"], row["revision"]) for record in records for row in [record.json()]]
    findings.compare_once("closings", set(closed), closed)
    for record in records:
        row = record.json()
        said = expected.closings.get((record.partition, row["word"], row["revision"]))
        if said != (row["seen"], row["checksum"]):
            findings.note_wrong(f"closing {row} in partition {record.partition}, should say {said}")
    newest = {(*place, count.last) for place, count in expected.counts.items()}
    findings.compare_once("closing of a word's newest record", newest, newest & set(closed))
    rows = {
        (partition, word.encode(), revision): list(expected.closings.get((partition, word, revision), ()))
        for partition, word, revision in set(closed) - _forgotten(set(closed), expected)
    }
    findings.compare_values("closed", rows, _rows(evidence, "closed"), amount=lambda _: 1)
    _check_places(CLOSINGS, records, "word", findings)


def _forgotten(closed: set[tuple[int, str, int]], expected: Expected) -> set[tuple[int, str, int]]:
    """Return the closings whose rows are deleted: a word that is forgotten takes its newest closing with it."""
    gone: set[tuple[int, str, int]] = set()
    by_word: dict[tuple[int, str], list[int]] = defaultdict(list)
    for partition, word, revision in closed:
        by_word[partition, word].append(revision)
    for partition, word, began, offset in expected.forgotten:
        revisions = [revision for revision in by_word[partition, word] if began <= revision < offset]
        if revisions:
            gone.add((partition, word, max(revisions)))
    return gone


def _rows(evidence: Evidence, table: str) -> dict[tuple[int, bytes, int], list[Any]]:
    """Return a table of rows by partition, text and number: stored as text, a zero byte, and the number."""
    return {
        (partition, key[:-9], int.from_bytes(key[-8:], "big") - (1 << 63)): value
        for (partition, key), value in evidence.table(table).items()
    }


def _judge_letters(evidence: Evidence, findings: Findings) -> list[tuple[str, int, int, str]]:
    """Compare what the second agent has made of the letters, and return its dead letters."""
    tallied: dict[tuple[int, bytes], list[int]] = {}
    sums: dict[tuple[int, bytes, int], list[int]] = {}
    lines: dict[str, dict[str, Any]] = {}
    dead: list[tuple[str, int, int, str]] = []
    for record in evidence.topics[LETTERS]:
        letter = record.json()
        if letter["poison"] == "count_letters":
            dead.append((LETTERS, record.partition, record.offset, "PoisonedError"))
            continue
        name, number = letter["letter"], letter["number"]
        seen, checksum = tallied.get((record.partition, name.encode()), [0, 0])
        tally = tallied[record.partition, name.encode()] = [seen + 1, _mix(checksum, number)]
        tens = sums.setdefault((record.partition, name.encode(), number // 10), [0, 0])
        tens[0] += 1
        tens[1] += number
        cause = f"{record.partition}-{record.offset}"
        lines[cause] = {
            "cause": cause,
            "letter": name,
            "word": letter["word"],
            "seen": tally[0],
            "checksum": tally[1],
        }
    findings.compare_values("tallied", tallied, evidence.table("tallied"), amount=lambda value: value[0])
    findings.compare_values("sums", sums, _rows(evidence, "sums"), amount=lambda value: value[0])
    found = {row["cause"]: row for row in (record.json() for record in evidence.topics[TALLIES])}
    findings.compare_once("tallies", lines, (record.json()["cause"] for record in evidence.topics[TALLIES]))
    both = lines.keys() & found.keys()
    findings.compare_values("tallies", {cause: lines[cause] for cause in both}, {cause: found[cause] for cause in both})
    _check_order(TALLIES, evidence.topics[TALLIES], findings)
    _check_places(TALLIES, evidence.topics[TALLIES], "word", findings)
    return dead


def _judge_extras(evidence: Evidence, findings: Findings) -> None:
    counts: dict[tuple[int, bytes], list[int]] = {}
    for record in evidence.topics[EXTRAS]:
        word = record.json()
        place = record.partition, word["word"].encode()
        seen, checksum = counts.get(place, [0, 0])
        counts[place] = [seen + 1, _mix(checksum, word.get("number", 0))]
    findings.compare_values("extra_counts", counts, evidence.table("extra_counts"), amount=lambda value: value[0])
