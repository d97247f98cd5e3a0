"""CSV files with positions, plain or compressed with gzip."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

import msgspec

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.columns import Columns, find_columns
from fleet_app.ingest.replay.rows import BadRow, RowReader, SpeedUnit

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How files are written.

    Attributes:
        mapping: Quantity → header, where the header is not one of those known.
        attributes: Headers of columns to carry along as attributes.
        zone: The zone of times without an offset.
        speed_unit: The unit of speeds.
        delimiter: What separates cells.
    """

    mapping: Mapping[str, str]
    attributes: tuple[str, ...]
    zone: tzinfo
    speed_unit: SpeedUnit
    delimiter: str


class PositionsFile:
    """An open file. Use as a context manager.

    Args:
        path: The file.
        form: How it is written.

    Raises:
        InputError: On entry, if it cannot be opened or lacks a column.
    """

    def __init__(self, path: Path, form: Format) -> None:
        self._path = path
        self._format = form
        self._raw: BinaryIO
        self.columns: Columns

    def __enter__(self) -> Self:
        try:
            self._raw = self._path.open("rb")
        except OSError as error:
            raise InputError(f"{self._path} cannot be opened: {error.strerror}") from error
        compressed = self._raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        self._raw.seek(0)
        plain = cast("BinaryIO", gzip.GzipFile(fileobj=self._raw)) if compressed else self._raw
        # A byte that is not UTF-8 costs the cell it stands in, not the file.
        text = io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._cells = csv.reader(text, delimiter=self._format.delimiter, strict=True)
        try:
            self.columns = find_columns(self._header(), self._format.mapping, self._format.attributes)
        except InputError as error:
            self._raw.close()
            raise InputError(f"{self._path}: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._raw.close()

    @property
    def bytes_total(self) -> int:
        """How large the file is on disk."""
        return self._path.stat().st_size

    @property
    def bytes_read(self) -> int:
        """How much of it has been read."""
        return self._raw.tell()

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each row says, in file order. Empty lines are no rows.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """
        reader = RowReader(self.columns, self._format.zone, self._format.speed_unit)
        return (reader.read(self._cells.line_num, cells) for cells in self._readable() if cells)

    def _header(self) -> list[str]:
        header = next(self._readable(), None)
        if header is None:
            raise InputError("the file is empty; its first line must name the columns")
        return header

    def _readable(self) -> Iterator[list[str]]:
        try:
            yield from self._cells
        except (csv.Error, EOFError, OSError, zlib.error) as error:
            raise InputError(f"{self._path} is damaged after line {self._cells.line_num}: {error}") from error
