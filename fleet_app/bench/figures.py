"""Figures from samples: medians of runs, percentiles of delays, and the rate once a worker has warmed up."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

WARM_UP: Final = 0.2
"""The share of the records after which the steady state begins."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """What a worker says of itself at one moment.

    Attributes:
        at_s: The machine's monotonic clock.
        cpu_s: Processor time used so far.
        records: Records handled so far.
        phase: Where it stands (`Phase`).
        assigned: Whether it has been given partitions.
    """

    at_s: float
    cpu_s: float
    records: int
    phase: str
    assigned: bool


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over several runs."""

    median: float
    lowest: float
    highest: float


class Delays(msgspec.Struct, frozen=True, kw_only=True):
    """Delays in ms. `worst_second_p99` is the highest p99 of all bins of one second, by the time they began."""

    count: int
    p50: float
    p99: float
    p999: float
    worst_second_p99: float
    highest: float


def spread(values: Sequence[float]) -> Spread:
    """Return median, lowest and highest of at least one value."""
    return Spread(median=median(values), lowest=min(values), highest=max(values))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed (nearest rank); `ordered` rises."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def delays(began_s: Sequence[float], delay_ms: Sequence[float]) -> Delays:
    """Return the figures of at least one delay; `began_s` says when each began."""
    ordered = sorted(delay_ms)
    seconds: dict[int, list[float]] = {}
    for began, delay in zip(began_s, delay_ms, strict=True):
        seconds.setdefault(math.floor(began), []).append(delay)
    return Delays(
        count=len(ordered),
        p50=percentile(ordered, 0.5),
        p99=percentile(ordered, 0.99),
        p999=percentile(ordered, 0.999),
        worst_second_p99=max(percentile(sorted(each), 0.99) for each in seconds.values()),
        highest=ordered[-1],
    )


def steady_rate(samples: Sequence[Sample], records: int, done_s: float) -> float:
    """Return records per CPU-second from the last sample of the warm-up, the first fifth of `records`, to the end.

    Both ends are samples of the worker's own, so records and processor time belong together.

    Args:
        samples: In order of time; the first before any record, the last after `done_s`.
        records: How many there are in all.
        done_s: When all of them were seen to be committed, on the samples' clock.
    """
    warm = [sample for sample in samples if sample.records <= WARM_UP * records and sample.at_s < done_s][-1]
    end = next(sample for sample in samples if sample.at_s >= done_s)
    return (end.records - warm.records) / (end.cpu_s - warm.cpu_s)


def first_at(samples: Sequence[Sample], *, phase: str) -> float | None:
    """Return when a phase was first seen, None if it never was."""
    return next((sample.at_s for sample in samples if sample.phase == phase), None)


def first_assigned_at(samples: Sequence[Sample]) -> float | None:
    """Return when partitions were first seen, None if they never were."""
    return next((sample.at_s for sample in samples if sample.assigned), None)
