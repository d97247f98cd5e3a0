import gzip
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import pytest

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.files import Format, PositionsFile
from fleet_app.ingest.replay.rows import BadRow, SpeedUnit

TEXT = """vehicle,time,lat,lon,place
van-7,1433678400,30.1,-97.7,"yard, gate 2"

van-8,1433678401,30.2,-97.8,"two
lines"
van-9,never,30.3,-97.9,
"""


def form(delimiter: str = ",", mapping: Mapping[str, str] | None = None) -> Format:
    return Format(mapping=mapping or {}, attributes=(), zone=UTC, speed_unit=SpeedUnit.MPS, delimiter=delimiter)


def read(path: Path, how: Format | None = None) -> list[Position | BadRow]:
    with PositionsFile(path, how or form()) as file:
        return list(file.rows())


def lines(rows: list[Position | BadRow]) -> list[object]:
    return [row.vehicle_id if isinstance(row, Position) else row.line for row in rows]


@pytest.mark.parametrize("content", [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), gzip.compress(TEXT.encode())])
def test_plain_and_compressed_files_are_read_in_order_with_the_lines_of_bad_rows(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "positions"
    path.write_bytes(content)

    assert lines(read(path)) == ["van-7", "van-8", 6]


def test_cells_may_be_separated_by_something_else(tmp_path: Path) -> None:
    path = tmp_path / "positions.tsv"
    path.write_text("vehicle\ttime\tlat\tlon\nvan-7\t0\t1\t2\n")

    assert lines(read(path, form("\t"))) == ["van-7"]


def test_a_byte_that_is_not_utf_8_costs_its_row_only_where_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "positions.csv"
    path.write_bytes(b"vehicle,time,lat,lon,place\nvan-7,0,1,2,caf\xe9\ncaf\xe9,0,1,2,\n")

    assert lines(read(path)) == ["van-7", 3]


def test_how_far_a_file_is_read_is_known(tmp_path: Path) -> None:
    path = tmp_path / "positions.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))

    with PositionsFile(path, form()) as file:
        list(file.rows())
        assert file.bytes_read == file.bytes_total == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; its first line must name the columns"),
        (b"a,b\n1,2\n", "positions.csv: no column is known to be vehicle_id among a, b"),
        (gzip.compress(TEXT.encode() * 100)[:-20], "is damaged after line"),
        (b"\x1f\x8bnot gzip at all", "is damaged after line 0"),
        (b'vehicle,time,lat,lon\nvan-7,0,1,2\n"van-8,0,1,2\n', "is damaged after line"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "positions.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=message):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv cannot be opened: No such file"):
        read(tmp_path / "gone.csv")
