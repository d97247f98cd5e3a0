"""How long partitions stood still because of a fault."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from tests.reliability.campaign.scene import Moment
from tests.reliability.campaign.subject import Progress


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """The longest stops, in seconds; None where there was nobody to stop.

    Attributes:
        victim: Of partitions whose owner was struck.
        survivor: Of partitions whose owner was not.
        any: Of any partition, from the first fault on.
    """

    victim: float | None
    survivor: float | None
    any: float | None


def measure(progress: Iterable[Progress], moments: Sequence[Moment], load_ended_ms: int) -> Gaps:
    """Return the longest stops that ended after a fault and began before the next one, and before the load ended."""
    times_ms: dict[int, list[int]] = defaultdict(list)
    for partition, at_ms in progress:
        times_ms[partition].append(at_ms)
    victims: list[float] = []
    survivors: list[float] = []
    everyone: list[float] = []
    ends_ms = [*(moment.at_ms for moment in moments[1:]), load_ended_ms]
    for moment, until_ms in zip(moments, ends_ms, strict=True):
        for partition, times in times_ms.items():
            longest_s = _longest_s(times, moment.at_ms, until_ms)
            everyone.append(longest_s)
            if partition in moment.victims:
                victims.append(longest_s)
            elif partition in moment.survivors:
                survivors.append(longest_s)
    return Gaps(
        victim=max(victims, default=None), survivor=max(survivors, default=None), any=max(everyone, default=None)
    )


def _longest_s(times_ms: list[int], since_ms: int, until_ms: int) -> float:
    stops = (
        later - earlier for earlier, later in pairwise(sorted(times_ms)) if later > since_ms and earlier < until_ms
    )
    return max(stops, default=0) / 1000
