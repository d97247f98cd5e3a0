"""What the parts that Faust makes for itself ask of the app they find themselves in."""

from typing import Protocol, cast

from faust.types import AppT


class Tasks(Protocol):
    """The engine's tasks, as far as Faust's life moves them."""

    def suspend(self) -> None:
        """Stop handling at once; nothing is awaited."""

    async def final_commit(self) -> None:
        """Make durable what has been handled, while the partitions are still this worker's; harmless afterwards."""

    async def assign(self, active: frozenset[int], standby: frozenset[int], epoch: int) -> None:
        """Take up these partitions and return; restoring goes on in the background."""


class Host(Protocol):
    """The app."""

    tasks: Tasks

    @property
    def source_topics(self) -> tuple[str, ...]:
        """Every topic that an agent reads."""

    @property
    def changelog_topics(self) -> tuple[str, ...]:
        """The changelog of every table."""

    def fail(self, error: BaseException) -> None:
        """End the worker with this reason, from any thread; the first reason counts."""

    async def start_engine(self) -> None:
        """Start the tasks and what they lean on."""

    async def stop_engine(self) -> None:
        """Stop them."""


def host_of(app: AppT) -> Host:
    """Return the app as the lane knows it."""
    return cast(Host, app)
