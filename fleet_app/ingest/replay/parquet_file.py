"""Parquet: columns with types, read with pyarrow, which comes with the extra `parquet`."""

import math
from collections.abc import Callable, Iterator
from datetime import tzinfo
from functools import partial
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.columns import find_columns
from fleet_app.ingest.replay.recording import BadRow, BadRowError, Options, Source, damaged
from fleet_app.ingest.replay.rows import RowReader
from fleet_app.ingest.replay.times import read_time_ms, wall_time_ms
from fleet_app.ingest.replay.values import Cell, read_number

_BATCH: Final = 5_000
"""Rows in memory at once."""

_PAGE_BUFFER_BYTES: Final = 1 << 20
"""Read from each column at once; without it, a row group is in memory whole."""

_DAMAGE: Final = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises for a file that is not as it should be; names that are not UTF-8 are a ValueError."""

_PER_MILLISECOND: Final = {"s": 1e-3, "ms": 1.0, "us": 1e3, "ns": 1e6}

_TEXTS: Final = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary),
)
_NUMBERS: Final = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


class ParquetRecording:
    """A Parquet file.

    Args:
        source: The file.
        options: What is said about it.

    Raises:
        InputError: It is no Parquet file, lacks a column, or has one of a type that cannot be used.
    """

    def __init__(self, source: Source, options: Options) -> None:
        if source.packed:
            raise InputError("it is compressed with gzip, but Parquet is read from its end: unpack it first")
        self._source = source
        try:
            self._file = parquet.ParquetFile(source.raw, buffer_size=_PAGE_BUFFER_BYTES, pre_buffer=False)
            schema = self._file.schema_arrow
            names = schema.names
        except _DAMAGE as error:
            raise InputError(f"it is no Parquet file that can be read: {error}") from error
        self._columns = find_columns(names, options)
        for place in self._columns.used:
            _require_scalar(schema.field(place))
        self._reader = RowReader(
            self._columns.narrowed(), options, _time_reader(schema.types[self._columns.places["time"]], options.zone)
        )
        self._rows_total = max(int(self._file.metadata.num_rows), 1)
        self._rows_read = 0

    def describe(self) -> str:
        """Say which columns are read, and which are left out."""
        return self._columns.describe()

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read, by rows: a Parquet file is not read from start to end."""
        return self._source.bytes_total * self._rows_read // self._rows_total

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each row says, in file order.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """
        for batch in self._batches():
            for cells in zip(*batch, strict=True):
                self._rows_read += 1
                yield self._row(cells)

    def _row(self, cells: tuple[Cell, ...]) -> Position | BadRow:
        try:
            return self._reader.read(cells)
        except BadRowError as error:
            return BadRow(f"row {self._rows_read}", str(error))

    def _batches(self) -> Iterator[list[list[Cell]]]:
        """Return the cells of each column that is used, some rows at a time."""
        names = [self._columns.header[place] for place in self._columns.used]
        try:
            for batch in self._file.iter_batches(_BATCH, columns=names):
                yield [_cells(batch.column(batch.schema.names.index(name))) for name in names]
        except _DAMAGE as error:
            raise damaged(f"after row {self._rows_read}", error) from error


def _require_scalar(field: Any) -> None:  # noqa: ANN401 - pyarrow is not typed
    """Refuse a column of lists, of structs, or of anything else that is not one value a row."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if not any(fits(kind) for fits in (_is_text, _is_number, pa.types.is_timestamp, pa.types.is_null)):
        raise InputError(
            f"column {field.name!r} is of type {field.type}: text, numbers, booleans and timestamps can be used"
        )


def _time_reader(kind: Any, zone: tzinfo) -> Callable[[Cell], int]:  # noqa: ANN401 - pyarrow is not typed
    """Return what reads the cells of a time column of this type."""
    if not pa.types.is_timestamp(kind):
        return partial(read_time_ms, zone=zone)
    if kind.tz is not None:
        return _whole
    return lambda cell: wall_time_ms(_whole(cell), zone)


def _whole(cell: Cell) -> int:
    return round(read_number(cell))


def _cells(column: Any) -> list[Cell]:  # noqa: ANN401 - pyarrow is not typed
    """Return the values of a column: timestamps in ms since 1970, NaN as nothing, text whether it is UTF-8 or not."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        per_ms = _PER_MILLISECOND[column.type.unit]
        return [None if count is None else round(count / per_ms) for count in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numbers = column.cast(pa.float64()).to_pylist()
        return [None if number is None or math.isnan(number) else number for number in numbers]
    if _is_text(column.type):
        texts = column.cast(pa.large_binary()).to_pylist()
        return [None if text is None else text.decode("utf-8", "surrogateescape") for text in texts]
    cells: list[Cell] = column.to_pylist()
    return cells


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - pyarrow is not typed
    return any(fits(kind) for fits in _TEXTS)


def _is_number(kind: Any) -> bool:  # noqa: ANN401 - pyarrow is not typed
    return any(fits(kind) for fits in _NUMBERS)
