"""A geofence ready to be measured against: how deep a point lies in it, and where a way crosses its edge."""

from fleet_app.domain.geo import Scale
from fleet_app.domain.geofences.circle import CircleOutline
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.geofences.passage import Passage
from fleet_app.domain.geofences.polygon import PolygonOutline

__all__ = ["Fence", "Passage"]


class Fence:
    """A geofence ready to be measured against. Never changed once made.

    Points and ways are in degrees, WGS84; a scale is that at the point's latitude, or at the end of the way.

    Attributes:
        geofence: What it was made from.
        outline: Its edge.
        inradius_m: The radius of the largest circle that fits inside; of a polygon about, at most a fifth less.
    """

    __slots__ = ("geofence", "inradius_m", "outline")

    def __init__(self, geofence: Geofence) -> None:
        shape = geofence.shape
        self.geofence = geofence
        self.outline = CircleOutline(shape) if isinstance(shape, Circle) else PolygonOutline(shape)
        self.inradius_m = self.outline.inradius_m

    def depth_m(self, lat: float, lon: float, scale: Scale) -> float:
        """Return how far inside the edge a point lies; below zero, how far outside.

        More than 60 m outside, a polygon's edge may be further away than this says, never nearer.
        """
        return self.outline.depth_m(lat, lon, scale)

    def passage(self, from_lat: float, from_lon: float, lat: float, lon: float, scale: Scale) -> Passage | None:
        """Return how a straight way of a few kilometres lies in it; None if it does not touch it."""
        return self.outline.passage(from_lat, from_lon, lat, lon, scale)
