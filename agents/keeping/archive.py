"""Archive: what is kept of vehicles beside their present: tracks, windows, trips, events and refused positions."""

from typing import Final

from agents.keeping import legs, panes, tracks
from agents.keeping.events import Events
from agents.keeping.legs import Legs
from agents.keeping.panes import ClosedPanes
from agents.keeping.refused import RefusedPositions
from agents.keeping.tracks import Tracks
from fleet_app.domain.edges import Size
from fleet_app.domain.vehicle import Vehicle
from fleet_app.stream.declarations import AgentTask
from tables.refused_positions import REFUSED_POSITIONS
from tables.told_events import TOLD_EVENTS

TABLES: Final = (TOLD_EVENTS, REFUSED_POSITIONS, *legs.TABLES, *panes.TABLES, *tracks.TABLES)


class Archive:
    """What one task keeps of its vehicles' past.

    Attributes:
        tracks: Where they were.
        panes: What happened in minutes, hours and days that are over.
        legs: Their trips and stops.
        events: What was told of them.
        refused: Which of their positions were refused.
    """

    def __init__(self, task: AgentTask) -> None:
        self.tracks, self.panes, self.events = Tracks(task), ClosedPanes(task), Events(task)
        self.refused, self.legs = RefusedPositions(task), Legs(task, self.tracks)

    def expire(self, vehicle: Vehicle, closed: set[Size]) -> None:
        """Forget what is old, when an hour or a day has closed: a range delete is not for every minute."""
        if Size.HOUR in closed:
            self.panes.expire(vehicle, Size.MINUTE)
            self.tracks.expire(vehicle)
        if Size.DAY in closed:
            self.panes.expire(vehicle, Size.HOUR)
            self.panes.expire(vehicle, Size.DAY)
            self.legs.expire(vehicle)
            self.events.expire(vehicle)

    def forget(self, vehicle_id: str) -> None:
        """Delete everything of a vehicle."""
        for part in (self.tracks, self.panes, self.events, self.refused, self.legs):
            part.forget(vehicle_id)
