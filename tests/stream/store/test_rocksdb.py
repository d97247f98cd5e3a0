"""Stores on a real disk: what survives a kill, and what damage leads to."""

import logging
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rocksdict import WriteBatch

from fleet_app.errors import StateError
from fleet_app.stream.engine.ports import Meta, StoreMark, TableChanges
from fleet_app.stream.store.rocksdb import RocksStore, RocksStores, StoreDamagedError
from tests.stream.store import history

ROOT = Path(__file__).parents[3]
WRITES = 120


@contextmanager
def writer(directory: Path, writes: int) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes to a store; it is killed at the end."""
    command = [sys.executable, "-m", "tests.stream.store.history", str(directory), str(writes)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def write_until(process: "subprocess.Popen[str]", said: str) -> None:
    """Wait until the writer says something."""
    assert process.stdout is not None
    assert said in iter(lambda: process.stdout.readline().strip(), "")  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a worker that was killed with files and logs of many writes on its disk."""
    directory = tmp_path_factory.mktemp("killed")
    with writer(directory, WRITES) as process:
        write_until(process, "done")
    return directory


def open_and_read(directory: Path) -> tuple[int, history.State]:
    """Return which state the store claims to be in, and what is in it; damage makes the next start find it empty."""
    store = RocksStores(directory, history.TABLES).open(0)
    try:
        meta = store.meta()
        return (0 if meta is None else meta.written_ms), history.read(store)
    except StoreDamagedError:
        store.close()
        return open_and_read(directory)
    finally:
        store.close()


def a_file(directory: Path, chance: random.Random) -> Path:
    return chance.choice(sorted(path for path in (directory / "tasks" / "0").iterdir() if path.name != "LOCK"))


def delete(directory: Path, chance: random.Random) -> None:
    a_file(directory, chance).unlink()


def delete_two(directory: Path, chance: random.Random) -> None:
    delete(directory, chance)
    delete(directory, chance)


def truncate(directory: Path, chance: random.Random) -> None:
    path = a_file(directory, chance)
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size + 1))


def flip_a_bit(directory: Path, chance: random.Random) -> None:
    path = a_file(directory, chance)
    content = bytearray(path.read_bytes()) or bytearray(1)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def zero_a_block(directory: Path, chance: random.Random) -> None:
    path = a_file(directory, chance)
    content = bytearray(path.read_bytes()) or bytearray(1)
    start = chance.randrange(len(content))
    content[start : start + 512] = bytes(len(content[start : start + 512]))
    path.write_bytes(content)


def append_noise(directory: Path, chance: random.Random) -> None:
    with a_file(directory, chance).open("ab") as file:
        file.write(chance.randbytes(100))


def put_a_foreign_file(directory: Path, chance: random.Random) -> None:
    a_file(directory, chance).write_bytes(chance.randbytes(1000))


def copy_over_another(directory: Path, chance: random.Random) -> None:
    shutil.copyfile(a_file(directory, chance), directory / "copied")
    shutil.move(directory / "copied", a_file(directory, chance))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "damage",
    [
        delete,
        delete_two,
        truncate,
        flip_a_bit,
        zero_a_block,
        append_noise,
        put_a_foreign_file,
        copy_over_another,
    ],
)
def test_a_damaged_store_is_right_or_empty(
    killed: Path, tmp_path: Path, damage: Callable[[Path, random.Random], None], seed: int
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    damage(tmp_path, random.Random(seed))

    claimed, found = open_and_read(tmp_path)

    assert found == history.state(claimed)


def test_a_log_that_is_missing_before_others_is_noticed(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    min((tmp_path / "tasks" / "0").glob("*.log")).unlink()

    claimed, found = open_and_read(tmp_path)

    assert found == history.state(claimed)


def test_an_undamaged_store_of_a_killed_worker_is_complete(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)

    assert open_and_read(tmp_path) == (WRITES, history.state(WRITES))


@pytest.mark.parametrize("number", [1, history.BULK_WRITES, 6, 7, 20, 33, 61, 90])
def test_a_kill_while_writing_leaves_a_write_whole_or_not_at_all(tmp_path: Path, number: int) -> None:
    with writer(tmp_path, 300) as process:
        write_until(process, str(number))

    claimed, found = open_and_read(tmp_path)

    assert found == history.state(claimed)
    assert claimed >= number - 1 or number <= history.BULK_WRITES


def test_another_process_is_told_that_the_store_is_held(tmp_path: Path) -> None:
    with writer(tmp_path, 10) as process:
        write_until(process, "done")

        with pytest.raises(StateError, match="held by another process"):
            RocksStores(tmp_path, history.TABLES).open(0)


META = Meta({"vehicles": StoreMark("here", 1, None)}, 1)


def settled(directory: Path, *tables: str) -> None:
    """Make a store with one entry in each table."""
    store = RocksStores(directory, tables).open(0)
    store.write({table: TableChanges([(b"a", b"1")]) for table in tables}, META)
    store.settle(Meta({table: StoreMark("here", 1, None) for table in tables}, 1))
    store.close()


def test_a_newer_release_finds_one_more_table_empty(tmp_path: Path) -> None:
    settled(tmp_path, "vehicles")
    store = RocksStores(tmp_path, ["vehicles", "trips"]).open(0)

    assert store.get("vehicles", b"a") == b"1"
    assert store.get("trips", b"a") is None


def test_an_older_release_leaves_a_table_alone_that_it_does_not_know(tmp_path: Path) -> None:
    settled(tmp_path, "vehicles", "trips")
    RocksStores(tmp_path, ["vehicles"]).open(0).close()

    assert RocksStores(tmp_path, ["vehicles", "trips"]).open(0).get("trips", b"a") == b"1"


def test_a_table_that_an_older_release_did_not_keep_up_is_emptied(tmp_path: Path) -> None:
    settled(tmp_path, "vehicles", "trips")
    older = RocksStores(tmp_path, ["vehicles"]).open(0)
    older.write({}, META)
    older.close()
    newer = RocksStores(tmp_path, ["vehicles", "trips"]).open(0)

    assert newer.scan("trips", b"", None, 10) == []
    assert newer.get("vehicles", b"a") == b"1"


def test_a_mark_without_its_table_sets_the_store_aside(tmp_path: Path) -> None:
    store = RocksStores(tmp_path, ["vehicles"]).open(0)
    store.settle(Meta({"trips": StoreMark("here", 9, None)}, 1))
    store.close()

    assert RocksStores(tmp_path, ["vehicles", "trips"]).open(0).meta() is None


def test_what_is_not_a_store_is_set_aside_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "tasks" / "0").mkdir(parents=True)
    (tmp_path / "tasks" / "0" / "letter.txt").write_text("not a store")
    caplog.set_level(logging.WARNING)

    store = RocksStores(tmp_path, ["vehicles"]).open(0)

    assert store.meta() is None
    assert "it is no store of RocksDB" in caplog.text
    assert (tmp_path / "tasks" / "0.set-aside" / "letter.txt").exists()


def test_a_file_in_the_place_of_a_store_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "0").write_text("not even a folder")

    assert RocksStores(tmp_path, ["vehicles"]).open(0).meta() is None


def test_only_the_last_store_that_was_set_aside_is_kept(tmp_path: Path) -> None:
    stores = RocksStores(tmp_path, ["vehicles"])
    for partition in (0, 1, 1):
        stores.open(partition).close()
        stores.set_aside(partition, "a test")

    assert [path.name for path in (tmp_path / "tasks").iterdir()] == ["1.set-aside"]


def test_damage_that_is_found_while_reading_stops_the_worker_and_empties_the_store(
    killed: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    store = RocksStores(tmp_path, history.TABLES).open(0)
    for path in (tmp_path / "tasks" / "0").glob("*.sst"):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size // 4))

    with pytest.raises(StoreDamagedError, match="start the worker again"):
        history.read(store)

    store.close()
    assert RocksStores(tmp_path, history.TABLES).open(0).meta() is None


def test_damage_that_rocksdb_finds_by_itself_while_opening_sets_the_store_aside(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    without_young_tables = RocksStore._without_young_tables

    def damaged_in_between(store: RocksStore, meta: Meta) -> WriteBatch:
        for path in (tmp_path / "tasks" / "0").glob("*.sst"):
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size // 4))
        store._tables["vehicles"].compact_range(None, None)
        return without_young_tables(store, meta)

    monkeypatch.setattr(RocksStore, "_without_young_tables", damaged_in_between)

    store = RocksStores(tmp_path, history.TABLES).open(0)

    assert store.meta() is None
    assert "is set aside" in caplog.text


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("in the way")

    with pytest.raises(StateError, match="FLEET_STATE_DIR"):
        RocksStores(tmp_path, ["vehicles"]).open(0)
