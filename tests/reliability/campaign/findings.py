"""What is wrong after a run, counted and in sentences."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final

_SENTENCES: Final = 40


class UnjudgedError(Exception):
    """The harness failed, not the product: the run says nothing."""


class Findings:
    """What is wrong. All zero for an engine that is exact.

    Attributes:
        lost: What should be there and is not; where something is counted, by how much the count falls short.
        doubled: What is there once too often, or should not be there at all.
        wrong: What is there with another value, in another order, or in another place.
        sentences: The first of each, with the evidence.
        looked_at: How much there was to be wrong, of what is no matter of course.
    """

    def __init__(self) -> None:
        self.lost = 0
        self.doubled = 0
        self.wrong = 0
        self.sentences: list[str] = []
        self.looked_at: Counter[str] = Counter()

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.wrong)

    def note_lost(self, sentence: str, count: int = 1) -> None:
        """Count something that is missing."""
        self.lost += count
        self._say(f"lost: {sentence}")

    def note_doubled(self, sentence: str, count: int = 1) -> None:
        """Count something that is there too often."""
        self.doubled += count
        self._say(f"doubled: {sentence}")

    def note_wrong(self, sentence: str) -> None:
        """Count something that is not what it should be."""
        self.wrong += 1
        self._say(f"wrong: {sentence}")

    def _say(self, sentence: str) -> None:
        if len(self.sentences) < _SENTENCES:
            self.sentences.append(sentence)

    def compare_once(self, what: str, expected: Iterable[Hashable], found: Iterable[Hashable]) -> None:
        """Count what is not there exactly as often as it should be."""
        wanted, there = Counter(list(expected)), Counter(list(found))
        for item, count in (wanted - there).items():
            self.note_lost(f"{what}: {item} is there {there[item]} times, should be {wanted[item]} times", count)
        for item, count in (there - wanted).items():
            self.note_doubled(f"{what}: {item} is there {there[item]} times, should be {wanted[item]} times", count)

    def compare_values(
        self,
        what: str,
        expected: Mapping[Any, Any],
        found: Mapping[Any, Any],
        amount: Callable[[Any], int] = lambda _: 0,
    ) -> None:
        """Compare key by key; `amount` says how much a value stands for, so that a difference can be counted."""
        for key in expected.keys() - found.keys():
            self.note_lost(f"{what}: {key} is missing, should be {expected[key]}", max(1, amount(expected[key])))
        for key in found.keys() - expected.keys():
            self.note_doubled(f"{what}: {key} is {found[key]}, should not be there", max(1, amount(found[key])))
        for key in expected.keys() & found.keys():
            if expected[key] != found[key]:
                self._differ(
                    f"{what}: {key} is {found[key]}, should be {expected[key]}", expected[key], found[key], amount
                )

    def _differ(self, sentence: str, expected: object, found: object, amount: Callable[[Any], int]) -> None:
        more = amount(found) - amount(expected)
        if more > 0:
            self.note_doubled(sentence, more)
        elif more < 0:
            self.note_lost(sentence, -more)
        else:
            self.note_wrong(sentence)
