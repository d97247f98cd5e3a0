"""What a geofence may not be, beyond what its fields can hold."""

from collections.abc import Iterator
from math import isfinite
from typing import Final

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.geofence import MOST_POINTS, Circle, Geofence, Polygon
from fleet_app.domain.geofences.meeting import MeetingEdges, TooIntricate, edges_that_meet
from fleet_app.domain.geofences.rings import Ring, Rings, flat_rings, measure

MOST_LAT: Final = 85.0
LARGEST_M: Final = 1_000_000.0
_LEAST_M2: Final = 1.0
_LEAST_POINTS: Final = 4


def fault_of(geofence: Geofence) -> str | None:
    """Return what is wrong with a geofence, in a sentence that says what to do; None if nothing is.

    It takes 8 ms for an ordinary outline of 2,000 points, about 15 ms for the worst.
    """
    return next(_faults(geofence), None)


def _faults(geofence: Geofence) -> Iterator[str]:
    for field, text in _texts(geofence):
        if text != text.strip():
            yield f"{field} {text!r} begins or ends with white space; leave it out"
    if len(set(geofence.tags)) < len(geofence.tags):
        yield f"tags {', '.join(geofence.tags)}: a tag stands there twice"
    if isinstance(geofence.shape, Circle):
        yield from _faults_of_circle(geofence.shape)
    else:
        yield from _faults_of_polygon(geofence.shape)


def _texts(geofence: Geofence) -> Iterator[tuple[str, str]]:
    """Walk the texts by which geofences are found; with white space around, they look alike and are not."""
    yield "geofence_id", geofence.geofence_id
    yield "name", geofence.name
    yield "tenant", geofence.tenant
    for tag in geofence.tags:
        yield "tags", tag


def _faults_of_circle(circle: Circle) -> Iterator[str]:
    if not (isfinite(circle.lat) and isfinite(circle.lon) and isfinite(circle.radius_m)):
        yield f"lat {circle.lat}, lon {circle.lon}, radius_m {circle.radius_m}: not all are numbers"
    elif abs(circle.lat) > MOST_LAT:
        yield f"lat {circle.lat:g} is too near to a pole; a geofence lies within {MOST_LAT:g} degrees north and south"


def _faults_of_polygon(polygon: Polygon) -> Iterator[str]:
    """Walk what is wrong with a polygon; each check takes those before it to have found nothing."""
    yield from _faults_of_rings(polygon)
    yield from _faults_of_points(polygon)
    rings = flat_rings(polygon)
    scale = metres_per_degree(polygon.coordinates[0][0][1])
    box = Rings(rings)
    for extent_m, way in (((box.east - box.west) * scale[0], "wide"), ((box.north - box.south) * scale[1], "high")):
        if extent_m > LARGEST_M:
            yield f"the outline is {extent_m / 1_000:,.0f} km {way}, at most {LARGEST_M / 1_000:,.0f} can be: draw less"
    for number, ring in enumerate(rings):
        if len(ring) < _LEAST_POINTS:
            yield f"{_named(number)} has no area: draw at least three corners apart"
    yield from _faults_of_edges(polygon, rings)
    for number, ring in enumerate(rings):
        if measure(ring, scale).area_m2 < _LEAST_M2:
            yield f"{_named(number)} has an area of less than {_LEAST_M2:g} m2: draw its corners further apart"
    outer = Rings(rings[:1])
    for number, ring in enumerate(rings[1:], 1):
        if not outer.surround(*ring[0]):
            yield f"{_named(number)} lies outside of the outline: draw it inside, or as a geofence of its own"


def _faults_of_rings(polygon: Polygon) -> Iterator[str]:
    if not polygon.coordinates:
        yield "the polygon has no ring: the first one is its outline"
    for number, ring in enumerate(polygon.coordinates):
        if len(ring) < _LEAST_POINTS:
            yield f"{_named(number)} has {len(ring)} points; one has at least {_LEAST_POINTS}, the last as the first"
        elif ring[0] != ring[-1]:
            yield f"{_named(number)} is not closed: let its last point be its first"
    points = sum(map(len, polygon.coordinates))
    if points > MOST_POINTS:
        yield f"the polygon has {points:,} points, at most {MOST_POINTS:,} can be: simplify it"


def _faults_of_points(polygon: Polygon) -> Iterator[str]:
    for number, ring in enumerate(polygon.coordinates):
        for lon, lat in ring:
            if not (isfinite(lat) and isfinite(lon)):
                yield f"{_named(number)} has a point [{lon}, {lat}]: not both are numbers"
            elif abs(lat) > MOST_LAT:
                yield f"{_named(number)} reaches latitude {lat:g}, at most {MOST_LAT:g} north and south can be"


def _faults_of_edges(polygon: Polygon, rings: list[Ring]) -> Iterator[str]:
    met = edges_that_meet(rings)
    if isinstance(met, TooIntricate):
        yield (
            f"too many of the outline's {sum(map(len, rings)):,} edges lie side by side to check that none cross: "
            "simplify it, or draw several geofences"
        )
    elif isinstance(met, MeetingEdges):
        first_lon, first_lat = polygon.coordinates[0][0]
        x, y = met.near
        place = f"near [{first_lon + x:.6f}, {first_lat + y:.6f}]"
        one, other = sorted((met.ring, met.other_ring))
        what = "itself" if one == other else _named(other)
        yield f"{_named(one)} crosses or touches {what} {place}: move its points"


def _named(number: int) -> str:
    return f"hole {number}" if number else "the outline"
