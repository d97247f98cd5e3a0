from pathlib import Path

import pytest

from fleet_app.errors import InputError
from fleet_app.ingest.replay.recording import BadRow, Options
from tests.ingest.replay.reading import in_short, rows_of, written

TEXT = """vehicle,time,lat,lon,place
van-7,1433678400,30.1,-97.7,"yard, gate 2"

van-8,1433678401,30.2,-97.8,"two
lines"
van-9,never,30.3,-97.9,
"""


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows_are_read_in_order_with_the_lines_of_bad_ones(mark: bytes, tmp_path: Path) -> None:
    path = written(tmp_path / "positions.csv", mark + TEXT.encode())

    assert in_short(rows_of(path)) == ["van-7", "van-8", "line 6"]


def test_cells_may_be_separated_by_something_else(tmp_path: Path) -> None:
    path = written(tmp_path / "positions.tsv", "vehicle\ttime\tlat\tlon\nvan-7\t0\t1\t2\n")

    assert in_short(rows_of(path, Options(delimiter="\t"))) == ["van-7"]


def test_a_byte_that_is_not_utf_8_costs_its_row_only_where_it_matters(tmp_path: Path) -> None:
    path = written(tmp_path / "positions.csv", b"vehicle,time,lat,lon,place\nvan-7,0,1,2,caf\xe9\ncaf\xe9,0,1,2,\n")

    assert in_short(rows_of(path)) == ["van-7", "line 3"]


@pytest.mark.parametrize("cells", ["van-7,0,1", "van-7,0,1,2,3"])
def test_a_row_of_another_length_is_not_guessed_at(cells: str, tmp_path: Path) -> None:
    path = written(tmp_path / "positions.csv", f"vehicle,time,lat,lon\n{cells}\n")

    assert rows_of(path) == [BadRow("line 2", f"it has {cells.count(',') + 1} cells, the header has 4")]


def test_a_log_of_one_vehicle_needs_no_column_for_it(tmp_path: Path) -> None:
    path = written(tmp_path / "positions.csv", "time,lat,lon\n0,1,2\n")

    assert in_short(rows_of(path, Options(vehicle_id="van-7"))) == ["van-7"]


@pytest.mark.parametrize("content", [b"\x1f\x8bnot gzip at all", b'vehicle,time,lat,lon\nvan-7,0,1,2\n"van-8,0,1,2\n'])
def test_a_damaged_file_is_read_up_to_there(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is damaged after line"):
        rows_of(written(tmp_path / "positions.csv", content))
