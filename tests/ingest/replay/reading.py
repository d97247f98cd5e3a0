"""Files made and read by tests."""

from pathlib import Path
from tempfile import TemporaryDirectory

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.files import FileFormat, PositionsFile
from fleet_app.ingest.replay.recording import BadRow, Options

Rows = list[Position | BadRow]


def rows_of(path: Path, options: Options | None = None, form: FileFormat | None = None) -> Rows:
    """Return what each row of a file says."""
    with PositionsFile(path, options or Options(), form) as file:
        return list(file.rows())


def written(path: Path, content: bytes | str) -> Path:
    """Write a file and return its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def in_short(rows: Rows) -> list[str]:
    """Return the vehicle of each position, and the place of each row that is none."""
    return [row.vehicle_id if isinstance(row, Position) else row.place for row in rows]


def rows_in(name: str, content: bytes, options: Options | None = None, form: FileFormat | None = None) -> Rows:
    """Return what each row of a file with this name and content says; for tests that make many."""
    with TemporaryDirectory() as folder:
        return rows_of(written(Path(folder) / name, content), options, form)


def rows_or_refusal(name: str, content: bytes) -> Rows | InputError:
    """Return what each row says, or why the file cannot be used; anything else that is raised fails the test."""
    try:
        return rows_in(name, content)
    except InputError as error:
        return error
