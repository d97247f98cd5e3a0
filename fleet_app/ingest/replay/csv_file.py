"""CSV: a first line that names the columns, then one position a line."""

import csv
import io
from collections.abc import Iterator
from functools import partial

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.columns import find_columns
from fleet_app.ingest.replay.recording import DAMAGE, BadRow, BadRowError, Options, Source, damaged
from fleet_app.ingest.replay.rows import RowReader
from fleet_app.ingest.replay.times import read_time_ms


class CsvRecording:
    """A CSV file.

    Args:
        source: The file.
        options: What is said about it.

    Raises:
        InputError: It is empty or damaged, or lacks a column.
    """

    def __init__(self, source: Source, options: Options) -> None:
        self._source = source
        # A byte that is not UTF-8 costs the cell it stands in, not the file.
        text = io.TextIOWrapper(source.plain, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._cells = csv.reader(text, delimiter=options.delimiter, strict=True)
        self._columns = find_columns(self._header(), options)
        self._reader = RowReader(self._columns, options, partial(read_time_ms, zone=options.zone))

    def describe(self) -> str:
        """Say which columns are read, and which are left out."""
        return self._columns.describe()

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return self._source.bytes_read

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each row says, in file order. Empty lines are no rows.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """
        return (self._row(cells) for cells in self._readable() if cells)

    def _row(self, cells: list[str]) -> Position | BadRow:
        if len(cells) != len(self._columns.header):
            return self._bad(f"it has {len(cells)} cells, the header has {len(self._columns.header)}")
        try:
            return self._reader.read(cells)
        except BadRowError as error:
            return self._bad(str(error))

    def _bad(self, problem: str) -> BadRow:
        return BadRow(f"line {self._cells.line_num}", problem)

    def _header(self) -> list[str]:
        header = next(self._readable(), None)
        if header is None:
            raise InputError("the file is empty; its first line must name the columns")
        return header

    def _readable(self) -> Iterator[list[str]]:
        try:
            yield from self._cells
        except (csv.Error, *DAMAGE) as error:
            raise damaged(f"after line {self._cells.line_num}", error) from error
