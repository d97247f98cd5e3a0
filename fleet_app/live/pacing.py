"""How often a vehicle is told: its first change at once, then not before the pace allows it again.

Time is counted in frames, of which there are ten a second whether or not one is sent.
"""

from itertools import islice
from typing import Final

import msgspec

from fleet_app.live.fleet import LiveFleet, Row, number_of
from fleet_app.live.frames import Changes, Gone
from fleet_app.live.wanted import Cell

FRAMES_PER_S: Final = 10
MOST_ROWS: Final = 2_000
"""Of one frame; what is more waits for the next, so that a flood makes all slower and no frame endless."""


def frames_between(rate: int) -> int:
    """Return every how many frames a vehicle is told at most, for at most `rate` times a second, 1 to 10."""
    return -(-FRAMES_PER_S // rate)


class _Unsent(msgspec.Struct, gc=False):
    """A vehicle that has changed since it was last told.

    Attributes:
        version: Of the first change that was not told.
        cells: Where it was told last, and where it has been since: who joined meanwhile may know it from there.
        is_named: Whether its names changed.
    """

    version: int
    cells: tuple[Cell, ...]
    is_named: bool


class Pace:
    """The changes of a fleet at one pace, shared by all clients that asked for it.

    It begins with nothing unsent: whoever joins has been told everything before.

    Args:
        interval: Every how many frames a vehicle is told at most.
    """

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._unsent: dict[str, _Unsent] = {}
        self._due: dict[str, None] = {}
        self._told: dict[str, int] = {}

    def note(self, version: int, before: Row | None, after: Row | None) -> None:
        """Take note of a change, as a fleet's listener."""
        row = after or before
        if row is None:
            return
        vehicle_id, is_named = row.value.vehicle_id, after is not None and after.cell_version == version
        unsent = self._unsent.get(vehicle_id)
        if unsent is None:
            unsent = self._unsent[vehicle_id] = _Unsent(version, () if before is None else (before.cell,), is_named)
        elif is_named:
            unsent.is_named = True
        if after is not None and after.cell not in unsent.cells:
            unsent.cells = (*unsent.cells, after.cell)
        # That a vehicle is gone does not wait.
        if after is None or vehicle_id not in self._told:
            self._due[vehicle_id] = None

    @property
    def has_unsent(self) -> bool:
        """Whether there is, or soon will be, something to tell."""
        return bool(self._unsent)

    def told_before(self, version: int) -> int:
        """Return up to which version everything has been told, of a fleet that is at `version`."""
        return next((unsent.version - 1 for unsent in self._unsent.values()), version)

    def take(self, fleet: LiveFleet, frame: int) -> dict[Cell, Changes]:
        """Return what a frame tells, by cell; each is numbered higher than the one before."""
        self._release(frame)
        cells: dict[Cell, Changes] = {}
        for vehicle_id in list(islice(self._due, MOST_ROWS)):
            del self._due[vehicle_id]
            row = fleet.get(vehicle_id)
            _tell(cells, self._unsent.pop(vehicle_id), vehicle_id, row)
            # Put at the end, as the youngest.
            self._told.pop(vehicle_id, None)
            self._told[vehicle_id] = frame
        return cells

    def _release(self, frame: int) -> None:
        """Let those be told again whose time has come."""
        rested = []
        for vehicle_id, told in self._told.items():
            if frame - told < self._interval:
                break
            rested.append(vehicle_id)
        for vehicle_id in rested:
            del self._told[vehicle_id]
            if vehicle_id in self._unsent:
                self._due[vehicle_id] = None


def _tell(cells: dict[Cell, Changes], unsent: _Unsent, vehicle_id: str, row: Row | None) -> None:
    for cell in unsent.cells:
        if row is None or row.cell != cell:
            _of(cells, cell).gone.append(Gone(number_of(vehicle_id), vehicle_id))
    if row is None:
        return
    changes = _of(cells, row.cell)
    changes.rows.append(row)
    if unsent.is_named:
        changes.named.append(row)


def _of(cells: dict[Cell, Changes], cell: Cell) -> Changes:
    changes = cells.get(cell)
    if changes is None:
        changes = cells[cell] = Changes()
    return changes
