import gzip
from contextlib import closing
from pathlib import Path

import pytest

from fleet_app.errors import InputError
from fleet_app.ingest.replay.recording import Source
from tests.ingest.replay.reading import written

TEXT = b"one line\n" * 100


@pytest.mark.parametrize(
    ("name", "left"),
    [("day.csv", "day.csv"), ("day.csv.gz", "day.csv"), ("day.CSV.GZIP", "day.CSV"), ("day", "day"), (".gz", ".gz")],
)
def test_the_name_leaves_out_the_compression(name: str, left: str, tmp_path: Path) -> None:
    with closing(Source(written(tmp_path / name, b""))) as source:
        assert str(source.name) == left


@pytest.mark.parametrize(("content", "packed"), [(TEXT, False), (gzip.compress(TEXT, mtime=0), True)])
def test_a_look_at_the_head_takes_nothing_away(content: bytes, packed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    with closing(Source(written(tmp_path / "day", content))) as source:
        assert (source.packed, source.head(3), source.plain.read()) == (packed, b"one", TEXT)
        assert source.bytes_read == source.bytes_total == len(content)


def test_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it cannot be opened: Is a directory"):
        Source(tmp_path)
