"""Whether the restored changelogs and the group agree on how far the sources were read."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fleet_app.stream.engine.marker import Marker
from fleet_app.stream.engine.ports import Bounds


class Evidence(NamedTuple):
    """What a changelog tells: its newest marker, its bounds, and whether any of its records is in the store.

    What lies between the bounds need not be anybody's to read: a transaction that was aborted takes up offsets too.
    """

    marker: Marker | None
    bounds: Bounds
    holds_records: bool

    @property
    def was_emptied(self) -> bool:
        """Whether it has held something: what is gone went by age."""
        return not self.holds_records and self.bounds.start > 0


class StartingPoint(NamedTuple):
    """Where a task goes on.

    Attributes:
        positions: The next offset of every source; None: from its beginning.
        time_ms: Its time, ms since 1970.
        views: How far the global views were read that it has seen: the next offset of each partition, by topic.
    """

    positions: dict[str, int | None]
    time_ms: int
    views: dict[str, list[int]]


class Disagreement(NamedTuple):
    """Why no starting point can be trusted, in a sentence."""

    reason: str


def find_starting_point(
    evidence: Mapping[str, Evidence], committed: Mapping[str, int | None], origins: Mapping[str, str]
) -> StartingPoint | Disagreement:
    """Return where a task goes on.

    Every marker says the same, and the group says what they say. If the group says nothing of a source, the markers
    count. A changelog may lack a marker if its table is younger than the last commit, or if retention has emptied it.

    Args:
        evidence: What each table's changelog tells, by table.
        committed: The group's offset of every source topic.
        origins: The present incarnation of every source topic.
    """
    markers = {name: each.marker for name, each in evidence.items() if each.marker is not None}
    missing = _find_missing_marker(evidence, markers)
    if missing is not None:
        return Disagreement(missing)
    if not markers:
        return _without_markers(evidence, committed)
    for topic, origin in {item for marker in markers.values() for item in marker.origins.items()}:
        if topic in committed and origin != origins[topic]:
            return Disagreement(f"{topic} has been deleted and made anew since the changelogs were written")
    told = {name: {topic: marker.positions.get(topic) for topic in committed} for name, marker in markers.items()}
    name, positions = next(iter(told.items()))
    for other, others in told.items():
        if others != positions:
            return Disagreement(
                f"the changelog of {name} says {positions}, that of {other} says {others}: a release that does not "
                "know one of them has run in between"
            )
    for topic, offset in committed.items():
        if offset is not None and offset != positions[topic]:
            return Disagreement(f"the group says {topic} is read up to {offset}, the changelogs say {positions[topic]}")
    return StartingPoint(positions, max(marker.time_ms for marker in markers.values()), _newest_views(markers.values()))


def _newest_views(markers: Iterable[Marker]) -> dict[str, list[int]]:
    """Return the furthest that any marker tells: commits of timers alone leave the positions as they were."""
    newest: dict[str, list[int]] = {}
    for marker in markers:
        for topic, positions in marker.views.items():
            newest[topic] = [max(pair) for pair in zip(newest.get(topic, positions), positions, strict=True)]
    return newest


def _find_missing_marker(evidence: Mapping[str, Evidence], markers: Mapping[str, Marker]) -> str | None:
    committed_together = {table for marker in markers.values() for table in marker.tables}
    for name, each in evidence.items():
        is_young = name not in committed_together and not each.holds_records
        if each.marker is None and not is_young and not each.was_emptied:
            what = f"begins at {each.bounds.start} and ends at {each.bounds.end}"
            return f"the changelog of {name} {what}, and has no marker of a commit"
    return None


def _without_markers(
    evidence: Mapping[str, Evidence], committed: Mapping[str, int | None]
) -> StartingPoint | Disagreement:
    if any(offset is not None for offset in committed.values()) and not any(
        each.was_emptied for each in evidence.values()
    ):
        return Disagreement(f"the group says {dict(committed)}, and no changelog holds anything")
    return StartingPoint(dict(committed), 0, {})
