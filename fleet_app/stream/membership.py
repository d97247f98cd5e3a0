"""What Faust's assignor knows of the group, in the words of `stream.reads`."""

from collections.abc import Sequence
from typing import cast

import faust
from faust.tables.manager import TableManager

from fleet_app.stream.progress import Progress
from fleet_app.stream.reads import PartitionProgress, Phase, Worker


class GroupMembership:
    """The group as this worker last heard of it. Standbys are known for this worker only."""

    def __init__(
        self, app: faust.App, url: str, partitions: int, changelogs: Sequence[str], progress: Progress
    ) -> None:
        self._app = app
        self._url = url
        self._partitions = partitions
        self._changelogs = changelogs
        self._progress = progress

    @property
    def url(self) -> str:
        """This worker's own URL."""
        return self._url

    @property
    def partitions(self) -> int:
        """Partitions of every topic and table."""
        return self._partitions

    def phase(self) -> Phase:
        """Return where this worker stands."""
        app = self._app
        if app.should_stop:
            return Phase.STOPPING
        if not app.assignor.tables_metadata():
            return Phase.STARTING
        recovery = cast("TableManager", app.tables).recovery
        recovered = recovery.completed.is_set() and not recovery.in_recovery
        return Phase.RUNNING if recovered and not app.rebalancing else Phase.RESTORING

    def workers(self) -> tuple[Worker, ...]:
        """Return the members of the group by the last assignment."""
        changelog = self._changelogs[0]
        return tuple(
            Worker(
                url=url.rstrip("/"),
                owns=tuple(sorted(topics.get(changelog, ()))),
                standby_for=self._standbys() if url.rstrip("/") == self._url else (),
            )
            for url, topics in sorted(self._app.assignor.tables_metadata().items())
        )

    def owner(self, partition: int) -> str | None:
        """Return the URL of a partition's owner, if one is known."""
        return next((worker.url for worker in self.workers() if partition in worker.owns), None)

    def owned(self) -> frozenset[int]:
        """Return the partitions this worker owns."""
        changelog = self._changelogs[0]
        return frozenset(tp.partition for tp in self._app.assignor.assigned_actives() if tp.topic == changelog)

    def progress(self) -> list[PartitionProgress]:
        """Return how far each owned source partition is read."""
        return self._progress.rows(self.owned())

    def _standbys(self) -> tuple[int, ...]:
        changelog = self._changelogs[0]
        return tuple(sorted(tp.partition for tp in self._app.assignor.assigned_standbys() if tp.topic == changelog))
