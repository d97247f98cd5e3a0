"""What became of a load, against what must have: counted in the tables, in the output topics, and by the clock."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from tests.reliability.campaign.load import VEHICLES, Load
from tests.support.kafka import read_all


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong after a round; all zero for an engine that is exact.

    Attributes:
        lost: Positions that no vehicle's state holds.
        doubled: Positions handed to the agent again after the state had taken them in. The app refuses repeats, so
            its own figures stay right; a plain counter would have counted these twice.
        uncommitted: Positions that were handled, but not committed ten seconds after the last.
        outputs_lost: Positions in the state without their record on `fleet.vehicles`.
        outputs_doubled: Records of `fleet.vehicles` that say what another one said.
        gaps_s: The longest time without an output, by source partition, while the load ran.
    """

    lost: int
    doubled: int
    uncommitted: int
    outputs_lost: int
    outputs_doubled: int
    gaps_s: dict[int, float]

    @property
    def longest_gap_s(self) -> float:
        """The longest of the gaps."""
        return max(self.gaps_s.values(), default=0.0)


class Output(msgspec.Struct, frozen=True):
    """A record of `fleet.vehicles`: its partition, when it was written, whose it is, and which fix of it it tells."""

    partition: int
    written_ms: int
    vehicle_id: str
    fixes: int


def read_outputs(bootstrap: str) -> list[Output]:
    """Return every record of `fleet.vehicles`."""
    values = [(record, json.loads(record.value or b"{}")) for record in read_all(bootstrap, "fleet.vehicles")]
    return [Output(record.partition, record.timestamp, value["vehicle_id"], value["fixes"]) for record, value in values]


def judge(vehicles: Mapping[str, Mapping[str, Any]], outputs: Iterable[Output], committed: int, load: Load) -> Verdict:
    """Compare the vehicles that the API lists, every output, and the committed positions with the load."""
    lost = doubled = 0
    for number in range(VEHICLES):
        state = vehicles.get(f"v-{number}", {"accepted": 0, "refused": {}})
        lost += load.fixes(number) - state["accepted"]
        doubled += sum(state["refused"].values())
    told = Counter[tuple[str, int]]()
    times_ms: dict[int, list[int]] = defaultdict(list)
    for output in outputs:
        told[output.vehicle_id, output.fixes] += 1
        times_ms[output.partition].append(output.written_ms)
    return Verdict(
        lost=lost,
        doubled=doubled,
        uncommitted=load.positions - committed,
        outputs_lost=load.positions - lost - len(told),
        outputs_doubled=told.total() - len(told),
        gaps_s={partition: _longest_gap_s(times) for partition, times in sorted(times_ms.items())},
    )


def _longest_gap_s(times_ms: list[int]) -> float:
    return max((later - earlier for earlier, later in pairwise(sorted(times_ms))), default=0) / 1000
