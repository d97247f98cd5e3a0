"""Two stores whose every state is known, written until their process dies: a directory and the first write's number."""

import os
import sys
from pathlib import Path
from typing import Final

from fleet_app.stream.engine.ports import Meta, StoreMark, TableChanges
from fleet_app.stream.store.rocksdb import RocksStores

TABLES: Final = tuple(f"table-{number}" for number in range(5))
WRITES: Final = 6


def meta(write: int) -> Meta:
    """Return what a store says of itself after a write."""
    return Meta({table: StoreMark("here", write, b"marker") for table in TABLES}, write)


def entries(table: str, partition: int, writes: int) -> list[tuple[bytes, bytes]]:
    """Return what a table holds after so many writes, in the order of writing."""
    return [(f"{table}-{partition}-{write:03d}".encode(), b"value") for write in range(1, writes + 1)]


def main(directory: Path, first: int) -> None:
    """Write to the stores of partitions 0 and 1, and die."""
    stores = RocksStores(directory, TABLES)
    # Kept, because a store that nobody knows any more is closed.
    opened = [stores.open(0), stores.open(1)]
    for partition, store in enumerate(opened):
        store.settle(meta(first - 1))
        for write in range(first, first + WRITES):
            store.write({table: TableChanges(entries(table, partition, write)[-1:]) for table in TABLES}, meta(write))
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
