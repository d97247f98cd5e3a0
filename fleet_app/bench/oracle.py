"""What must come out, worked out from what was sent, by other means than the jobs use.

It keeps every vehicle's arrivals and looks at them when all are there; it shares no code with the jobs or the engine.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from fleet_app.bench.load import Sent, vehicle_id

_MINUTE_MS: Final = 60_000
_FIELDS: Final = 4
_TOLERANCE: Final = 1e-9
_SHOWN: Final = 5


class Counts(NamedTuple):
    """A minute of a vehicle."""

    fixes: int
    distance_m: float
    speed_sum_mps: float


class Vehicle(NamedTuple):
    """A vehicle's last state: its newest fix, metres driven, fixes that were late, and minutes still open by start."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float
    odometer_m: float
    late: int
    open: Mapping[int, Counts]


class Outcome(NamedTuple):
    """Everything that a job leaves behind.

    Attributes:
        vehicles: Last states by vehicle id.
        minutes: Closed minutes by vehicle id and start.
        told: How often each closed minute was told on the output topic, with what.
        refused: Records on the dead-letter topic.
    """

    vehicles: Mapping[str, Vehicle]
    minutes: Mapping[tuple[str, int], Counts]
    told: Mapping[tuple[str, int], Sequence[Counts]]
    refused: int


class Oracle:
    """Takes in what is sent, and then says what must come out.

    Args:
        vehicles: How many there are.
        grace_ms: How far past a minute's end the vehicle's newest fix must be for the minute to be over.
        tells: Whether each closed minute is told on the output topic, once.
    """

    def __init__(self, vehicles: int, *, grace_ms: int, tells: bool) -> None:
        self._arrivals = [array("d") for _ in range(vehicles)]
        self._grace_ms = grace_ms
        self._tells = tells
        self._refused = 0

    def watch(self, load: Iterable[Sent]) -> Iterator[Sent]:
        """Pass the load on, remembering it."""
        arrivals = self._arrivals
        for sent in load:
            if sent.malformed:
                self._refused += 1
            else:
                arrivals[sent.vehicle].extend(sent[1:5])
            yield sent

    def outcome(self) -> Outcome:
        """Return what must come out of all that was sent."""
        vehicles: dict[str, Vehicle] = {}
        minutes: dict[tuple[str, int], Counts] = {}
        for number, arrived in enumerate(self._arrivals):
            if not arrived:
                continue
            name = vehicle_id(number)
            vehicles[name], closed = _settle(arrived, self._grace_ms)
            minutes.update({(name, start_ms): counts for start_ms, counts in closed.items()})
        told = {key: [counts] for key, counts in minutes.items()} if self._tells else {}
        return Outcome(vehicles, minutes, told, self._refused)


def _settle(arrived: Sequence[float], grace_ms: int) -> tuple[Vehicle, dict[int, Counts]]:
    """Return a vehicle's last state and closed minutes, from its fixes in the order they arrived."""
    newest_ms, newest_at = -1, 0
    late = 0
    odometer_m = 0.0
    sums: dict[int, list[float]] = {}
    for at in range(0, len(arrived), _FIELDS):
        time_ms = int(arrived[at])
        start_ms = time_ms // _MINUTE_MS * _MINUTE_MS
        if _is_over(start_ms, newest_ms, grace_ms):
            late += 1
            continue
        minute = sums.setdefault(start_ms, [0, 0.0, 0.0])
        minute[0] += 1
        minute[2] += arrived[at + 3]
        if time_ms > newest_ms:
            way_m = _great_circle_m(arrived[newest_at + 1 : newest_at + 3], arrived[at + 1 : at + 3]) if at else 0.0
            minute[1] += way_m
            odometer_m += way_m
            newest_ms, newest_at = time_ms, at
    counts = {start_ms: Counts(int(each[0]), each[1], each[2]) for start_ms, each in sums.items()}
    still_open = {start_ms: each for start_ms, each in counts.items() if not _is_over(start_ms, newest_ms, grace_ms)}
    closed = {start_ms: each for start_ms, each in counts.items() if start_ms not in still_open}
    _, lat, lon, speed_mps = arrived[newest_at : newest_at + _FIELDS]
    return Vehicle(newest_ms, lat, lon, speed_mps, odometer_m, late, still_open), closed


def _is_over(start_ms: int, newest_ms: int, grace_ms: int) -> bool:
    return newest_ms - grace_ms >= start_ms + _MINUTE_MS


def _great_circle_m(here: Sequence[float], there: Sequence[float]) -> float:
    """Return the distance on a sphere: half the chord between unit vectors is the sine of half the angle."""
    return 2 * 6_371_008.8 * math.asin(math.dist(_unit_vector(*here), _unit_vector(*there)) / 2)


def _unit_vector(lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """Return what differs, in sentences; nothing if the outcome is right. Only the first few of a kind are named."""
    dead_letters = (
        [] if expected.refused == found.refused else [f"{found.refused} dead letters, not {expected.refused}"]
    )
    return [
        *_compare("vehicle", expected.vehicles, found.vehicles),
        *_compare("closed minute", expected.minutes, found.minutes),
        *_compare("minutes told of", expected.told, found.told),
        *dead_letters,
    ]


def _compare(what: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[str]:
    missing = expected.keys() - found.keys()
    if missing:
        yield f"{what}: {len(missing)} missing, such as {sorted(missing)[:_SHOWN]}"
    unknown = found.keys() - expected.keys()
    if unknown:
        yield f"{what}: {len(unknown)} that should not be, such as {sorted(unknown)[:_SHOWN]}"
    wrong = [key for key in expected.keys() & found.keys() if not is_same(expected[key], found[key])]
    if wrong:
        key = min(wrong)
        yield f"{what}: {len(wrong)} wrong, such as {key}: {found[key]}, not {expected[key]}"


def is_same(expected: object, found: object) -> bool:
    """Return whether two outcomes are equal, numbers to nine digits: sums of sines differ in the last ones."""
    if isinstance(expected, float | int) and isinstance(found, float | int):
        return math.isclose(expected, found, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(is_same(expected[key], found[key]) for key in expected)
    if isinstance(expected, Sequence) and isinstance(found, Sequence):
        return len(expected) == len(found) and all(map(is_same, expected, found))
    return expected == found
