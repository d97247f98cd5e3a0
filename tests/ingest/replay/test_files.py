import gzip
import io
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from fleet_app.errors import InputError
from fleet_app.ingest.replay.files import FileFormat, PositionsFile
from fleet_app.ingest.replay.recording import Options
from tests.ingest.replay.reading import in_short, rows_of, written


def as_parquet() -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"vehicle": ["van-7"], "time": [0], "lat": [1.0], "lon": [2.0]}), buffer)
    return buffer.getvalue()


CSV = b"vehicle,time,lat,lon\nvan-7,0,1,2\n"
GPX = b'<gpx><wpt lat="1" lon="2"><time>1970-01-01T00:00:00Z</time></wpt></gpx>'
NMEA = b"$GPRMC,000000,A,0100.0,N,00200.0,E,,,010170,,\n"
PARQUET = as_parquet()

ALL = [
    ("van-7.csv", CSV, FileFormat.CSV),
    ("van-7.gpx", GPX, FileFormat.GPX),
    ("van-7.nmea", NMEA, FileFormat.NMEA),
    ("van-7.parquet", PARQUET, FileFormat.PARQUET),
]


@pytest.mark.parametrize(("name", "content", "form"), ALL)
def test_every_format_is_told_by_its_suffix(name: str, content: bytes, form: FileFormat, tmp_path: Path) -> None:
    with PositionsFile(written(tmp_path / name.upper(), content), Options(vehicle_id="van-7")) as file:
        assert (file.form, in_short(list(file.rows()))) == (form, ["van-7"])


@pytest.mark.parametrize("name", ["van-7", "van-7.txt", "van-7.log"])
@pytest.mark.parametrize(("content", "form"), [(content, form) for _, content, form in ALL])
def test_where_the_suffix_says_nothing_the_first_bytes_do(
    name: str, content: bytes, form: FileFormat, tmp_path: Path
) -> None:
    with PositionsFile(written(tmp_path / name, content), Options()) as file:
        assert (file.form, in_short(list(file.rows()))) == (form, ["van-7"])


@pytest.mark.parametrize(("name", "content", "form"), ALL[:3])
@pytest.mark.parametrize("suffix", [".gz", ".gzip", ".GZ", ""])
def test_compression_is_told_by_the_content(
    name: str, content: bytes, form: FileFormat, suffix: str, tmp_path: Path
) -> None:
    with PositionsFile(written(tmp_path / (name + suffix), gzip.compress(content)), Options()) as file:
        assert (file.form, in_short(list(file.rows()))) == (form, ["van-7"])


def test_what_is_said_about_the_format_counts_more_than_the_suffix(tmp_path: Path) -> None:
    path = written(tmp_path / "van-7.csv", NMEA)

    assert in_short(rows_of(path, form=FileFormat.NMEA)) == ["van-7"]


def test_a_mark_of_unicode_before_the_first_byte_does_not_matter(tmp_path: Path) -> None:
    with PositionsFile(written(tmp_path / "van-7.txt", b"\xef\xbb\xbf\n" + GPX), Options()) as file:
        assert file.form is FileFormat.GPX


@pytest.mark.parametrize(("name", "content", "form"), ALL)
def test_a_vehicle_named_beforehand_is_that_of_all_positions(
    name: str, content: bytes, form: FileFormat, tmp_path: Path
) -> None:
    assert in_short(rows_of(written(tmp_path / name, content), Options(vehicle_id="bus-1"), form)) == ["bus-1"]


@pytest.mark.parametrize(("name", "content", "form"), ALL)
def test_how_far_a_file_is_read_is_known(name: str, content: bytes, form: FileFormat, tmp_path: Path) -> None:
    path = written(tmp_path / name, content)

    with PositionsFile(path, Options(), form) as file:
        list(file.rows())
        assert file.bytes_read == file.bytes_total == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("day.csv", b"", r"day\.csv: the file is empty; its first line must name the columns"),
        ("day.csv", b"a,b\n1,2\n", r"day\.csv: no column is known to be vehicle_id among a, b"),
        ("day.csv", gzip.compress(CSV * 100, mtime=0)[:-20], r"day\.csv: it is damaged after line"),
        ("day.txt", gzip.compress(CSV * 100, mtime=0)[:20], r"day\.txt: it is damaged at its start"),
        ("day.gpx", GPX[:-1], r"day\.gpx: it is damaged after line 1: no element found|unclosed token"),
        ("day.nmea", gzip.compress(NMEA * 100, mtime=0)[:-20], r"day\.nmea: it is damaged after line"),
        ("day.parquet", b"PAR1", r"day\.parquet: it is no Parquet file that can be read"),
        (
            "day.parquet",
            gzip.compress(PARQUET, mtime=0),
            r"day\.parquet: it is compressed with gzip, .* unpack it first",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        rows_of(written(tmp_path / name, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: it cannot be opened: No such file"):
        rows_of(tmp_path / "gone.csv")


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "fleet_app.ingest.replay.parquet_file", raising=False)

    with pytest.raises(InputError, match=r"day\.parquet: Parquet needs pyarrow .*pip install 'fleet-app\[parquet\]'"):
        rows_of(written(tmp_path / "day.parquet", PARQUET))
