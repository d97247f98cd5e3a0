"""A store whose every state is known. Run as a program, it writes until it is killed, saying what it is about to write.

Arguments: the directory, and how many writes to make before it waits to be killed.
"""

import random
import signal
import sys
from functools import cache
from pathlib import Path

from fleet_app.stream.engine.ports import Meta, Store, StoreMark, TableChanges
from fleet_app.stream.store import rocksdb
from fleet_app.stream.store.rocksdb import RocksStores

TABLES = ("vehicles", "trips")
BULK_WRITES = 5
"""How many writes are made before the store settles."""

State = dict[str, dict[bytes, bytes]]


def meta(number: int) -> Meta:
    """Return what the store says of itself after write `number`."""
    return Meta({table: StoreMark("here", number, b"marker %d" % number) for table in TABLES}, number)


def changes(number: int) -> dict[str, TableChanges]:
    """Return write `number`: mostly values, some tombstones, now and then a range."""
    chance = random.Random(number)
    values = [
        (b"key-%03d" % chance.randrange(300), chance.choice([None, *[chance.randbytes(200)] * 9])) for _ in range(30)
    ]
    start = chance.randrange(300)
    ranges = [(b"key-%03d" % start, b"key-%03d" % (start + 20))] if number % 7 == 0 else []
    return {"vehicles": TableChanges(values), "trips": TableChanges(values[:5], ranges)}


@cache
def state(number: int) -> State:
    """Return every table after write `number`."""
    if number == 0:
        return {table: {} for table in TABLES}
    tables = {table: dict(entries) for table, entries in state(number - 1).items()}
    for table, (values, ranges) in changes(number).items():
        entries: dict[bytes, bytes | None] = {**tables[table], **dict(values)}
        tables[table] = {
            key: value
            for key, value in sorted(entries.items())
            if value is not None and not any(start <= key < stop for start, stop in ranges)
        }
    return tables


def read(store: Store) -> State:
    """Return everything, read by scanning and key by key."""
    tables = {table: dict(store.scan(table, b"", None, 1_000_000)) for table in TABLES}
    for table, entries in tables.items():
        assert {key: store.get(table, key) for key in entries} == entries
    return tables


def main(directory: str, writes: int) -> None:
    """Write, and wait to be killed."""
    rocksdb._WRITE_BUFFER_BYTES = 64 << 10  # type: ignore[misc] # many small files rather than one that never fills
    store = RocksStores(Path(directory), TABLES).open(0)
    for number in range(1, writes + 1):
        print(number, flush=True)  # noqa: T201 - a program's output
        store.write(changes(number), meta(number))
        if number == BULK_WRITES:
            store.settle(meta(number))
    print("done", flush=True)  # noqa: T201 - as above
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
