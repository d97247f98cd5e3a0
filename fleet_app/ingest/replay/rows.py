"""A row of a CSV file as a position, or why it is none."""

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from fleet_app.domain.position import Position
from fleet_app.ingest.replay.columns import REQUIRED, Columns
from fleet_app.ingest.replay.times import read_time_ms


class SpeedUnit(StrEnum):
    """The unit of a file's speeds."""

    MPS = "mps"
    KMH = "kmh"
    MPH = "mph"
    KNOTS = "knots"


METRES_PER_SECOND: Final = {
    SpeedUnit.MPS: 1.0,
    SpeedUnit.KMH: 1 / 3.6,
    SpeedUnit.MPH: 0.44704,
    SpeedUnit.KNOTS: 1_852 / 3_600,
}

_ON: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_OFF: Final = frozenset({"0", "false", "f", "no", "n", "off"})


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be turned into a position, and why."""

    line: int
    problem: str


class _BadCellError(Exception):
    """One cell cannot be read; the message names its column and what it holds."""


T = TypeVar("T")


class RowReader:
    """Turns rows into positions.

    Values that can be read but cannot be true (a latitude of 91) are kept, so that the app refuses them where
    everybody can see it.

    Args:
        columns: Where everything stands.
        zone: The zone of times without an offset.
        speed_unit: The unit of the file's speeds.
    """

    def __init__(self, columns: Columns, zone: tzinfo, speed_unit: SpeedUnit) -> None:
        self._columns = columns
        self._zone = zone
        self._mps = METRES_PER_SECOND[speed_unit]
        self._vehicle, self._time, self._lat, self._lon = (columns.places[quantity] for quantity in REQUIRED)
        self._optional: tuple[tuple[str, int, Callable[[str], object]], ...] = tuple(
            (field, columns.places[quantity], read)
            for quantity, field, read in (
                ("speed", "speed_mps", self._speed_mps),
                ("heading", "heading_deg", _number),
                ("accuracy", "accuracy_m", _number),
                ("altitude", "altitude_m", _number),
                ("ignition", "ignition", _switch),
                ("odometer", "odometer_m", _number),
                ("fuel", "fuel_l", _number),
                ("device_id", "device_id", _text),
            )
            if quantity in columns.places
        )

    def read(self, line: int, cells: Sequence[str]) -> Position | BadRow:
        """Return the position in a row. `line` is where it stands in the file, for the report."""
        if len(cells) != len(self._columns.header):
            return BadRow(line, f"it has {len(cells)} cells, the header has {len(self._columns.header)}")
        try:
            return Position(
                vehicle_id=self._cell(cells, self._vehicle, _text),
                time_ms=self._cell(cells, self._time, self._time_ms),
                lat=self._cell(cells, self._lat, _number),
                lon=self._cell(cells, self._lon, _number),
                **self._optional_fields(cells),
            )
        except _BadCellError as error:
            return BadRow(line, str(error))

    def _optional_fields(self, cells: Sequence[str]) -> dict[str, Any]:
        fields = {field: self._cell(cells, place, read) for field, place, read in self._optional if cells[place]}
        if self._columns.attributes:
            fields["attributes"] = {
                name: self._cell(cells, place, _text)
                for name, place in self._columns.attributes.items()
                if cells[place]
            }
        return fields

    def _cell(self, cells: Sequence[str], place: int, read: Callable[[str], T]) -> T:
        try:
            return read(cells[place])
        except ValueError as error:
            problem = error if cells[place] else "is empty"
            raise _BadCellError(f"{self._columns.header[place]} {cells[place]!r} {problem}") from error

    def _time_ms(self, text: str) -> int:
        return read_time_ms(text, self._zone)

    def _speed_mps(self, text: str) -> float:
        return _number(text) * self._mps


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not UTF-8") from error
    if not text:
        raise ValueError("is empty")
    return text


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise ValueError("is not a number") from error
    if not math.isfinite(number):
        raise ValueError("is not a number")
    return number


def _switch(text: str) -> bool:
    plain = text.strip().lower()
    if plain not in _ON | _OFF:
        raise ValueError(f"is neither on ({', '.join(sorted(_ON))}) nor off ({', '.join(sorted(_OFF))})")
    return plain in _ON
