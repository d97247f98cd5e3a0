"""Files of two stores, mixed by whoever copies state directories: the result is right or empty, never a third thing."""

import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from fleet_app.stream.store.rocksdb import RocksStores, StoreDamagedError
from tests.support.dying_store import TABLES, WRITES, entries, meta

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = ("MANIFEST-*", "*.log", "*.sst", "IDENTITY", "CURRENT")


@pytest.fixture(scope="module", params=[1, 2], ids=["in their first life", "in their second life"])
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a worker that was killed, with two stores."""
    directory = tmp_path_factory.mktemp("killed")
    for life in range(request.param):
        command = [sys.executable, "-m", "tests.support.dying_store", str(directory), str(life * WRITES + 1)]
        subprocess.run(command, cwd=ROOT, check=True)
    return directory


def is_right_or_empty(directory: Path) -> bool:
    """Return whether the store of partition 0 holds what it claims, and nothing else."""
    store = RocksStores(directory, TABLES).open(0)
    found = store.meta()
    writes = 0 if found is None else found.marks[TABLES[0]].next_offset
    right = all(store.scan(table, b"", None, 1_000) == entries(table, 0, writes) for table in TABLES)
    store.close()
    return right


def test_a_file_of_another_store_is_noticed(killed: Path, tmp_path: Path) -> None:
    pairs = [
        (own, other)
        for kind in KINDS
        for own, other in product((killed / "tasks/0").glob(kind), (killed / "tasks/1").glob(kind))
    ]
    wrong = []

    for number, (own, other) in enumerate(pairs):
        directory = tmp_path / str(number)
        shutil.copytree(killed, directory)
        shutil.copyfile(other, directory / "tasks/0" / own.name)
        wrong += [] if is_right_or_empty(directory) else [(own.name, other.name)]

    assert {own.suffix for own, _ in pairs} >= {"", ".log"}
    assert wrong == []


def test_the_store_of_another_partition_is_noticed(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed / "tasks/1", tmp_path / "tasks/0")

    store = RocksStores(tmp_path, TABLES).open(0)

    assert store.meta() is None
    assert [store.scan(table, b"", None, 1) for table in TABLES] == [[]] * len(TABLES)


def test_a_store_in_its_place_is_complete(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)

    store = RocksStores(tmp_path, TABLES).open(0)

    found = store.meta()
    assert found is not None
    assert found.written_ms % WRITES == 0
    assert store.scan(TABLES[0], b"", None, 1_000) == entries(TABLES[0], 0, found.written_ms)


def test_a_manifest_that_was_cut_is_noticed(killed: Path, tmp_path: Path) -> None:
    (manifest,) = (killed / "tasks/0").glob("MANIFEST-*")
    size = manifest.stat().st_size
    wrong = []

    for left in range(size % 40, size, 40):
        directory = tmp_path / str(left)
        shutil.copytree(killed, directory)
        os.truncate(directory / "tasks/0" / manifest.name, left)
        wrong += [] if is_right_or_empty(directory) else [left]

    assert wrong == []


def test_a_store_whose_files_are_taken_away_while_it_is_open_says_so(tmp_path: Path) -> None:
    store = RocksStores(tmp_path, TABLES).open(0)
    store.settle(meta(0))
    shutil.rmtree(tmp_path / "tasks/0")

    with pytest.raises(StoreDamagedError, match="start the worker again"):
        store.write({}, meta(1))

    store.close()
