"""The jars that make up the broker, pinned: what they are, how large, and their SHA-256 sums.

`kafka.lock.json` names no address: where jars come from is the fetching tool's knowledge. `tools/lock_kafka.py`
writes it.
"""

from importlib import resources
from typing import Final

import msgspec

LOCK_FILE: Final = "kafka.lock.json"


class Jar(msgspec.Struct, frozen=True, kw_only=True):
    """One jar.

    Attributes:
        group: Maven group id.
        artifact: Maven artifact id.
        version: Its version.
        size_bytes: Size of the file.
        sha256: SHA-256 of the file, 64 lower-case hex digits.
    """

    group: str
    artifact: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        """The jar's name on disk, unique within a lock."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        """The jar's name in Maven's notation."""
        return f"{self.group}:{self.artifact}:{self.version}"


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one version of the broker needs at run time.

    Attributes:
        kafka: The version of Apache Kafka.
        jars: The class path, sorted by coordinate.
    """

    kafka: str
    jars: tuple[Jar, ...]

    @property
    def size_bytes(self) -> int:
        """Size of all jars together."""
        return sum(jar.size_bytes for jar in self.jars)


def read_lock() -> Lock:
    """Return the lock that this release was made with."""
    return msgspec.json.decode((resources.files(__package__) / LOCK_FILE).read_bytes(), type=Lock)
