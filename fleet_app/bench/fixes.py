"""What both jobs share: a vehicle's fix as it stands on `gps.raw`, the way between two of them, and their tables."""

from math import asin, cos, pi, sin, sqrt
from typing import Final

import msgspec

from fleet_app.stream.declarations import Cleanup, DeadLetters, FailedRecord, Table, Topic, V
from fleet_app.stream.keys import ROWS, TEXT, RowKey

MINUTE_MS: Final = 60_000
_EARTH_DIAMETER_M: Final = 2 * 6_371_008.8
_DEGREE: Final = pi / 180
_HALF_DEGREE: Final = pi / 360


class Fix(msgspec.Struct, frozen=True, gc=False):
    """What the jobs want of a fix; heading, accuracy and satellites stand on the topic beside it."""

    vehicle_id: str
    time_ms: int
    lat: float
    lon: float
    speed_mps: float


class Minute(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A closed minute of a vehicle: fixes, metres driven since the fix before each of them, sum of their speeds."""

    fixes: int
    distance_m: float
    speed_sum_mps: float


class Refused(msgspec.Struct, frozen=True):
    """A record that is not a fix, and why."""

    partition: int
    offset: int
    detail: str


RAW: Final = Topic(
    name="gps.raw",
    key="vehicle_id",
    value=Fix,
    cleanup=Cleanup.DELETE,
    retention_s=None,
    log_append_time=True,
    written_by="the benchmark's generator",
    read_by="the job",
)

REFUSED: Final = Topic(
    name="gps.refused",
    key="vehicle_id",
    value=Refused,
    cleanup=Cleanup.DELETE,
    retention_s=None,
    written_by="the job",
    read_by="the oracle",
)


def last_table(value: type[V], written_by: str) -> Table[str, V]:
    """Return the table of every vehicle's last state, which each job keeps in a form of its own."""
    return Table(
        name="last",
        key="vehicle_id",
        keys=TEXT,
        value=value,
        version=1,
        decoders={1: msgspec.msgpack.Decoder(value).decode},
        written_by=written_by,
        cached_entries=1_000_000,
    )


def minutes_table(written_by: str) -> Table[RowKey, Minute]:
    """Return the table of closed minutes."""
    return Table(
        name="minutes",
        key="vehicle_id and start of the minute",
        keys=ROWS,
        value=Minute,
        version=1,
        decoders={1: msgspec.msgpack.Decoder(Minute).decode},
        written_by=written_by,
        cached_entries=0,
    )


def haversine_m(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    """Return the distance on a sphere, metres, of two points in degrees."""
    north = sin((to_lat - from_lat) * _HALF_DEGREE)
    east = sin((to_lon - from_lon) * _HALF_DEGREE)
    narrowing = cos(from_lat * _DEGREE) * cos(to_lat * _DEGREE)
    return _EARTH_DIAMETER_M * asin(sqrt(north * north + narrowing * east * east))


def _refused(failed: FailedRecord) -> tuple[str, Refused]:
    key = (failed.record.key or b"").decode(errors="replace")
    return key, Refused(partition=failed.partition, offset=failed.record.offset, detail=failed.detail)


DEAD_LETTERS: Final = DeadLetters(topic=REFUSED, write=_refused)
