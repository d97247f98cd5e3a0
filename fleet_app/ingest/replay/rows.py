"""A row of cells as a position, or why it is none."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fleet_app.domain.position import Position
from fleet_app.ingest.replay.columns import Columns
from fleet_app.ingest.replay.recording import BadRowError, Options
from fleet_app.ingest.replay.values import (
    METRES_PER_SECOND,
    Cell,
    is_empty,
    read_attribute,
    read_number,
    read_switch,
    read_text,
)

T = TypeVar("T")


class RowReader:
    """Turns rows into positions.

    Values that can be read but cannot be true (a latitude of 91) are kept, so that the app refuses them where
    everybody can see it.

    Args:
        columns: Where everything stands.
        options: What is said about the file.
        read_time_ms: Reads the time's cell: ms since 1970, UTC.
    """

    def __init__(self, columns: Columns, options: Options, read_time_ms: Callable[[Cell], int]) -> None:
        self._columns = columns
        self._vehicle_id = options.vehicle_id
        self._mps = METRES_PER_SECOND[options.speed_unit]
        self._read_time_ms = read_time_ms
        self._time, self._lat, self._lon = (columns.places[quantity] for quantity in ("time", "lat", "lon"))
        self._optional: tuple[tuple[str, int, Callable[[Cell], object]], ...] = tuple(
            (field, columns.places[quantity], read)
            for quantity, field, read in (
                ("speed", "speed_mps", self._speed_mps),
                ("heading", "heading_deg", read_number),
                ("accuracy", "accuracy_m", read_number),
                ("altitude", "altitude_m", read_number),
                ("ignition", "ignition", read_switch),
                ("odometer", "odometer_m", read_number),
                ("fuel", "fuel_l", read_number),
                ("device_id", "device_id", read_text),
            )
            if quantity in columns.places
        )

    def read(self, cells: Sequence[Cell]) -> Position:
        """Return the position in a row that has a cell for every column.

        Raises:
            BadRowError: A cell that is needed is empty, or one cannot be read.
        """
        return Position(
            vehicle_id=self._vehicle_id or self._cell(cells, self._columns.places["vehicle_id"], read_text),
            time_ms=self._cell(cells, self._time, self._read_time_ms),
            lat=self._cell(cells, self._lat, read_number),
            lon=self._cell(cells, self._lon, read_number),
            **self._optional_fields(cells),
        )

    def _optional_fields(self, cells: Sequence[Cell]) -> dict[str, Any]:
        fields = {
            field: self._cell(cells, place, read) for field, place, read in self._optional if not is_empty(cells[place])
        }
        if self._columns.attributes:
            fields["attributes"] = {
                name: self._cell(cells, place, read_attribute)
                for name, place in self._columns.attributes.items()
                if not is_empty(cells[place])
            }
        return fields

    def _cell(self, cells: Sequence[Cell], place: int, read: Callable[[Cell], T]) -> T:
        try:
            return read(cells[place])
        except ValueError as error:
            problem = "is empty" if is_empty(cells[place]) else error
            raise BadRowError(f"{self._columns.header[place]} {cells[place]!r} {problem}") from error

    def _speed_mps(self, cell: Cell) -> float:
        return read_number(cell) * self._mps
