"""The counter under faults."""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fleet_app.stream.topic_plans import connected, ensure_topics, topic_plan
from tests.reliability.campaign.counter_oracle import (
    EXTRAS,
    FIRST_TABLES,
    LETTERS,
    NEXT_TABLES,
    TOPICS,
    WORDS,
    judge_counter,
)
from tests.reliability.campaign.evidence import Evidence
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.subject import Progress, Sending
from tests.reliability.counter_app import declarations

WORDS_KNOWN: Final = 300
_ACTIVE: Final = 60
_LETTERS: Final = 40
_RECORDS_PER_STEP: Final = 40
_NO_JSON: Final = b"{no json "


class Counter:
    """What `Subject` asks for."""

    name = "counter"
    topics = TOPICS
    changes: Collection[str] = ()
    still_s = declarations.QUIET_MS / 1000 + 1.0

    settings: Final[Mapping[str, str]] = {}

    def command(self, release: str, status: Path) -> list[str]:
        """Return how a worker is started."""
        return [sys.executable, "-m", "tests.reliability.counter_app", release, str(status)]

    def make_topics(self, bootstrap: str, partitions: int) -> None:
        """Create the topics of the next release, which are those of the first and one more."""
        named = (
            declarations.WORDS,
            declarations.EXTRAS,
            declarations.LETTERS,
            declarations.TALLIES,
            declarations.CLOSINGS,
            declarations.DEAD,
        )

        async def make() -> None:
            async with connected({"bootstrap_servers": bootstrap}, wait_s=30) as client:
                await ensure_topics(client, [topic_plan(topic, partitions, 1) for topic in named])

        asyncio.run(make())

    def sources(self, release: str) -> Sequence[str]:
        """Return the topics that a release reads."""
        return (WORDS, LETTERS, EXTRAS) if release == "next" else (WORDS, LETTERS)

    def tables(self, release: str) -> Sequence[str]:
        """Return the tables of a release."""
        return NEXT_TABLES if release == "next" else FIRST_TABLES

    def records(self, seed: int) -> Iterator[Sending]:
        """Yield words in waves, so that some are always going quiet; a good percent of the records is poison."""
        chance = random.Random(seed)
        known: list[str] = []
        number = 0
        while True:
            number += 1
            word = f"w-{(number // _RECORDS_PER_STEP + chance.randrange(_ACTIVE)) % WORDS_KNOWN}"
            (make,) = chance.choices(_MAKERS, _WEIGHTS)
            value = {
                "word": word if make in _OF_ANY_WORD else chance.choice(known or [word]),
                "letter": f"l-{chance.randrange(_LETTERS)}",
                "number": chance.randrange(100),
                "id": number,
            }
            sending = make(value) if known else _keyed(value)
            yield sending
            if sending.key == word.encode() and not (sending.value or b"").startswith(_NO_JSON):
                known.append(word)
            if number % 10 == 0:
                yield Sending(EXTRAS, word.encode(), _json({"word": word, "number": number}))

    def closing(self) -> Sequence[Sending]:
        """Return nothing: time passes by itself."""
        return ()

    def judge(self, evidence: Evidence, release: str) -> Findings:
        """Compare with the oracle."""
        return judge_counter(evidence, next_release=release == "next")

    def progress(self, evidence: Evidence) -> list[Progress]:
        """Return what the letters tell: every word becomes one."""
        return [
            Progress(int(record.json()["cause"].split("-")[0]), record.timestamp_ms)
            for record in evidence.topics[LETTERS]
        ]


Value = dict[str, Any]


def _json(value: Value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _keyed(value: Value) -> Sending:
    return Sending(WORDS, value["word"].encode(), _json(value))


def _poison_for_words(value: Value) -> Sending:
    return _keyed({**value, "poison": "count_words"})


def _poison_for_letters(value: Value) -> Sending:
    return _keyed({**value, "poison": "count_letters"})


def _undecodable(value: Value) -> Sending:
    return Sending(WORDS, value["word"].encode(), _NO_JSON + str(value["id"]).encode())


def _forget(value: Value) -> Sending:
    return _keyed({**value, "forget": True})


def _mis_keyed(value: Value) -> Sending:
    return Sending(WORDS, f"stranger-{value['id']}".encode(), _json(value))


def _without_a_key(value: Value) -> Sending:
    return Sending(WORDS, None, _json(value))


def _sent_on_before(value: Value) -> Sending:
    return Sending(WORDS, f"astray-{value['id']}".encode(), _json({**value, "astray": True}), [("fleet-rekeyed", b"")])


_SHARES: Final[Mapping[Callable[[Value], Sending], float]] = {
    _keyed: 0.957,
    _poison_for_words: 0.006,
    _poison_for_letters: 0.004,
    _undecodable: 0.003,
    _forget: 0.020,
    _mis_keyed: 0.007,
    _without_a_key: 0.002,
    _sent_on_before: 0.001,
}
_MAKERS: Final = tuple(_SHARES)
_WEIGHTS: Final = tuple(_SHARES.values())
_OF_ANY_WORD: Final = (_keyed, _poison_for_words, _poison_for_letters, _undecodable, _forget)
"""The others must be of a word whose partition a record of its own has shown."""
