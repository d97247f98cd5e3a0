"""What every kind of recording has in common: how it is opened, what is said about it, what it gives."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

import msgspec

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.values import SpeedUnit

_GZIP_MAGIC: Final = b"\x1f\x8b"
_PACKINGS: Final = (".gz", ".gzip")

DAMAGE: Final = (EOFError, OSError, zlib.error)
"""What reading a damaged file raises, whatever is written in it."""


def damaged(where: str, error: Exception) -> InputError:
    """Return the error that says where a file cannot be read any further."""
    return InputError(f"it is damaged {where}: {error}")


class BadRow(msgspec.Struct, frozen=True):
    """A piece of a file that should be a position and is none.

    Attributes:
        place: Where it stands, in the words of its format: `line 7`, `row 7`.
        problem: What is wrong with it.
    """

    place: str
    problem: str


class BadRowError(Exception):
    """A row cannot be turned into a position; the message names the value and what is wrong with it."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about files beside what stands in them.

    Attributes:
        vehicle_id: Whose positions all of them are; None leaves it to the file.
        mapping: Quantity → header, where the header is not one of those known.
        attributes: What to carry along as attributes, by the names that the file has for it.
        zone: The zone of times without an offset.
        speed_unit: The unit of speeds, where the format does not fix it.
        delimiter: What separates cells.
    """

    vehicle_id: str | None = None
    mapping: Mapping[str, str] = {}
    attributes: tuple[str, ...] = ()
    zone: tzinfo = UTC
    speed_unit: SpeedUnit = SpeedUnit.MPS
    delimiter: str = ","


class Source:
    """A file open for reading, unpacked on the way if it is compressed with gzip.

    Args:
        path: The file.

    Attributes:
        path: The file.
        raw: Its bytes as they stand on disk.
        packed: Whether these are compressed with gzip.
        plain: Its bytes unpacked.

    Raises:
        InputError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.raw: BinaryIO = path.open("rb")
        except OSError as error:
            raise InputError(f"it cannot be opened: {error.strerror}") from error
        self.packed = self.raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        self.raw.seek(0)
        self.plain = cast("BinaryIO", gzip.GzipFile(fileobj=self.raw)) if self.packed else self.raw

    @property
    def name(self) -> Path:
        """The file's name without what tells its compression."""
        return Path(self.path.stem if self.path.suffix.lower() in _PACKINGS else self.path.name)

    @property
    def bytes_total(self) -> int:
        """How large the file is on disk."""
        return self.path.stat().st_size

    @property
    def bytes_read(self) -> int:
        """How much of it has been read."""
        return self.raw.tell()

    def head(self, size: int) -> bytes:
        """Return the first bytes, at most `size`; they will be read again.

        Raises:
            InputError: It is damaged.
        """
        try:
            start = self.plain.read(size)
            self.plain.seek(0)
        except DAMAGE as error:
            raise damaged("at its start", error) from error
        return start

    def close(self) -> None:
        """Close the file."""
        self.raw.close()


class Recording(Protocol):
    """An open file of one format, ready to be read once from start to end. Its errors leave out which file it is."""

    def describe(self) -> str:
        """Say what is read from where."""

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each row says, in file order.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read, about."""
