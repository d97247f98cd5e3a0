"""The fleet under faults."""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.reliability.campaign.evidence import Evidence
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_oracle import POSITIONS, TABLES, TOPICS, VEHICLES, judge_fleet
from tests.reliability.campaign.subject import Progress, Sending
from tests.support.kafka import make_topics

_VEHICLES: Final = 150
_ACTIVE: Final = 40
_RECORDS_PER_STEP: Final = 60
_FIRST_MS: Final = 1_700_000_039_200
"""Fixes come 0.8 s before a minute ends: a vehicle that goes quiet has its minute closed by a timer soon."""
_STEP_MS: Final = 60_000

Value = dict[str, Any]


class Fleet:
    """What `Subject` asks for."""

    name = "fleet"
    topics = TOPICS
    still_s = 1.5
    settings: Final[Mapping[str, str]] = {"FLEET_MAX_AGE_S": "off", "FLEET_TIMEZONE": "UTC", "FLEET_REORDER_S": "0.2"}

    def command(self, release: str, status: Path) -> list[str]:
        """Return how a worker is started; there is one release."""
        assert release == "first"
        return [sys.executable, "-m", "tests.reliability.campaign.fleet_worker", str(status)]

    def make_topics(self, bootstrap: str, partitions: int) -> None:
        """Create its topics."""
        make_topics(bootstrap, partitions=partitions)

    def sources(self, release: str) -> Sequence[str]:
        """Return the topics that it reads."""
        assert release == "first"
        return (POSITIONS,)

    def tables(self, release: str) -> Sequence[str]:
        """Return its tables."""
        assert release == "first"
        return TABLES

    def records(self, seed: int) -> Iterator[Sending]:
        """Yield positions in waves, so that some vehicles are always going quiet; some of the records are refused."""
        chance = random.Random(seed)
        fixes: dict[str, int] = defaultdict(int)
        number = 0
        while True:
            number += 1
            name = f"v-{(number // _RECORDS_PER_STEP + chance.randrange(_ACTIVE)) % _VEHICLES}"
            (make,) = chance.choices(_MAKERS, _WEIGHTS)
            if not fixes[name]:
                make = _position
            if make is _position:
                fixes[name] += 1
            yield make(_fix(name, fixes[name], number), chance)

    def judge(self, evidence: Evidence, release: str) -> Findings:
        """Compare with the oracle."""
        assert release == "first"
        return judge_fleet(evidence)

    def progress(self, evidence: Evidence) -> list[Progress]:
        """Return what `fleet.vehicles` tells, which is partitioned as its source."""
        return [Progress(record.partition, record.timestamp_ms) for record in evidence.topics[VEHICLES]]


def _fix(name: str, fix: int, number: int) -> Value:
    """Return a vehicle's fix of that number; it drives north at its own meridian."""
    position: Value = {
        "vehicle_id": name,
        "time_ms": _FIRST_MS + fix * _STEP_MS,
        "lat": round(10 + fix * 0.001, 6),
        "lon": int(name[2:]) / 10,
    }
    return {**position, "speed_mps": fix % 30} if number % 2 else position


def _json(value: Value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _position(value: Value, _: random.Random) -> Sending:
    return Sending(POSITIONS, value["vehicle_id"].encode(), _json(value))


def _late(value: Value, chance: random.Random) -> Sending:
    """One that is some minutes late, at a moment that no other fix has."""
    late_ms = chance.randint(1, 12) * _STEP_MS + chance.randint(1, 50_000)
    return _position({**value, "time_ms": value["time_ms"] - late_ms}, chance)


def _repeat(value: Value, chance: random.Random) -> Sending:
    """The newest fix again, or one too old to be told from a repeat."""
    too_late = {**value, "time_ms": value["time_ms"] - 500 * _STEP_MS}
    return _position(chance.choice((value, value, too_late)), chance)


def _unreadable(value: Value, chance: random.Random) -> Sending:
    without_lat = {name: field for name, field in value.items() if name != "lat"}
    text = chance.choice((b"{no json", _json(without_lat), _json({**value, "lat": 91.0})))
    return Sending(POSITIONS, value["vehicle_id"].encode(), text)


def _mis_keyed(value: Value, chance: random.Random) -> Sending:
    """One that went to some other key's partition, and is late when it comes home."""
    late = {**value, "time_ms": value["time_ms"] - chance.randint(1, 50_000)}
    return Sending(POSITIONS, chance.choice((b"stranger-%d" % chance.randrange(1_000), None)), _json(late))


def _sent_on_before(value: Value, chance: random.Random) -> Sending:
    late = {**value, "time_ms": value["time_ms"] - chance.randint(1, 50_000), "attributes": {"astray": True}}
    key = b"astray-%d" % chance.randrange(1_000)
    return Sending(POSITIONS, key, _json(late), [("fleet-rekeyed", b"")])


_SHARES: Final[Mapping[Callable[[Value, random.Random], Sending], float]] = {
    _position: 0.935,
    _late: 0.030,
    _repeat: 0.015,
    _unreadable: 0.010,
    _mis_keyed: 0.009,
    _sent_on_before: 0.001,
}
_MAKERS: Final = tuple(_SHARES)
_WEIGHTS: Final = tuple(_SHARES.values())
