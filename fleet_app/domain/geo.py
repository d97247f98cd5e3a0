"""Distances on the earth, in metres, from degrees in WGS84."""

from math import cos, hypot, radians, sin, sqrt
from typing import Final

_EQUATORIAL_RADIUS_M: Final = 6_378_137.0
_ECCENTRICITY_SQUARED: Final = 0.006_694_379_990_14


def distance_m(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    """Return the distance between two points in degrees, by the local metric.

    A degree is scaled by the ellipsoid's radii of curvature at the middle latitude: M along the meridian,
    N cos(latitude) along the parallel (Torge, *Geodesy*, 4.1). Within 0.001 % of the geodesic up to 30 km;
    the short way round is taken across the antimeridian. Over hundreds of kilometres, or within a degree of a
    pole, it is an estimate only.
    """
    middle = radians((from_lat + to_lat) / 2)
    squashed = 1 - _ECCENTRICITY_SQUARED * sin(middle) ** 2
    prime_vertical_m = _EQUATORIAL_RADIUS_M / sqrt(squashed)
    meridian_m = prime_vertical_m * (1 - _ECCENTRICITY_SQUARED) / squashed
    east_deg = (to_lon - from_lon + 180) % 360 - 180
    return hypot(
        radians(east_deg) * prime_vertical_m * cos(middle),
        radians(to_lat - from_lat) * meridian_m,
    )
