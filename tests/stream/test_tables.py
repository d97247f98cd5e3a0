"""Tables read and written over the databases that the engine itself keeps."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from faust.stores.rocksdb import RocksDBOptions, Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rocksdict import Rdict

from fleet_app.stream.membership import GroupMembership
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import PartitionSize
from fleet_app.stream.tables import HeldTables, StoredTable
from tests.stream.small_app import PARTITIONS, TOTALS, Total

OFFSET_KEY = Store.offset_key.decode()
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
vocabularies = st.sets(words, max_size=30)
shares = st.frozensets(st.integers(0, PARTITIONS - 1))


class Members:
    """A group in which this worker owns some of the partitions."""

    partitions = PARTITIONS

    def __init__(self) -> None:
        self.mine = frozenset(range(PARTITIONS))

    def owned(self) -> frozenset[int]:
        return self.mine


class Worker:
    """A worker's databases, one per partition, and its reading side."""

    def __init__(self, stores: dict[int, Rdict]) -> None:
        self.stores = stores
        self.members = Members()
        stored: Any = type("Stored", (), {"data": type("Data", (), {"_dbs": stores})})
        self.held = HeldTables((TOTALS,), {TOTALS.name: stored}, cast(GroupMembership, self.members))

    def holds(self, keys: Iterable[str], *, owning: Iterable[int] = range(PARTITIONS)) -> None:
        """Forget everything; hold each key with its length as its value, and own some partitions."""
        self.members.mine = frozenset(owning)
        for store in self.stores.values():
            store.delete_range(b"", b"\xff" * 8)
            store[Store.offset_key] = b"12"
        for key in keys:
            self.stores[partition_of(key.encode(), PARTITIONS)][key.encode()] = TOTALS.encode(Total(len(key)))

    def owned(self, keys: Iterable[str]) -> list[str]:
        """Return those of `keys` that this worker owns, in the order of their bytes."""
        return sorted(
            (key for key in keys if partition_of(key.encode(), PARTITIONS) in self.members.mine), key=str.encode
        )

    def scan(self, *, after: str | None = None, limit: int = 1_000) -> list[tuple[str, Total]]:
        return asyncio.run(self.held.scan(TOTALS, after=after, limit=limit))

    def pages(self, limit: int) -> list[list[str]]:
        """Return the keys page by page, up to and without the first empty page."""
        pages: list[list[str]] = []
        after = None
        while page := [key for key, _ in self.scan(after=after, limit=limit)]:
            pages.append(page)
            after = page[-1]
        return pages


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Rdict]]:
    folder: Path = tmp_path_factory.mktemp("tables")
    stores = {number: RocksDBOptions(use_rocksdict=True).open(folder / str(number)) for number in range(PARTITIONS)}
    yield stores
    for store in stores.values():
        store.close()


@pytest.fixture
def worker(databases: dict[int, Rdict]) -> Worker:
    worker = Worker(databases)
    worker.holds([])
    return worker


examples = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@examples
@given(keys=vocabularies, owning=shares)
def test_a_scan_gives_what_is_owned_in_key_order_over_all_partitions(
    worker: Worker, keys: set[str], owning: frozenset[int]
) -> None:
    worker.holds(keys, owning=owning)

    assert worker.scan() == [(key, Total(len(key))) for key in worker.owned(keys)]


@examples
@given(keys=vocabularies, limit=st.integers(1, 8))
def test_pages_give_every_key_exactly_once_whatever_their_size(worker: Worker, keys: set[str], limit: int) -> None:
    worker.holds(keys)
    pages = worker.pages(limit)

    assert [key for page in pages for key in page] == worker.owned(keys)
    assert all(len(page) == limit for page in pages[:-1])


@examples
@given(keys=vocabularies, after=words)
def test_a_scan_begins_above_a_key_whether_it_exists_or_not(worker: Worker, keys: set[str], after: str) -> None:
    worker.holds({*keys, after})
    expected = [key for key in worker.owned(keys) if key.encode() > after.encode()]

    assert [key for key, _ in worker.scan(after=after)] == expected


@examples
@given(keys=vocabularies, owning=shares)
def test_sizes_count_the_keys_of_each_owned_partition(worker: Worker, keys: set[str], owning: frozenset[int]) -> None:
    worker.holds(keys, owning=owning)
    sizes = asyncio.run(worker.held.sizes(TOTALS))

    assert [size.partition for size in sizes] == sorted(owning)
    assert sum(size.keys for size in sizes) == len(worker.owned(keys))


@examples
@given(keys=vocabularies, owning=shares)
def test_a_key_is_found_where_its_partition_is_owned(worker: Worker, keys: set[str], owning: frozenset[int]) -> None:
    worker.holds(keys, owning=owning)
    found = {key for key in keys if worker.held.get(TOTALS, key) == Total(len(key))}

    assert found == set(worker.owned(keys))
    assert [key for key in keys - found if worker.held.get(TOTALS, key) is not None] == []


def test_what_faust_keeps_beside_the_keys_is_never_shown(worker: Worker) -> None:
    worker.holds(["__faust", "__fausu"])

    assert [key for key, _ in worker.scan()] == ["__faust", "__fausu"]
    assert worker.scan(after=OFFSET_KEY, limit=1) == [("__fausu", Total(7))]
    assert sum(size.keys for size in asyncio.run(worker.held.sizes(TOTALS))) == 2


def test_a_partition_that_is_owned_but_not_open_yet_is_empty(worker: Worker) -> None:
    worker.holds(["a", "b"])
    closed = Worker({})

    assert (closed.scan(), closed.held.get(TOTALS, "a"), asyncio.run(closed.held.sizes(TOTALS))) == ([], None, [])


def test_nothing_is_asked_for_and_nothing_is_read(worker: Worker) -> None:
    worker.holds(["a", "b"])

    assert worker.scan(limit=0) == []


def test_a_long_scan_gives_way_to_other_work(worker: Worker) -> None:
    worker.holds(f"van-{number:05}" for number in range(6_000))
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scan_beside() -> int:
        other = asyncio.create_task(count_turns())
        entries = await worker.held.scan(TOTALS, after=None, limit=10_000)
        other.cancel()
        return len(entries)

    assert asyncio.run(scan_beside()) == 6_000
    assert turns > 1


def test_a_size_is_an_estimate_in_bytes(worker: Worker) -> None:
    worker.holds(["a"])
    sizes = asyncio.run(worker.held.sizes(TOTALS))

    assert {type(size) for size in sizes} == {PartitionSize}
    assert all(size.bytes > 0 for size in sizes)


def test_the_declared_tables_are_told() -> None:
    assert Worker({}).held.declared() == (TOTALS,)


@pytest.fixture
def raw() -> dict[bytes, bytes]:
    return {}


@pytest.fixture
def totals(raw: dict[bytes, bytes]) -> StoredTable[Total]:
    return StoredTable(TOTALS, cast("faust.Table[bytes, bytes]", raw))


@given(st.dictionaries(words, st.builds(Total, st.integers(0, 2**63))))
def test_an_agent_reads_back_what_it_wrote(entries: dict[str, Total]) -> None:
    totals = StoredTable(TOTALS, cast("faust.Table[bytes, bytes]", {}))
    totals.update(entries)

    assert dict(totals) == entries
    assert len(totals) == len(entries)


def test_what_an_agent_writes_is_stored_as_bytes_with_their_version(
    raw: dict[bytes, bytes], totals: StoredTable[Total]
) -> None:
    totals["grüße"] = Total(2)

    assert raw == {"grüße".encode(): TOTALS.encode(Total(2))}


def test_a_key_that_an_agent_deletes_is_gone(raw: dict[bytes, bytes], totals: StoredTable[Total]) -> None:
    totals["a"] = Total(1)
    del totals["a"]

    assert ("a" in totals, totals.get("a"), raw) == (False, None, {})


def test_a_missing_key_is_missing(totals: StoredTable[Total]) -> None:
    with pytest.raises(KeyError):
        totals["a"]
