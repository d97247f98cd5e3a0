"""A geofence ready to be measured against: how deep a point lies in it, and where a way crosses its edge."""

from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geo import Scale


class Fence:
    """A geofence ready to be measured against. Never changed once made.

    Attributes:
        geofence: What it was made from.
        inradius_m: About the radius of the largest circle that fits inside.
    """

    def __init__(self, geofence: Geofence) -> None:
        self.geofence = geofence
        self.inradius_m = 0.0

    def depth_m(self, lat: float, lon: float, scale: Scale) -> float:
        """Return how far inside the edge a point lies; below zero, how far outside."""
        return 0.0

    def passage(self, from_lat: float, from_lon: float, lat: float, lon: float, scale: Scale) -> "Passage | None":
        """Return how a straight way lies in it; None if it does not touch it."""


class Passage:
    """The parts of a straight way inside: from the first entry to the last exit, as shares of the way (0 to 1).

    Attributes:
        entry: Where it comes in; 0 if it begins inside.
        exit: Where it goes out; 1 if it ends inside.
        deepest_m: How deep inside it gets.
    """

    entry: float
    exit: float
    deepest_m: float
