"""Ways to damage the stores of a worker that has ended, chosen by chance."""

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

Damage = Callable[[Path, Path, random.Random], str]
"""Damages the first directory; the second is another store of the worker. Returns what it did."""


def _files(directory: Path, pattern: str = "*") -> list[Path]:
    return sorted(path for path in directory.glob(pattern) if path.is_file() and path.stat().st_size > 0)


def _any_file(directory: Path, chance: random.Random) -> Path:
    """Return a file that RocksDB needs: of data, of the log of writes, or of the list of both."""
    kinds = [files for pattern in ("*.sst", "*.log", "MANIFEST-*", "CURRENT") if (files := _files(directory, pattern))]
    return chance.choice(chance.choice(kinds))


def delete_a_file(directory: Path, _: Path, chance: random.Random) -> str:
    """Delete a file."""
    path = _any_file(directory, chance)
    path.unlink()
    return f"{path.name} deleted"


def truncate_a_file(directory: Path, _: Path, chance: random.Random) -> str:
    """Cut a file off somewhere."""
    path = _any_file(directory, chance)
    size = path.stat().st_size
    left = chance.randrange(size)
    with path.open("r+b") as file:
        file.truncate(left)
    return f"{path.name} cut from {size} to {left} bytes"


def flip_bits(directory: Path, _: Path, chance: random.Random) -> str:
    """Flip a few bits of a file."""
    path = _any_file(directory, chance)
    content = bytearray(path.read_bytes())
    places = [chance.randrange(len(content)) for _ in range(chance.randint(1, 8))]
    for place in places:
        content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return f"{path.name}: bits flipped at {places} of {len(content)}"


def flip_bits_in_every_table_file(directory: Path, _: Path, chance: random.Random) -> str:
    """Flip bits in the first half of every file of data, where its blocks are: found when they are read."""
    paths = _files(directory, "*.sst")
    for path in paths:
        content = bytearray(path.read_bytes())
        content[chance.randrange(max(1, len(content) // 2))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    return f"a bit flipped in each of {[path.name for path in paths]}"


def zero_a_stretch(directory: Path, _: Path, chance: random.Random) -> str:
    """Overwrite a part of a file with zeros, as a disk does that lost a write."""
    path = _any_file(directory, chance)
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content))
    stop = min(len(content), start + chance.randint(1, 4096))
    content[start:stop] = bytes(stop - start)
    path.write_bytes(content)
    return f"{path.name}: zeros from {start} to {stop} of {len(content)}"


def take_a_file_of_another(directory: Path, other: Path, chance: random.Random) -> str:
    """Replace a file by one of its kind of another store."""
    path = _any_file(directory, chance)
    pattern = f"*{path.suffix}" if path.suffix else f"{path.name.split('-')[0]}*"
    source = chance.choice(_files(other, pattern) or _files(other))
    shutil.copyfile(source, path)
    return f"{path.name} replaced by {source.name} of store {other.name}"


def delete_the_store(directory: Path, _: Path, __: random.Random) -> str:
    """Delete a store whole."""
    shutil.rmtree(directory)
    return "deleted"


def empty_the_store(directory: Path, _: Path, __: random.Random) -> str:
    """Leave an empty directory."""
    shutil.rmtree(directory)
    directory.mkdir()
    return "emptied"


def become_a_file(directory: Path, _: Path, __: random.Random) -> str:
    """Put a file where the store was."""
    shutil.rmtree(directory)
    directory.write_bytes(b"not a store")
    return "replaced by a file"


DAMAGES: Final[Sequence[Damage]] = (
    delete_a_file,
    truncate_a_file,
    flip_bits,
    flip_bits_in_every_table_file,
    zero_a_stretch,
    take_a_file_of_another,
    delete_the_store,
    empty_the_store,
    become_a_file,
)
