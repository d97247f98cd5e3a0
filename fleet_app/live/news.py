"""What has changed since some point, for one client: the one operation behind snapshots, resuming and catching up."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from fleet_app.live.fleet import LiveFleet, Removed, Row
from fleet_app.live.frames import Changes, Gone
from fleet_app.live.wanted import Wanted


class Since(Protocol):
    """A point in the life of a fleet."""

    def rows(self, fleet: LiveFleet) -> list[Row]:
        """Return the vehicles that may have changed since."""

    def removed(self, fleet: LiveFleet) -> list[Removed] | None:
        """Return what was removed since; None if that is not known any more."""

    def has_changed(self, row: Row) -> bool:
        """Return whether a vehicle has changed since."""

    def has_entered(self, row: Row) -> bool:
        """Return whether it may have come into its cell since, or got other names."""

    def is_sure(self, change: Row | Removed) -> bool:
        """Return whether a vehicle is known to have been its tenant's then already, if there was it."""


class SinceVersion:
    """Since a version of this very fleet."""

    def __init__(self, version: int) -> None:
        self._version = version

    def rows(self, fleet: LiveFleet) -> list[Row]:
        """Return the vehicles that have changed since."""
        return fleet.rows_since(self._version)

    def removed(self, fleet: LiveFleet) -> list[Removed] | None:
        """Return what was removed since; None if that is not known any more."""
        return fleet.removed_since(self._version)

    def has_changed(self, row: Row) -> bool:
        """Return whether a vehicle has changed since."""
        return row.version > self._version

    def has_entered(self, row: Row) -> bool:
        """Return whether it has come into its cell since, or got other names."""
        return row.cell_version > self._version

    def is_sure(self, _change: Row | Removed) -> bool:
        """Return True: a change of tenant counts as a removal."""
        return True


class SincePositions:
    """Since positions in the topic that another worker may have told, the profiles' marks being the same as now."""

    def __init__(self, positions: tuple[int, ...]) -> None:
        self._positions = positions

    def rows(self, fleet: LiveFleet) -> list[Row]:
        """Return all vehicles."""
        return fleet.rows_since(0)

    def removed(self, fleet: LiveFleet) -> list[Removed] | None:
        """Return what records from there on have removed; None if that is not known any more."""
        return fleet.removed_behind(self._positions)

    def has_changed(self, row: Row) -> bool:
        """Return whether a vehicle's record stands there or behind."""
        return row.offset >= self._positions[row.partition]

    def has_entered(self, row: Row) -> bool:
        """Return whether it may have come into its cell since."""
        return row.cell_offset >= self._positions[row.partition]

    def is_sure(self, change: Row | Removed) -> bool:
        """Return whether a vehicle is known to have been its tenant's before."""
        return change.tenant_offset < self._positions[change.partition]


def everything(rows: Iterable[Row], wanted: Wanted) -> Changes:
    """Return what is wanted of some rows, for who knows nothing."""
    matching = [row for row in rows if wanted.matches(row.cell)]
    return Changes(matching, matching)


def news(rows: Sequence[Row], removed: Iterable[Removed], wanted: Wanted, since: Since) -> Changes | None:
    """Return what is new for who has known what is wanted since some point; None if that cannot be told exactly.

    A vehicle that may have left what is wanted is told as gone: who never knew it passes over that. Nothing is ever
    told of a vehicle that was another tenant's all the time.
    """
    gone = _gone(removed, wanted, since)
    if gone is None:
        return None
    changes = Changes(gone=gone)
    for row in rows:
        if not since.has_changed(row):
            continue
        if wanted.matches(row.cell):
            changes.rows.append(row)
            if since.has_entered(row):
                changes.named.append(row)
        elif wanted.may_know_of(row.cell.tenant):
            if since.has_entered(row):
                changes.gone.append(Gone(row.number, row.value.vehicle_id))
        elif not since.is_sure(row):
            return None
    return changes


def _gone(removed: Iterable[Removed], wanted: Wanted, since: Since) -> list[Gone] | None:
    gone = []
    for removal in removed:
        if removal.tenant is None and wanted.tenant is not None:
            return None
        if removal.tenant is None or wanted.may_know_of(removal.tenant):
            gone.append(Gone(removal.number, removal.vehicle_id))
        elif not since.is_sure(removal):
            return None
    return gone
