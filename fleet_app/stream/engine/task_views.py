"""The global views as one task sees them: they stay as they are from one commit's cut to the next."""

from collections.abc import Callable
from typing import Any

from fleet_app.stream.engine.views import Snapshots, ViewPositions


class InForce:
    """A view in one task; `now` is its snapshot in force, and a plain attribute, because every record asks for it."""

    __slots__ = ("now",)

    def __init__(self, snapshot: Any) -> None:  # noqa: ANN401 - whatever the view's snapshots are
        self.now = snapshot


class TaskViews:
    """The views of one task.

    Args:
        newest: Returns the worker's newest snapshots.

    Attributes:
        seen: Each view, by topic.
    """

    def __init__(self, newest: Callable[[], Snapshots]) -> None:
        self._newest = newest
        self._in_force = newest()
        self.seen = {topic: InForce(snapshot) for topic, snapshot in self._in_force.by_topic.items()}

    def take_newest(self) -> None:
        """Let the newest snapshots be in force."""
        newest = self._newest()
        if newest is not self._in_force:
            self._in_force = newest
            for topic, snapshot in newest.by_topic.items():
                self.seen[topic].now = snapshot

    @property
    def positions(self) -> ViewPositions:
        """How far the views in force were read."""
        return self._in_force.positions
