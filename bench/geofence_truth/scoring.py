"""What was told of many vehicles, held against what they did."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from bench.geofence_truth.fold import Told, told_of
from bench.geofence_truth.receiver import Receiver, fixes_of
from bench.geofence_truth.shapes import Shape
from bench.geofence_truth.ways import Crossing, Way
from fleet_app.domain.fix import Fix


class Trial(NamedTuple):
    """One vehicle on its way past or through a geofence; the seed makes it again."""

    seed: str
    shape: Shape
    receiver: Receiver
    way: Way
    crossings: Sequence[Crossing]
    told: Sequence[Told]

    def missed(self, *, is_inwards: bool) -> int:
        """Return how many crossings of a direction were not told."""
        return max(0, -self._surplus(is_inwards=is_inwards))

    def false(self, *, is_inwards: bool) -> int:
        """Return how many more were told than there were."""
        return max(0, self._surplus(is_inwards=is_inwards))

    @property
    def is_right(self) -> bool:
        """Whether each crossing was told once, in order, and nothing else."""
        return [each.is_inwards for each in self.told] == [each.is_inwards for each in self.crossings]

    @property
    def errors_s(self) -> list[float]:
        """How far off the told times are, without sign; none where the number is wrong."""
        if not self.is_right:
            return []
        return [abs(told.time_s - true.time_s) for told, true in zip(self.told, self.crossings, strict=True)]

    def _surplus(self, *, is_inwards: bool) -> int:
        return sum(each.is_inwards is is_inwards for each in self.told) - sum(
            each.is_inwards is is_inwards for each in self.crossings
        )


@dataclass
class Score:
    """What came of many trials."""

    trials: int = 0
    told: int = 0
    enters: int = 0
    exits: int = 0
    missed_enters: int = 0
    missed_exits: int = 0
    false: int = 0
    most_told: int = 0
    with_any: int = 0
    errors_s: list[float] = field(default_factory=list)
    wrong: list[Trial] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Count one more."""
        told = len(trial.told)
        self.trials += 1
        self.told += told
        self.with_any += bool(told)
        self.most_told = max(self.most_told, told)
        self.enters += sum(each.is_inwards for each in trial.crossings)
        self.exits += sum(not each.is_inwards for each in trial.crossings)
        self.missed_enters += trial.missed(is_inwards=True)
        self.missed_exits += trial.missed(is_inwards=False)
        self.false += trial.false(is_inwards=True) + trial.false(is_inwards=False)
        self.errors_s += trial.errors_s
        self.wrong += [] if trial.is_right else [trial]

    def error_s(self, share: float) -> float | None:
        """Return the error that such a share of the told times stays within."""
        errors_s = sorted(self.errors_s)
        return errors_s[min(int(share * len(errors_s)), len(errors_s) - 1)] if errors_s else None


MakeWay = Callable[[Shape, Random], Way]
Spoil = Callable[[list[Fix], Random], list[Fix]]


def _as_they_are(fixes: list[Fix], _random: Random) -> list[Fix]:
    return fixes


def score(  # noqa: PLR0913, PLR0917 - a row of a table in full
    seed: str,
    shapes: Sequence[Shape],
    receivers: Iterable[Receiver],
    each: int,
    make_way: MakeWay,
    spoil: Spoil = _as_they_are,
) -> Score:
    """Return what comes of so many ways per receiver, the shapes taken in turn; `spoil` makes the fixes worse."""
    result = Score()
    for receiver in receivers:
        for number in range(each):
            trial_seed, shape = f"{seed}, {receiver.name}, {number}", shapes[number % len(shapes)]
            random = Random(trial_seed)  # noqa: S311 - a way and its noise, not a secret
            way = make_way(shape, random)
            fixes = spoil(fixes_of(way, receiver, random), random)
            result.add(Trial(trial_seed, shape, receiver, way, way.crossings(shape), told_of(fixes, shape)))
    return result
