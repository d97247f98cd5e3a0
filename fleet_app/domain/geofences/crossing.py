"""In and out of a geofence, by one move of a vehicle.

A fix near an edge says little about the side that it is on. So there are two edges: a vehicle has come in when it is
clear of the edge on the inside, and has left when it is clear of it on the outside, and one more fix must not say
otherwise. Clear is a fix whose circle of three standard deviations lies on one side; in a geofence so small that no
such circle fits, half of its own radius does. The instant that is told is that of the crossing itself, on the way
between the two fixes on its sides.

A fast vehicle may have no fix inside at all: a straight way between two fixes does not lead through unseen. One that
has a single fix inside is believed if it was there for long enough, or its way leads through from side to side.
"""

from math import atan2, degrees
from typing import Final, NamedTuple

import msgspec

from fleet_app.domain.geo import Scale, shortest_deg
from fleet_app.domain.geofences.fence import Fence, Passage
from fleet_app.domain.geofences.presence import Approach, Cause, Visit

_SHARE_OF_INRADIUS: Final = 0.5
SHORTEST_VISIT_MS: Final = 3_000
"""Of a vehicle with a single fix inside that comes and goes on one side."""
_LONGEST_UNSEEN_MS: Final = 60_000
LONGEST_WAY_M: Final = 5_000.0
"""Of a longer way nobody knows whether it was straight."""
_BENT_DEG: Final = 30.0
"""A heading further off the straight way says that the road was not straight."""


class Spot(NamedTuple):
    """Where a vehicle is taken to be at an instant: at its fix, or at the middle of its rest."""

    time_ms: int
    lat: float
    lon: float


class Move(NamedTuple):
    """A vehicle's way from one spot to the next.

    Attributes:
        before: Where it was; None if it was never seen before, or silent meanwhile.
        now: Where it is.
        way_m: Metres between both; 0 without a spot before.
        scale: Metres per degree.
        clear_m: How far from an edge it tells for sure on which side it is.
        is_first: Whether the vehicle was never seen before.
        headings_deg: Where it was heading at both ends, clockwise from north; None where that was not told.
    """

    before: Spot | None
    now: Spot
    way_m: float
    scale: Scale
    clear_m: float
    is_first: bool
    headings_deg: tuple[float | None, float | None] = (None, None)


class Crossing(NamedTuple):
    """An edge that was crossed, or what comes to the same: where and when, which way, why, and how deep it is now."""

    spot: Spot
    is_inwards: bool
    cause: Cause
    depth_m: float


Standing = Visit | Approach | None
"""How a vehicle stands to a geofence: inside, perhaps inside, or outside."""


def cross(fence: Fence, standing: Standing, move: Move) -> tuple[Standing, list[Crossing]]:
    """Return how a vehicle stands to a geofence after a move, and the crossings that are now sure, in order."""
    depth_m = fence.depth_m(move.now.lat, move.now.lon, move.scale)
    if isinstance(standing, Visit):
        return _stay(fence, standing, move, depth_m)
    return _come(fence, standing, move, depth_m)


def _come(fence: Fence, approach: Approach | None, move: Move, depth_m: float) -> tuple[Standing, list[Crossing]]:
    clear_m = _clear_inside_m(fence, move)
    was_clear = approach is not None and approach.is_clear
    if depth_m < 0 and not was_clear and depth_m + move.way_m < clear_m:
        # Neither is it inside, nor can it have been clear of the edge on the way.
        return None, []
    passage = _passage(fence, move)
    is_clear = depth_m >= clear_m or (passage is not None and passage.deepest_m >= clear_m and _is_straight(move))
    if depth_m < 0 and not was_clear and not is_clear:
        return None, []
    came = approach or _came(fence, move, passage)
    if depth_m < 0:
        return _pass_through(fence, came, move, passage, depth_m)
    if was_clear:
        return _visit(fence, came), [_entered(came, depth_m)]
    return msgspec.structs.replace(came, is_clear=is_clear), []


def _pass_through(
    fence: Fence, came: Approach, move: Move, passage: Passage | None, depth_m: float
) -> tuple[Standing, list[Crossing]]:
    """Return how a vehicle stands to a geofence that it was in, clear of its edge, and is outside of now."""
    left = _left(move, passage)
    if came.is_clear and not _is_visit(fence, came, left, move):
        return None, []
    if depth_m > -move.clear_m:
        # So near to the edge that it may be noise: it is inside until it is clear.
        return _outside(_visit(fence, came), left, _cause(move), is_clear=False), [_entered(came, depth_m)]
    return None, [_entered(came, depth_m), Crossing(left, is_inwards=False, cause=_cause(move), depth_m=depth_m)]


def _is_visit(fence: Fence, came: Approach, left: Spot, move: Move) -> bool:
    """Return whether a vehicle with a single fix inside is believed to have been there."""
    if came.cause is not Cause.CROSSED:
        return False
    if left.time_ms - came.crossed_ms >= SHORTEST_VISIT_MS:
        return True
    across = fence.passage(came.lat, came.lon, left.lat, left.lon, move.scale)
    return across is not None and across.deepest_m >= _clear_inside_m(fence, move)


def _stay(fence: Fence, visit: Visit, move: Move, depth_m: float) -> tuple[Standing, list[Crossing]]:
    is_clear = depth_m <= -move.clear_m
    revision = fence.geofence.revision
    if visit.revision != revision:
        if is_clear:
            return None, [Crossing(move.now, is_inwards=False, cause=Cause.CHANGED, depth_m=depth_m)]
        visit = msgspec.structs.replace(visit, revision=revision)
    if depth_m >= 0:
        if visit.left_ms is None:
            return visit, []
        return msgspec.structs.replace(visit, left_ms=None, is_clear=False), []
    if visit.left_ms is not None:
        if not is_clear and not visit.is_clear:
            return visit, []
        left = Spot(visit.left_ms, visit.left_lat, visit.left_lon)
        return None, [Crossing(left, is_inwards=False, cause=visit.left_cause, depth_m=depth_m)]
    return _outside(visit, _left(move, _passage(fence, move)), _cause(move), is_clear=is_clear), []


def _clear_inside_m(fence: Fence, move: Move) -> float:
    return min(move.clear_m, _SHARE_OF_INRADIUS * fence.inradius_m)


def _passage(fence: Fence, move: Move) -> Passage | None:
    before, now = move.before, move.now
    return None if before is None else fence.passage(before.lat, before.lon, now.lat, now.lon, move.scale)


def _is_straight(move: Move) -> bool:
    """Return whether nothing says that the way was not straight: its length, its time, the headings at its ends."""
    before, now = move.before, move.now
    if before is None or now.time_ms - before.time_ms > _LONGEST_UNSEEN_MS or move.way_m > LONGEST_WAY_M:
        return False
    east_m = shortest_deg(now.lon - before.lon) * move.scale[0]
    along_deg = degrees(atan2(east_m, (now.lat - before.lat) * move.scale[1]))
    return all(each is None or abs(shortest_deg(each - along_deg)) <= _BENT_DEG for each in move.headings_deg)


def _came(fence: Fence, move: Move, passage: Passage | None) -> Approach:
    if passage is not None and passage.entry > 0:
        spot, cause = _at(move, passage.entry), Cause.CROSSED
    else:
        is_unseen = move.before is None and not move.is_first
        spot, cause = move.now, Cause.UNSEEN if is_unseen else Cause.FOUND
    return Approach(fence.geofence.geofence_id, spot.time_ms, spot.lat, spot.lon, cause)


def _visit(fence: Fence, came: Approach) -> Visit:
    return Visit(came.geofence_id, fence.geofence.revision, came.crossed_ms)


def _entered(came: Approach, depth_m: float) -> Crossing:
    spot = Spot(came.crossed_ms, came.lat, came.lon)
    return Crossing(spot, is_inwards=True, cause=came.cause, depth_m=depth_m)


def _cause(move: Move) -> Cause:
    """Return why a vehicle that was inside is outside after a move."""
    return Cause.UNSEEN if move.before is None else Cause.CROSSED


def _left(move: Move, passage: Passage | None) -> Spot:
    return move.now if passage is None else _at(move, passage.exit)


def _outside(visit: Visit, left: Spot, cause: Cause, *, is_clear: bool) -> Visit:
    return msgspec.structs.replace(
        visit, left_ms=left.time_ms, left_lat=left.lat, left_lon=left.lon, left_cause=cause, is_clear=is_clear
    )


def _at(move: Move, share: float) -> Spot:
    """Return where the vehicle was after a share of its way."""
    before, now = move.before or move.now, move.now
    return Spot(
        before.time_ms + round((now.time_ms - before.time_ms) * share),
        before.lat + (now.lat - before.lat) * share,
        before.lon + (now.lon - before.lon) * share,
    )
