"""What a campaign asks of an application that it runs under faults."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.reliability.campaign.evidence import Evidence, Place
from tests.reliability.campaign.findings import Findings


class Sending(NamedTuple):
    """A record of the load. Without a partition, Kafka's default partitioner goes by the key.

    `timestamp_ms` is for topics that leave it to the sender; without it, it is the time of sending.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


class Progress(NamedTuple):
    """A record that was handled: the source partition it stood in, and when its output was written, ms since 1970."""

    partition: int
    at_ms: int


class Subject(Protocol):
    """An application under faults: how its workers are started, what they are fed, and what must come of it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def topics(self) -> Sequence[str]:
        """Its topics, sources and outputs."""

    @property
    def changes(self) -> Collection[str]:
        """Its topics that ask to change what every worker looks things up in."""

    @property
    def still_s(self) -> float:
        """How long nothing may happen before nothing more can: longer than its timers."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of its own that its workers need."""

    def command(self, release: str, status: Path) -> list[str]:
        """Return the command of a worker of the release `first` or `next`, which tells of itself in `status`."""

    def make_topics(self, bootstrap: str, partitions: int) -> None:
        """Create its topics."""

    def sources(self, release: str) -> Sequence[str]:
        """Return the topics that a release reads."""

    def tables(self, release: str) -> Sequence[str]:
        """Return the tables of a release."""

    def records(self, seed: int) -> Iterator[Sending]:
        """Yield the load, without an end."""

    def closing(self) -> Sequence[Sending]:
        """Return what is sent once the load has ended and everything that came of it has come to rest."""

    def judge(self, evidence: Evidence, release: str) -> Findings:
        """Compare what it has left behind with what its sources say."""

    def progress(self, evidence: Evidence) -> list[Progress]:
        """Return what was handled when."""


def group_lag(offsets: dict[Place, int], ends: dict[Place, int]) -> int:
    """Return by how much the group is behind, in the partition where it is most; every end's topic counts."""
    return max((end - offsets.get(place, 0) for place, end in ends.items()), default=0)
