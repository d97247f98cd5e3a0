"""The demo's fleet as it was recorded: where vans and cars were every five seconds, and where they stopped.

The file is MessagePack under LZMA. Each track holds one column for each thing it knows; the columns of places and of
headings hold differences from one row to the next, so that they compress well. `tools/record_demo.py` makes it from
streets mapped by OpenStreetMap's contributors; NOTICE says under which licence.
"""

import itertools
import lzma
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final, NamedTuple

import msgspec

FIX_EVERY_S: Final = 5

_FILE: Final = "recording.msgpack.xz"
_E7: Final = 1e7
_CENTI: Final = 100.0
_FULL_TURN_DEG: Final = 360


class Row(NamedTuple):
    """Where a vehicle was, without error.

    Attributes:
        lat: Latitude, degrees, WGS84.
        lon: Longitude, degrees, WGS84.
        speed_mps: Speed, m/s.
        heading_deg: Where its front pointed, whole degrees clockwise from north.
    """

    lat: float
    lon: float
    speed_mps: float
    heading_deg: int


class Stop(msgspec.Struct, frozen=True, array_like=True):
    """A stand with the vehicle off the lane: a delivery, a parked car, the depot.

    Attributes:
        street: Name of the street; empty where it has none.
        planned_s: How long it was meant to take.
        first_row: The track's first row at it.
        rows: How many rows it lasts.
    """

    street: str
    planned_s: int
    first_row: int
    rows: int


class Track(msgspec.Struct, frozen=True, array_like=True):
    """What one vehicle did: a row every `FIX_EVERY_S`.

    Attributes:
        vehicle_id: The vehicle.
        begins_s: When its first row is, seconds since the recording's beginning.
        stops: In the order of time; a van's first and last one are at the depot.
        lat_steps_e7: Latitudes, 1e-7 degree, as differences; the first from 0.
        lon_steps_e7: Longitudes likewise.
        speeds_cmps: Speeds, cm/s.
        heading_steps_deg: Headings, whole degrees, as differences; the first from 0.
    """

    vehicle_id: str
    begins_s: int
    stops: tuple[Stop, ...]
    lat_steps_e7: tuple[int, ...]
    lon_steps_e7: tuple[int, ...]
    speeds_cmps: tuple[int, ...]
    heading_steps_deg: tuple[int, ...]

    def rows(self) -> Iterator[Row]:
        """Yield its rows."""
        columns = zip(
            itertools.accumulate(self.lat_steps_e7),
            itertools.accumulate(self.lon_steps_e7),
            self.speeds_cmps,
            itertools.accumulate(self.heading_steps_deg),
            strict=True,
        )
        for lat_e7, lon_e7, speed_cmps, heading_deg in columns:
            yield Row(lat_e7 / _E7, lon_e7 / _E7, speed_cmps / _CENTI, heading_deg % _FULL_TURN_DEG)


class Recording(msgspec.Struct, frozen=True):
    """All of it.

    Attributes:
        attribution: Whose data it is made from, and its licence.
        made_with: The simulation's name and version.
        lasts_s: From its beginning to its end; no vehicle has a row at or after this.
        vans: They stand at the depot when it begins and when it ends.
        cars: They come and go.
    """

    attribution: str
    made_with: str
    lasts_s: int
    vans: tuple[Track, ...]
    cars: tuple[Track, ...]


def make_track(vehicle_id: str, begins_s: int, stops: Sequence[Stop], rows: Sequence[Row]) -> Track:
    """Return the track with these rows, rounded to what it can hold."""
    return Track(
        vehicle_id=vehicle_id,
        begins_s=begins_s,
        stops=tuple(stops),
        lat_steps_e7=_steps([round(row.lat * _E7) for row in rows]),
        lon_steps_e7=_steps([round(row.lon * _E7) for row in rows]),
        speeds_cmps=tuple(round(row.speed_mps * _CENTI) for row in rows),
        heading_steps_deg=_steps([row.heading_deg for row in rows]),
    )


def _steps(values: Sequence[int]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in itertools.pairwise((0, *values)))


def encode(recording: Recording) -> bytes:
    """Return the recording as it stands in its file."""
    return lzma.compress(msgspec.msgpack.encode(recording), preset=lzma.PRESET_EXTREME)


def decode(file: bytes) -> Recording:
    """Return the recording in a file's bytes."""
    return msgspec.msgpack.decode(lzma.decompress(file), type=Recording)


def read_recording() -> Recording:
    """Return the recording that comes with this package."""
    return decode(resources.files(__package__).joinpath(_FILE).read_bytes())
