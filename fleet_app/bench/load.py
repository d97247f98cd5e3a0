"""The seeded load: who is where when, as records in the order they are appended.

Every vehicle sends one fix in 5 s, evenly spread, so the stream is in order of event time. Job B's load then holds
some of them back and breaks others.
"""

import heapq
import random
from collections.abc import Iterable, Iterator
from enum import StrEnum
from math import cos, radians, sin
from typing import Final, NamedTuple

import msgspec

FIRST_MS: Final = 1_767_225_600_000
"""2026-01-01, the event time of the first fix."""
FIX_EVERY_MS: Final = 5_000
METRES_PER_DEGREE: Final = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""


class JobName(StrEnum):
    """Which job is measured."""

    A = "A"
    """In order: last state and minutes."""
    B = "B"
    """Out of order, late and broken too, and a record per closed minute."""


class Disorder(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of the records that do not come as they should, and by how much, in event time."""

    out_of_order: float
    out_of_order_ms: tuple[int, int]
    late: float
    late_ms: tuple[int, int]
    malformed: float


DISORDER: Final = Disorder(
    # Held back past the vehicle's next fix, inside the grace of 10 s.
    out_of_order=0.01,
    out_of_order_ms=(5_001, 9_999),
    # A minute, its grace, and the time by which the vehicle's newest fix may itself be held back.
    late=0.001,
    late_ms=(80_000, 120_000),
    malformed=0.000_1,
)


class Sent(NamedTuple):
    """A record as it is appended. `malformed` ones are cut off in the middle; the rest tells what would have stood."""

    vehicle: int
    time_ms: int
    lat: float
    lon: float
    speed_mps: float
    malformed: bool
    value: bytes


def vehicle_id(number: int) -> str:
    """Return the id, and key, of a vehicle."""
    return f"v-{number:07d}"


def fixes(*, seed: int, vehicles: int, records: int) -> Iterator[Sent]:
    """Yield `records` fixes of `vehicles` in order of event time; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    lat = [round(chance.uniform(48.0, 54.0), 6) for _ in range(vehicles)]
    lon = [round(chance.uniform(6.0, 15.0), 6) for _ in range(vehicles)]
    heading_deg = [chance.randrange(3_600) / 10 for _ in range(vehicles)]
    north = [cos(radians(each)) / METRES_PER_DEGREE for each in heading_deg]
    east = [sin(radians(each)) / METRES_PER_DEGREE / 0.63 for each in heading_deg]
    fraction = chance.random
    for number in range(records):
        lap, vehicle = divmod(number, vehicles)
        time_ms = FIRST_MS + lap * FIX_EVERY_MS + vehicle * FIX_EVERY_MS // vehicles
        speed_mps = round(4 + 20 * fraction(), 2)
        way_m = speed_mps * FIX_EVERY_MS / 1000
        lat[vehicle] = at_lat = round(lat[vehicle] + way_m * north[vehicle], 6)
        lon[vehicle] = at_lon = round(lon[vehicle] + way_m * east[vehicle], 6)
        value = (
            f'{{"vehicle_id":"v-{vehicle:07d}","time_ms":{time_ms},"lat":{at_lat},"lon":{at_lon},'
            f'"speed_mps":{speed_mps},"heading_deg":{heading_deg[vehicle]},"accuracy_m":{4 + number % 7},'
            f'"satellites":{7 + number % 5}}}'
        )
        yield Sent(vehicle, time_ms, at_lat, at_lon, speed_mps, False, value.encode())  # noqa: FBT003 - a tuple's field


def disturbed(ordered: Iterable[Sent], disorder: Disorder, *, seed: int) -> Iterator[Sent]:
    """Yield the same records, some of them held back, some of them broken; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    held_back: list[tuple[int, int, Sent]] = []
    late_below = disorder.malformed + disorder.late
    out_of_order_below = late_below + disorder.out_of_order
    for number, sent in enumerate(ordered):
        while held_back and held_back[0][0] <= sent.time_ms:
            yield heapq.heappop(held_back)[2]
        fate = chance.random()
        if fate >= out_of_order_below:
            yield sent
        elif fate < disorder.malformed:
            yield sent._replace(malformed=True, value=sent.value[: chance.randrange(1, len(sent.value))])
        else:
            shift_ms = disorder.late_ms if fate < late_below else disorder.out_of_order_ms
            heapq.heappush(held_back, (sent.time_ms + chance.randint(*shift_ms), number, sent))
    while held_back:
        yield heapq.heappop(held_back)[2]


def load_of(job: JobName, *, seed: int, vehicles: int, records: int) -> Iterator[Sent]:
    """Yield the load of a job."""
    ordered = fixes(seed=seed, vehicles=vehicles, records=records)
    return ordered if job is JobName.A else disturbed(ordered, DISORDER, seed=seed)
