"""What every implementation of the port to stores keeps: the one in memory, and the one over RocksDB."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fleet_app.stream.engine.ports import Meta, StoreMark, Stores, TableChanges
from fleet_app.stream.store.rocksdb import RocksStores
from tests.stream.engine.fake_stores import FakeStores

MakeStores = Callable[[], Stores]


def fake_stores(_: Path) -> Stores:
    return FakeStores()


def rocks_stores(directory: Path) -> Stores:
    return RocksStores(directory, ["vehicles", "trips"])


@pytest.fixture(params=[pytest.param(fake_stores, id="in memory"), pytest.param(rocks_stores, id="RocksDB")])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    """Stores of one worker, none of them there yet."""
    make: Callable[[Path], Stores] = request.param
    return make(tmp_path)


def meta(offset: int = 1) -> Meta:
    """Return what a store says of itself."""
    return Meta({"vehicles": StoreMark("here", offset, b"marker"), "trips": StoreMark("here", offset, None)}, offset)


def puts(*keys: bytes) -> dict[str, TableChanges]:
    """Return changes that put a value for each key."""
    return {"vehicles": TableChanges([(key, b"value of " + key) for key in keys])}


def deletes(keys: Iterable[bytes] = (), ranges: Iterable[tuple[bytes, bytes]] = ()) -> dict[str, TableChanges]:
    """Return changes that delete."""
    return {"vehicles": TableChanges([(key, None) for key in keys], ranges)}


def test_an_empty_store_knows_nothing(stores: Stores) -> None:
    store = stores.open(0)

    assert store.meta() is None
    assert store.get("vehicles", b"a") is None
    assert store.scan("vehicles", b"", None, 10) == []


@pytest.mark.parametrize("settled_times", [0, 1])
def test_what_is_written_is_read(stores: Stores, settled_times: int) -> None:
    store = stores.open(0)
    for _ in range(settled_times):
        store.settle(meta())
    store.write(puts(b"a", b"b"), meta())

    assert store.get("vehicles", b"a") == b"value of a"
    assert store.get("trips", b"a") is None
    assert store.scan("vehicles", b"", None, 10) == [(b"a", b"value of a"), (b"b", b"value of b")]


def test_a_scan_stays_within_its_bounds_and_its_limit(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a", b"b", b"c", b"d"), meta())

    assert [key for key, _ in store.scan("vehicles", b"b", b"d", 10)] == [b"b", b"c"]
    assert [key for key, _ in store.scan("vehicles", b"bb", None, 1)] == [b"c"]
    assert store.scan("vehicles", b"b", b"d", 0) == []
    assert store.scan("vehicles", b"d", b"b", 10) == []


def test_what_is_deleted_is_gone(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a", b"b", b"c", b"d"), meta())
    store.write(deletes([b"a", b"nobody"], [(b"b", b"d")]), meta())

    assert [key for key, _ in store.scan("vehicles", b"", None, 10)] == [b"d"]
    assert store.get("vehicles", b"b") is None


def test_a_range_takes_what_is_put_in_it_in_the_same_go(stores: Stores) -> None:
    store = stores.open(0)
    store.write({"vehicles": TableChanges([(b"a", b"1"), (b"b", b"2")], [(b"a", b"b")])}, meta())

    assert store.scan("vehicles", b"", None, 10) == [(b"b", b"2")]


def test_of_a_key_written_twice_in_one_go_the_last_counts(stores: Stores) -> None:
    store = stores.open(0)
    store.write({"vehicles": TableChanges([(b"a", b"1"), (b"a", None), (b"a", b"2")])}, meta())

    assert store.get("vehicles", b"a") == b"2"


def test_a_store_says_nothing_of_itself_until_it_is_settled(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a"), meta(1))
    before = store.meta()
    store.settle(meta(2))
    settled = store.meta()
    store.write(puts(b"b"), meta(3))

    assert (before, settled, store.meta()) == (None, meta(2), meta(3))


def test_settling_twice_does_no_harm(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a"), meta(1))
    store.settle(meta(2))
    store.settle(meta(3))
    store.close()

    assert stores.open(0).meta() == meta(3)


def test_a_settled_store_is_found_again(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a"), meta(1))
    store.settle(meta(2))
    store.write(puts(b"b"), meta(3))
    store.close()
    found = stores.open(0)

    assert found.meta() == meta(3)
    assert found.scan("vehicles", b"", None, 10) == [(b"a", b"value of a"), (b"b", b"value of b")]


def test_a_store_that_never_settled_starts_empty(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a"), meta())
    store.close()

    assert stores.open(0).scan("vehicles", b"", None, 10) == []


def test_stores_of_different_tasks_know_nothing_of_each_other(stores: Stores) -> None:
    stores.open(0).write(puts(b"a"), meta())

    assert stores.open(1).get("vehicles", b"a") is None


def test_a_store_that_is_set_aside_starts_empty(stores: Stores) -> None:
    store = stores.open(0)
    store.settle(meta())
    store.write(puts(b"a"), meta())
    store.close()
    stores.set_aside(0, "a test")

    assert stores.open(0).meta() is None


def test_sizes_grow_with_what_is_written(stores: Stores) -> None:
    store = stores.open(0)
    store.write(puts(b"a", b"b", b"c"), meta())
    keys, size = store.sizes("vehicles")

    assert keys == 3
    assert size > 0


def test_closing_twice_does_no_harm(stores: Stores) -> None:
    store = stores.open(0)
    store.close()
    store.close()

    assert stores.open(0).meta() is None
