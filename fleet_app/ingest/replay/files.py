"""Files with positions: CSV, GPX, NMEA and Parquet, the first three also compressed with gzip."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.csv_file import CsvRecording
from fleet_app.ingest.replay.gpx_file import GpxRecording
from fleet_app.ingest.replay.nmea_file import NmeaRecording
from fleet_app.ingest.replay.recording import BadRow, Options, Recording, Source


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    GPX = "gpx"
    NMEA = "nmea"
    PARQUET = "parquet"


SUFFIXES: Final[Mapping[str, FileFormat]] = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".gpx": FileFormat.GPX,
    ".nmea": FileFormat.NMEA,
    ".nma": FileFormat.NMEA,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
}
"""Suffixes that say how a file is written. Others (.txt, .log) say nothing: its first bytes do."""

_BEGINNINGS: Final = ((b"PAR1", FileFormat.PARQUET), (b"<", FileFormat.GPX), (b"$", FileFormat.NMEA))
_HEAD_BYTES: Final = 64


class PositionsFile:
    """An open file. Use as a context manager.

    Args:
        path: The file.
        options: What is said about it.
        form: How it is written; None leaves it to the suffix, then to how it begins.

    Raises:
        InputError: On entry, if it cannot be opened or read, or lacks a column. The message names the file.

    Attributes:
        form: How it is written, from entry on.
    """

    def __init__(self, path: Path, options: Options, form: FileFormat | None = None) -> None:
        self._path = path
        self._options = options
        self._told = form
        self._source: Source
        self._recording: Recording
        self.form: FileFormat

    def __enter__(self) -> Self:
        try:
            self._source = Source(self._path)
            try:
                self.form = self._told or format_of(self._source)
                self._recording = _READERS[self.form](self._source, self._options)
            except BaseException:
                self._source.close()
                raise
        except InputError as error:
            raise InputError(f"{self._path}: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._source.close()

    def describe(self) -> str:
        """Say what is read from where."""
        return self._recording.describe()

    @property
    def bytes_total(self) -> int:
        """How large the file is on disk."""
        return self._source.bytes_total

    @property
    def bytes_read(self) -> int:
        """How much of it has been read, about."""
        return self._recording.bytes_read

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each row says, in file order.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """
        try:
            yield from self._recording.rows()
        except InputError as error:
            raise InputError(f"{self._path}: {error}") from error


def format_of(source: Source) -> FileFormat:
    """Return how a file is written, by its suffix, or else by how it begins.

    Raises:
        InputError: It is damaged at its start.
    """
    by_suffix = SUFFIXES.get(source.name.suffix.lower())
    if by_suffix is not None:
        return by_suffix
    head = source.head(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((form for beginning, form in _BEGINNINGS if head.startswith(beginning)), FileFormat.CSV)


def _read_parquet(source: Source, options: Options) -> Recording:
    try:
        from fleet_app.ingest.replay.parquet_file import ParquetRecording  # noqa: PLC0415 - pyarrow is an extra
    except ImportError as error:
        raise InputError(f"Parquet needs pyarrow ({error}): pip install 'fleet-app[parquet]'") from error
    return ParquetRecording(source, options)


_READERS: Final[Mapping[FileFormat, Callable[[Source, Options], Recording]]] = {
    FileFormat.CSV: CsvRecording,
    FileFormat.GPX: GpxRecording,
    FileFormat.NMEA: NmeaRecording,
    FileFormat.PARQUET: _read_parquet,
}
